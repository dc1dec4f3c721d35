"""What stands on a page of a PDF, and where it is on the page as it is shown."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as c

from tasks.readers.pdf_layout import Box, Glyph

Place = Callable[[c.FS_RECTF], Box]

_UNITS = 1_000  # PDFium answers in whole numbers: a thousand to a point
_MOST_OBJECTS = 20_000
_MOST_DEPTH = 4


@dataclass(frozen=True, slots=True)
class PageObject:
    """A picture, a path and the like. `matrices` lead out of the forms that it is inside of."""

    handle: Any
    kind: int
    matrices: tuple[c.FS_MATRIX, ...] = ()

    def on_page(self, x: float, y: float) -> tuple[float, float]:
        """A point of the space that the object is in, in the page's own space."""
        for m in self.matrices:
            x, y = m.a * x + m.c * y + m.e, m.b * x + m.d * y + m.f
        return x, y


def objects(page: pdfium.PdfPage) -> Iterator[PageObject]:
    """The first 20,000 objects of a page, those inside forms too."""
    found = (c.FPDFPage_GetObject(page, at) for at in range(c.FPDFPage_CountObjects(page)))
    waiting: list[Iterator[Any]] = [found]
    matrices: list[tuple[c.FS_MATRIX, ...]] = [()]
    for _ in range(_MOST_OBJECTS):
        handle = next(waiting[-1], None)
        while handle is None and len(waiting) > 1:
            waiting.pop()
            matrices.pop()
            handle = next(waiting[-1], None)
        if handle is None:
            return
        kind = c.FPDFPageObj_GetType(handle)
        if kind == c.FPDF_PAGEOBJ_FORM and len(waiting) <= _MOST_DEPTH:
            waiting.append(_inside(handle))
            matrices.append((_matrix(handle), *matrices[-1]))
        else:
            yield PageObject(handle, kind, matrices[-1])


def _inside(form: Any) -> Iterator[Any]:
    return (c.FPDFFormObj_GetObject(form, at) for at in range(c.FPDFFormObj_CountObjects(form)))


def _matrix(handle: Any) -> c.FS_MATRIX:
    matrix = c.FS_MATRIX()
    c.FPDFPageObj_GetMatrix(handle, matrix)
    return matrix


def glyphs(page: pdfium.PdfPage, place: Place) -> Iterator[Glyph]:
    """The characters of a page in the order of its text, PDFium's own line ends among them."""
    textpage = page.get_textpage()
    rect = c.FS_RECTF()
    for index in range(c.FPDFText_CountChars(textpage)):
        code = c.FPDFText_GetUnicode(textpage, index)
        char = chr(code) if 0 < code < 0x110000 else "\ufffd"
        generated = c.FPDFText_IsGenerated(textpage, index) == 1
        if generated or not c.FPDFText_GetLooseCharBox(textpage, index, rect):
            yield Glyph(char, None, is_generated=generated)
            continue
        mapped = c.FPDFText_HasUnicodeMapError(textpage, index) != 1
        yield Glyph(char, place(rect), is_known=mapped and not _is_private(code))
    textpage.close()


def _is_private(code: int) -> bool:
    return code in {0, 0xFFFD} or 0xE000 <= code <= 0xF8FF


def placing(page: pdfium.PdfPage) -> Place:
    """How a rectangle of the page's own space lies on the page as it is shown, from its top left.

    The page's crop and rotation are in it. Asked of PDFium three times, not once a character.
    """
    width, height = page.get_size()
    x, y = ctypes.c_int(), ctypes.c_int()

    def shown(at_x: float, at_y: float) -> tuple[float, float]:
        size = (round(width * _UNITS), round(height * _UNITS))
        c.FPDF_PageToDevice(page, 0, 0, *size, 0, at_x, at_y, x, y)
        return x.value / _UNITS, y.value / _UNITS

    (x0, y0), (x1, y1), (x2, y2) = shown(0, 0), shown(100, 0), shown(0, 100)
    xx, xy, yx, yy = (x1 - x0) / 100, (y1 - y0) / 100, (x2 - x0) / 100, (y2 - y0) / 100

    def place(rect: c.FS_RECTF) -> Box:
        left, top = x0 + rect.left * xx + rect.top * yx, y0 + rect.left * xy + rect.top * yy
        right = x0 + rect.right * xx + rect.bottom * yx
        bottom = y0 + rect.right * xy + rect.bottom * yy
        return min(left, right), min(top, bottom), max(left, right), max(top, bottom)

    return place
