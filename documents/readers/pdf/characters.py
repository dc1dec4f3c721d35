"""The characters and pictures of a PDF page, with their boxes on the displayed page."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator

import pypdfium2 as pdfium
import pypdfium2.raw as c

from documents.page.blocks import Box, Glyph
from documents.readers.pdf.objects import objects
from documents.readers.pdf.text_layer import text_layer

Place = Callable[[c.FS_RECTF], Box]

_UNITS = 1_000  # per point, because PDFium returns integers


def glyphs(page: pdfium.PdfPage, place: Place) -> Iterator[Glyph]:
    """The characters of a page in text order, including line ends that PDFium generates."""
    rect = c.FS_RECTF()
    with text_layer(page) as opened:
        layer = opened.raw  # not converted at each call
        for index in range(c.FPDFText_CountChars(layer)):
            code = c.FPDFText_GetUnicode(layer, index)
            char = chr(code) if 0 < code < 0x110000 else "\ufffd"
            generated = c.FPDFText_IsGenerated(layer, index) == 1
            if generated or not c.FPDFText_GetLooseCharBox(layer, index, rect):
                yield Glyph(char, None, is_generated=generated)
                continue
            mapped = c.FPDFText_HasUnicodeMapError(layer, index) != 1
            yield Glyph(char, place(rect), is_known=mapped and not _is_private(code))


def _is_private(code: int) -> bool:
    return code in {0, 0xFFFD} or 0xE000 <= code <= 0xF8FF


def placing(page: pdfium.PdfPage) -> Place:
    """A function from rectangles in page space to boxes on the displayed page, from its top left.

    It includes crop and rotation, and needs three calls of PDFium instead of one per character.
    """
    width, height = page.get_size()
    x, y = ctypes.c_int(), ctypes.c_int()

    def device(at_x: float, at_y: float) -> tuple[float, float]:
        size = (round(width * _UNITS), round(height * _UNITS))
        c.FPDF_PageToDevice(page, 0, 0, *size, 0, at_x, at_y, x, y)
        return x.value / _UNITS, y.value / _UNITS

    (x0, y0), (x1, y1), (x2, y2) = device(0, 0), device(100, 0), device(0, 100)
    xx, xy, yx, yy = (x1 - x0) / 100, (y1 - y0) / 100, (x2 - x0) / 100, (y2 - y0) / 100

    def place(rect: c.FS_RECTF) -> Box:
        left, top = x0 + rect.left * xx + rect.top * yx, y0 + rect.left * xy + rect.top * yy
        right = x0 + rect.right * xx + rect.bottom * yx
        bottom = y0 + rect.right * xy + rect.bottom * yy
        return min(left, right), min(top, bottom), max(left, right), max(top, bottom)

    return place


def picture_boxes(page: pdfium.PdfPage, place: Place) -> Iterator[Box]:
    """The boxes of the pictures on a page."""
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    for item in objects(page):
        if item.kind == c.FPDF_PAGEOBJ_IMAGE and c.FPDFPageObj_GetBounds(
            item.handle, left, bottom, right, top
        ):
            corners = [item.on_page(x.value, y.value) for x in (left, right) for y in (bottom, top)]
            xs, ys = zip(*corners, strict=True)
            yield place(c.FS_RECTF(left=min(xs), top=max(ys), right=max(xs), bottom=min(ys)))
