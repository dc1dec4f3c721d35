"""The characters of a PDF's pages, and the positions of findings."""

from __future__ import annotations

import ctypes
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pypdfium2 as pdfium
import pypdfium2.raw as c

from documents.readers.pdf.text_layer import text_layer

Rect = tuple[float, float, float, float]
_PAGE_END = "\n"


@dataclass(frozen=True, slots=True)
class Spot:
    """Characters from `start` up to but not including `end` of page `page`, counted from 0."""

    page: int
    start: int
    end: int


class PageTexts:
    """The text layers of all pages as one text, so that text across a page break is found."""

    def __init__(self, document: pdfium.PdfDocument) -> None:
        texts = [_characters(document, number) + _PAGE_END for number in range(len(document))]
        self._starts = []
        at = 0
        for text in texts:
            self._starts.append(at)
            at += len(text)
        self.text = "".join(texts)

    def spots(self, start: int, end: int) -> Iterator[Spot]:
        """The positions of the characters from `start` to `end` of `text`, page by page."""
        page = bisect_right(self._starts, start) - 1
        while page < len(self._starts) and self._starts[page] < end:
            begins = self._starts[page]
            length = (
                self._starts[page + 1] if page + 1 < len(self._starts) else len(self.text)
            ) - begins
            yield Spot(page, max(0, start - begins), min(end - begins, length - 1))
            page += 1


def _characters(document: pdfium.PdfDocument, number: int) -> str:
    page = document[number]
    with text_layer(page) as layer:
        codes = (c.FPDFText_GetUnicode(layer, at) for at in range(c.FPDFText_CountChars(layer)))
        # One character for each of PDFium's, so that the indexes are the same.
        text = "".join(_character(code) for code in codes)
    page.close()
    return text


def _character(code: int) -> str:
    if code in {0x02, 0xFFFE}:
        return "-"
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code <= 0xDFFF else "\ufffd"


def boxes(page: pdfium.PdfPage, spots: Sequence[Spot], size: tuple[int, int]) -> Iterator[Rect]:
    """The boxes of characters on a picture of the page, with a margin of 2 pixels.

    `size` is the size of the picture in pixels.
    """
    rect = c.FS_RECTF()
    x, y = ctypes.c_int(), ctypes.c_int()

    def pixel(at_x: float, at_y: float) -> tuple[int, int]:
        c.FPDF_PageToDevice(page, 0, 0, *size, 0, at_x, at_y, x, y)
        return x.value, y.value

    with text_layer(page) as layer:
        for at in (at for spot in spots for at in range(spot.start, spot.end)):
            if c.FPDFText_GetLooseCharBox(layer, at, rect):
                (x0, y0), (x1, y1) = pixel(rect.left, rect.top), pixel(rect.right, rect.bottom)
                yield min(x0, x1) - 2, min(y0, y1) - 2, max(x0, x1) + 2, max(y0, y1) + 2
