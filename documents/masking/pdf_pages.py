"""The characters of a PDF's pages, the texts in which they are searched, and their positions."""

from __future__ import annotations

import ctypes
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pypdfium2 as pdfium
import pypdfium2.raw as c

from documents.masking.pdf_views import Characters, View, views
from documents.readers.pdf.text_layer import text_layer

Rect = tuple[float, float, float, float]
_PAGE_END = 0x0C


@dataclass(frozen=True, slots=True)
class PageLayer:
    """What PDFium knows about a page's text: how many of its characters have no known meaning."""

    characters: int
    unknown: int


class PageTexts:
    """The text layers of all pages, so that text across a page break is found.

    A character of PDFium has one index in all pages together; a page ends with one more.
    """

    def __init__(self, document: pdfium.PdfDocument) -> None:
        self._starts: list[int] = []
        self.layers: list[PageLayer] = []
        codes, boxes = array("L"), array("f")
        for number in range(len(document)):
            self._starts.append(len(codes))
            page = document[number]
            self.layers.append(_read(page, codes, boxes))
            page.close()
            codes.append(_PAGE_END)
            boxes.extend(_NO_BOX)
        self._characters = Characters(codes, boxes, self._starts)

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


_NO_BOX = (0.0, 0.0, 0.0, 0.0)


def _read(page: pdfium.PdfPage, codes: array[int], boxes: array[float]) -> PageLayer:
    rect = c.FS_RECTF()
    known = unknown = 0
    with text_layer(page) as layer:
        for at in range(c.FPDFText_CountChars(layer)):
            code = c.FPDFText_GetUnicode(layer, at)
            codes.append(code)
            if c.FPDFText_IsGenerated(layer, at) == 1 or not c.FPDFText_GetLooseCharBox(
                layer, at, rect
            ):
                boxes.extend(_NO_BOX)
                continue
            boxes.extend((rect.left, rect.bottom, rect.right, rect.top))
            known += 1
            if c.FPDFText_HasUnicodeMapError(layer, at) == 1 or _has_no_meaning(code):
                unknown += 1
    return PageLayer(known, unknown)


def _has_no_meaning(code: int) -> bool:
    """A character of the private use area, except those of symbol fonts (U+F020 to U+F0FF)."""
    return code in {0, 0xFFFD} or (0xE000 <= code <= 0xF8FF and not 0xF020 <= code <= 0xF0FF)


def boxes(
    page: pdfium.PdfPage, characters: Iterable[int], size: tuple[int, int], margin: int = 2
) -> Iterator[Rect]:
    """The boxes of characters on a picture of the page, with a margin in pixels.

    `characters` are indexes on the page, `size` is the size of the picture in pixels.
    """
    rect = c.FS_RECTF()
    x, y = ctypes.c_int(), ctypes.c_int()

    def pixel(at_x: float, at_y: float) -> tuple[int, int]:
        c.FPDF_PageToDevice(page, 0, 0, *size, 0, at_x, at_y, x, y)
        return x.value, y.value

    with text_layer(page) as layer:
        for at in characters:
            if c.FPDFText_GetLooseCharBox(layer, at, rect):
                (x0, y0), (x1, y1) = pixel(rect.left, rect.top), pixel(rect.right, rect.bottom)
                yield (
                    min(x0, x1) - margin,
                    min(y0, y1) - margin,
                    max(x0, x1) + margin,
                    max(y0, y1) + margin,
                )


def page_texts(document: pdfium.PdfDocument) -> Sequence[str]:
    """The text of each page."""
    texts = PageTexts(document)
    return [texts.text(number) for number in range(len(document))]
