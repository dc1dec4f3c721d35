"""The text layer of a PDF page, including text that PDFium leaves out.

A Chinese character whose font is neither in the file nor on the machine has no outline. It is not
rendered, and text of such characters has a box without height, or without width if it is a single
character or vertical. PDFium leaves out text with such a box.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pypdfium2 as pdfium
import pypdfium2.raw as c

from documents.readers.pdf.objects import PageObject, objects

# In points. PDFium leaves out text narrower than half of this (`kSizeEpsilon`).
_NONE = 0.02
_STROKE = 0.1


@contextmanager
def text_layer(
    page: pdfium.PdfPage, items: Iterable[PageObject] | None = None
) -> Iterator[pdfium.PdfTextPage]:
    """Open the text of a page for PDFium's functions. `items` are its objects, if known."""
    for item in _without_outline(objects(page) if items is None else items):
        # A stroke gives it a size (in memory only); the identity transform updates its bounds.
        c.FPDFTextObj_SetTextRenderMode(item.handle, c.FPDF_TEXTRENDERMODE_FILL_STROKE)
        c.FPDFPageObj_SetStrokeWidth(item.handle, _STROKE)
        c.FPDFPageObj_Transform(item.handle, 1, 0, 0, 1, 0, 0)
    layer = page.get_textpage()
    try:
        yield layer
    finally:
        layer.close()


def count_undrawn(page: pdfium.PdfPage) -> int:
    """How many text objects a rendering of the page will not show. Call it on a new page object."""
    texts = list(_without_outline(objects(page)))
    with text_layer(page) as layer:
        return sum(bool(_words(item, layer).strip()) for item in texts)


def _without_outline(items: Iterable[PageObject]) -> Iterator[PageObject]:
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    for item in items:
        if item.kind != c.FPDF_PAGEOBJ_TEXT:
            continue
        found = c.FPDFPageObj_GetBounds(item.handle, left, bottom, right, top)
        thin = min(right.value - left.value, top.value - bottom.value) < _NONE
        # Text with an embedded font without outlines is meant to be invisible.
        if found and thin and c.FPDFFont_GetIsEmbedded(c.FPDFTextObj_GetFont(item.handle)) == 0:
            yield item


def _words(text: PageObject, layer: pdfium.PdfTextPage) -> str:
    size = c.FPDFTextObj_GetText(text.handle, layer, None, 0)
    written = (c.FPDF_WCHAR * (size // 2))()
    c.FPDFTextObj_GetText(text.handle, layer, written, size)
    return bytes(written).decode("utf-16-le", errors="replace").rstrip("\0")
