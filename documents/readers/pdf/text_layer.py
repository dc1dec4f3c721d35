"""The text layer of a PDF's page, with what PDFium leaves out of it.

A Chinese character whose font is neither in the file nor on the machine has no outline. It is not
drawn, and text of such characters has no height, or no width where it is a single one or runs down
the page.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

import pypdfium2 as pdfium
import pypdfium2.raw as c

from documents.readers.pdf.objects import PageObject, objects

# In points. PDFium leaves out text that is narrower than half of this (`kSizeEpsilon`).
_NONE = 0.02
_STROKE = 0.1


@contextmanager
def text_layer(page: pdfium.PdfPage) -> Iterator[pdfium.PdfTextPage]:
    """The characters of a page, for PDFium's functions on them."""
    for one in _without_outline(page):
        # As wide as its stroke, in memory alone; moved by nothing, it is measured anew.
        c.FPDFTextObj_SetTextRenderMode(one.handle, c.FPDF_TEXTRENDERMODE_FILL_STROKE)
        c.FPDFPageObj_SetStrokeWidth(one.handle, _STROKE)
        c.FPDFPageObj_Transform(one.handle, 1, 0, 0, 1, 0, 0)
    layer = page.get_textpage()
    try:
        yield layer
    finally:
        layer.close()


def count_undrawn(page: pdfium.PdfPage) -> int:
    """How many pieces of text a picture of the page, just loaded, will not show."""
    texts = list(_without_outline(page))
    with text_layer(page) as layer:
        return sum(bool(_words(one, layer).strip()) for one in texts)


def _without_outline(page: pdfium.PdfPage) -> Iterator[PageObject]:
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    for one in objects(page):
        if one.kind != c.FPDF_PAGEOBJ_TEXT:
            continue
        found = c.FPDFPageObj_GetBounds(one.handle, left, bottom, right, top)
        thin = min(right.value - left.value, top.value - bottom.value) < _NONE
        # What has a font of its own and no outline is meant to be blank.
        if found and thin and c.FPDFFont_GetIsEmbedded(c.FPDFTextObj_GetFont(one.handle)) == 0:
            yield one


def _words(text: PageObject, layer: pdfium.PdfTextPage) -> str:
    size = c.FPDFTextObj_GetText(text.handle, layer, None, 0)
    written = (c.FPDF_WCHAR * (size // 2))()
    c.FPDFTextObj_GetText(text.handle, layer, written, size)
    return bytes(written).decode("utf-16-le", errors="replace").rstrip("\0")
