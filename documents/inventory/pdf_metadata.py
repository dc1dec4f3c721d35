"""Lists the text layer of a PDF, its properties, bookmarks, annotations and attachments."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pypdfium2 as pdfium

from documents.inventory.entry import Entry, EntryKind, Unread, unread
from documents.limits import ReadLimits
from documents.readers import pdf
from documents.readers.pdf import metadata
from documents.readers.pdf.text_layer import text_layer


def entries(path: Path, limits: ReadLimits) -> Iterator[Entry]:
    """Yield the entries of a PDF, up to the limits of pages and characters."""
    try:
        with metadata.open_with_fields(path) as document:
            yield from _document(document, limits)
    except pdfium.PdfiumError as error:
        raise pdf.document_error(error) from error


def _document(document: pdfium.PdfDocument, limits: ReadLimits) -> Iterator[Entry]:
    for text in (*metadata.properties(document), *metadata.bookmarks(document)):
        yield Entry("properties and bookmarks", text, EntryKind.metadata)
    for name in metadata.attachments(document):
        yield from _attachment(name)
    left = limits.max_chars
    for number in range(min(len(document), limits.max_pages)):
        page, where = document[number], f"page {number + 1}"
        with text_layer(page) as layer:
            count = min(layer.count_chars(), max(0, left))
            text = layer.get_text_range(0, count) if count else ""
        left -= len(text)
        yield Entry(where, text.replace("\r\n", "\n"), EntryKind.shown, whole=True)
        for note in metadata.notes(document, page):
            yield Entry(f"{where}, annotation", note, EntryKind.metadata)
        for name in metadata.attached(page):
            yield from _attachment(name)
        page.close()
    if left <= 0 or len(document) > limits.max_pages:
        yield unread("pages", Unread.too_long)


def _attachment(name: str) -> Iterator[Entry]:
    yield Entry("name of an attached file", name, EntryKind.name)
    yield unread(name, Unread.embedded_file)
