"""PDF: the text layer, and OCR for pages that are pictures."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as c

from documents.document import Document
from documents.draft import Draft, too_many_pages
from documents.errors import CorruptDocument, DocumentError, EncryptedDocument, NoTextLayer
from documents.limits import ReadLimits
from documents.page.appearance import PageKind, page_features
from documents.page.blocks import lines
from documents.readers.pdf.characters import glyphs, picture_boxes, placing
from documents.readers.pdf.tables import tables
from documents.readers.scanned_pages import (
    ASK_FOR_OCR,
    DOTS,
    MOST_SIDE,
    Rendered,
    ScannedPages,
    add_lines,
)

MEDIA_TYPE = "application/pdf"

_LOCKED = frozenset((c.FPDF_ERR_PASSWORD, c.FPDF_ERR_SECURITY))


def read(path: Path, limits: ReadLimits) -> Document:
    """Read a PDF: page and box for every block. Raises a `DocumentError`.

    Pages that are pictures are read by OCR as far as `limits` allow; the others are
    `unread_pages`. Raises `NoTextLayer` if no page can be read.
    """
    try:
        with pdfium.PdfDocument(_source(path)) as document:
            if len(document) > limits.max_pages:
                raise too_many_pages(len(document), limits)
            reader = _Reader(document, limits)
            reader.read_pages()
            return reader.finish()
    except pdfium.PdfiumError as error:
        raise document_error(error) from error


def _source(path: Path) -> Path | bytes:
    """PDFium resolves links to a name, which a file in memory does not have: pass its bytes."""
    return path.read_bytes() if path.is_relative_to("/proc") else path


def document_error(error: pdfium.PdfiumError) -> DocumentError:
    if error.err_code in _LOCKED:
        return EncryptedDocument("The PDF has a password. Send it without one.")
    return CorruptDocument("The PDF is damaged or cut short. Save or send it again.")


class _Reader:
    """Reads the pages of one document, as text or by OCR."""

    def __init__(self, document: pdfium.PdfDocument, limits: ReadLimits) -> None:
        self._document = document
        self._limits = limits
        self._draft = Draft(limits)
        self._scans = ScannedPages(self._draft, limits, "PDF")
        self._known = self._unknown = self._objects = 0

    def read_pages(self) -> None:
        for number in range(1, len(self._document) + 1):
            page = self._document[number - 1]
            self._read(page, number)
            page.close()

    def finish(self) -> Document:
        if self._unknown > self._known and not self._limits.ocr_pages:
            raise NoTextLayer(
                f"The PDF's text layer does not store the codes of its characters. {ASK_FOR_OCR}"
            )
        if not self._known and self._objects and not self._limits.ocr_pages:
            raise NoTextLayer(f"The PDF's pages are pictures without a text layer. {ASK_FOR_OCR}")
        return self._scans.finish(MEDIA_TYPE, len(self._document))

    def _read(self, page: pdfium.PdfPage, number: int) -> None:
        place = placing(page)
        found = list(glyphs(page, place))
        objects = c.FPDFPage_CountObjects(page)
        features = page_features(page.get_size(), found, picture_boxes(page, place), objects)
        self._known += features.known
        self._unknown += features.unknown
        self._objects += objects
        if features.kind in {PageKind.picture, PageKind.both}:
            layer = lines(found) if features.kind is PageKind.both else []
            self._scans.read(number, features.kind, layer, partial(_rendered, page))
            return
        outside, ruled = tables(page, found, place)
        add_lines(self._draft, lines(outside), number, ruled=ruled)


def ocr_scale(size: tuple[float, float]) -> float:
    """The pixels per point of a page of `size` points, rendered for OCR."""
    return min(DOTS / 72, MOST_SIDE / max(size))


def _rendered(page: pdfium.PdfPage) -> Rendered:
    scale = ocr_scale(page.get_size())
    picture = page.render(scale=scale, rev_byteorder=True).to_pil()
    return Rendered(picture, 1 / scale)
