"""A PDF as its fonts draw it, for PDFium."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pikepdf
import pypdfium2 as pdfium

from documents.inventory.pdf.fonts import Font


@contextmanager
def corrected(pdf: pikepdf.Pdf, fonts: Iterable[Font]) -> Iterator[pdfium.PdfDocument]:
    """The document with maps of `fonts` that say what they draw. Changes the fonts of `pdf`."""
    for font in fonts:
        font.correct(pdf)
    written = io.BytesIO()
    pdf.save(written, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    with pdfium.PdfDocument(written.getvalue()) as shown:
        yield shown
