"""What a PDF holds beside its pages' content.

Properties, bookmarks, the names of attachments; notes and form fields of a page.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as c

_MOST_NOTES = 10_000  # of one page
_WRITTEN = (b"Contents", b"Subj", b"V")
_Get = Callable[[Any, int], int]


def open_with_fields(path: Any) -> pdfium.PdfDocument:
    """A document that tells the values of its form fields."""
    document = pdfium.PdfDocument(path)
    document.init_forms()
    return document


def properties(document: pdfium.PdfDocument) -> Iterator[str]:
    for value in document.get_metadata_dict(skip_empty=True).values():
        yield from _said(value)


def bookmarks(document: pdfium.PdfDocument) -> Iterator[str]:
    for bookmark in document.get_toc():
        yield from _said(bookmark.get_title())


def attachments(document: pdfium.PdfDocument) -> Iterator[str]:
    """The names of the files that are attached to the document, apart from those on its pages."""
    for at in range(c.FPDFDoc_GetAttachmentCount(document)):
        yield from _name(c.FPDFDoc_GetAttachment(document, at))


def notes(document: pdfium.PdfDocument, page: pdfium.PdfPage) -> Iterator[str]:
    """What was written in the notes and form fields of a page, hidden ones included."""
    for annotation in _annotations(page):
        values = dict.fromkeys(_value(annotation, key) for key in _WRITTEN)
        if document.formenv and c.FPDFAnnot_GetSubtype(annotation) == c.FPDF_ANNOT_WIDGET:
            # A field of several boxes has its value apart from them.
            values[_field(document.formenv, annotation)] = None
        for value in values:
            yield from _said(value)


def attached(page: pdfium.PdfPage) -> Iterator[str]:
    """The names of the files that are pinned to a page."""
    for annotation in _annotations(page):
        if c.FPDFAnnot_GetSubtype(annotation) == c.FPDF_ANNOT_FILEATTACHMENT:
            yield from _name(c.FPDFAnnot_GetFileAttachment(annotation))


def _annotations(page: pdfium.PdfPage) -> Iterator[Any]:
    for at in range(min(c.FPDFPage_GetAnnotCount(page), _MOST_NOTES)):
        if annotation := c.FPDFPage_GetAnnot(page, at):
            yield annotation
            c.FPDFPage_CloseAnnot(annotation)


def _value(annotation: Any, key: bytes) -> str:
    return _wide(lambda to, size: int(c.FPDFAnnot_GetStringValue(annotation, key, to, size)))


def _field(forms: pdfium.PdfFormEnv, annotation: Any) -> str:
    return _wide(lambda to, size: int(c.FPDFAnnot_GetFormFieldValue(forms, annotation, to, size)))


def _name(attachment: Any) -> Iterator[str]:
    if attachment:
        yield from _said(
            _wide(lambda to, size: int(c.FPDFAttachment_GetName(attachment, to, size)))
        )


def _wide(get: _Get) -> str:
    """A string of PDFium's, which says its size in bytes when it is asked for none."""
    size = get(None, 0)
    kept = ctypes.create_string_buffer(size + size % 2)
    get(ctypes.cast(kept, ctypes.POINTER(c.FPDF_WCHAR)), size)
    return kept.raw.decode("utf-16-le", "replace").rstrip("\0")


def _said(words: str) -> Iterator[str]:
    if words := words.strip():
        yield words
