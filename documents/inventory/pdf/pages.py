"""The characters of a PDF's pages, the texts in which they are searched, and their positions."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pypdfium2 as pdfium
import pypdfium2.raw as c

from documents.inventory.pdf.views import Characters, View, views
from documents.limits import ReadLimits
from documents.page.ideographs import SUBSTITUTES
from documents.readers.pdf.text_layer import text_layer

_PAGE_END = 0x0C
_TRANSPARENT, _WHITE = 16, 0xF0  # of 255


@dataclass(frozen=True, slots=True)
class PageLayer:
    """What PDFium knows about a page's text: how many of its characters have no known meaning."""

    characters: int
    unknown: int


class PageTexts:
    """The text layers of all pages, so that text across a page break is found.

    A character of PDFium has one index in all pages together; a page ends with one more.
    `is_complete` is false if there are more pages or characters than the limits allow.
    """

    def __init__(self, document: pdfium.PdfDocument, limits: ReadLimits) -> None:
        self._starts: list[int] = []
        self.layers: list[PageLayer] = []
        self.is_complete = len(document) <= limits.max_pages
        codes, boxes, faint = array("I"), array("f"), bytearray()
        for number in range(min(len(document), limits.max_pages)):
            self._starts.append(len(codes))
            page = document[number]
            self.layers.append(_read(page, codes, boxes, faint))
            page.close()
            codes.append(_PAGE_END)
            boxes.extend(_NO_BOX)
            faint.append(0)
            if len(codes) - len(self._starts) > limits.max_chars:
                self.is_complete = False
                break
        self._characters = Characters(codes, boxes, self._starts, faint)

    def views(self) -> Iterator[View]:
        return views(self._characters)

    def page_of(self, index: int) -> int:
        """The page of a character, from 0."""
        return bisect_right(self._starts, index) - 1

    def on_page(self, index: int) -> int:
        """The index of a character among those of its page."""
        return index - self._starts[self.page_of(index)]

    def indexes(self, page: int) -> range:
        """The characters of a page."""
        last = len(self._characters.codes)
        end = self._starts[page + 1] if page + 1 < len(self._starts) else last
        return range(self._starts[page], end - 1)

    def text(self, page: int) -> str:
        """The text of a page in PDFium's order."""
        return self._characters.text(self.indexes(page))

    def decoded(self, page: int) -> Iterable[tuple[str, int]]:
        """The characters of a page in PDFium's order, and the index of each."""
        return self._characters.decoded(self.indexes(page))

    def box(self, index: int) -> tuple[float, float, float, float] | None:
        """Left, bottom, right and top of a character in page space; None if it has no box."""
        left, bottom, right, top = self._characters.boxes[4 * index : 4 * index + 4]
        return (left, bottom, right, top) if right > left or top > bottom else None


_NO_BOX = (0.0, 0.0, 0.0, 0.0)


def _read(
    page: pdfium.PdfPage, codes: array[int], boxes: array[float], faint: bytearray
) -> PageLayer:
    rect = c.FS_RECTF()
    color = [c.c_uint() for _ in range(4)]
    known = unknown = 0
    with text_layer(page) as opened:
        layer = opened.raw  # not converted at each call
        for at in range(c.FPDFText_CountChars(layer)):
            code = c.FPDFText_GetUnicode(layer, at)
            codes.append(code)
            if c.FPDFText_IsGenerated(layer, at) == 1 or not c.FPDFText_GetLooseCharBox(
                layer, at, rect
            ):
                boxes.extend(_NO_BOX)
                faint.append(0)
                continue
            boxes.extend((rect.left, rect.bottom, rect.right, rect.top))
            is_painted = c.FPDFText_GetFillColor(layer, at, *color) == 1
            faint.append(is_painted and _is_faint(*(part.value for part in color)))
            known += 1
            if c.FPDFText_HasUnicodeMapError(layer, at) == 1 or _has_no_meaning(code):
                unknown += 1
    return PageLayer(known, unknown)


def _is_faint(red: int, green: int, blue: int, alpha: int) -> bool:
    return alpha < _TRANSPARENT or min(red, green, blue) >= _WHITE


def _has_no_meaning(code: int) -> bool:
    """A character of the private use area, except those of symbol fonts (U+F020 to U+F0FF) and
    those of GBK.
    """
    is_private = 0xE000 <= code <= 0xF8FF and not 0xF020 <= code <= 0xF0FF
    return code in {0, 0xFFFD} or (is_private and code not in SUBSTITUTES)
