"""Metadata and annotations of a PDF: properties, bookmarks, names of attachments, form fields."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as c

_MOST_NOTES = 10_000  # of one page
_TEXT_KEYS = (b"Contents", b"Subj", b"V")
_Get = Callable[[Any, int], int]


def open_with_fields(path: Any) -> pdfium.PdfDocument:
    """Open a document with its form fields, so that their values can be read."""
    document = pdfium.PdfDocument(path)
    document.init_forms()
    return document


def properties(document: pdfium.PdfDocument) -> Iterator[str]:
    for value in document.get_metadata_dict(skip_empty=True).values():
        yield from _non_blank(value)


def bookmarks(document: pdfium.PdfDocument) -> Iterator[str]:
    for bookmark in document.get_toc():
        yield from _non_blank(bookmark.get_title())


def attachments(document: pdfium.PdfDocument) -> Iterator[str]:
    """The names of files attached to the document, without attachments on pages."""
    for at in range(c.FPDFDoc_GetAttachmentCount(document)):
        yield from _name(c.FPDFDoc_GetAttachment(document, at))


def notes(document: pdfium.PdfDocument, page: pdfium.PdfPage) -> Iterator[str]:
    """The text of the annotations and form fields of a page, including hidden ones."""
    for annotation in _annotations(page):
        values = dict.fromkeys(_value(annotation, key) for key in _TEXT_KEYS)
        if document.formenv and c.FPDFAnnot_GetSubtype(annotation) == c.FPDF_ANNOT_WIDGET:
            # A field with several widgets stores its value outside of them.
            values[_field(document.formenv, annotation)] = None
        for value in values:
            yield from _non_blank(value)


def attached(page: pdfium.PdfPage) -> Iterator[str]:
    """The names of files attached to a page."""
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
        yield from _non_blank(
            _wide(lambda to, size: int(c.FPDFAttachment_GetName(attachment, to, size)))
        )


def _wide(get: _Get) -> str:
    """A string from PDFium, which returns the size in bytes if it gets no buffer."""
    size = get(None, 0)
    buffer = ctypes.create_string_buffer(size + size % 2)
    get(ctypes.cast(buffer, ctypes.POINTER(c.FPDF_WCHAR)), size)
    return buffer.raw.decode("utf-16-le", "replace").rstrip("\0")


def _non_blank(words: str) -> Iterator[str]:
    if words := words.strip():
        yield words
