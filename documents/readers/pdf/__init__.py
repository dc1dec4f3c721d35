"""PDF: the text layer with form fields, and OCR for pages that are pictures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as c

from documents.document import BlockKind, Document, Seal
from documents.draft import Draft, too_many_pages
from documents.errors import (
    CorruptDocument,
    DocumentError,
    EncryptedDocument,
    NoTextLayer,
    UnsupportedDocument,
)
from documents.limits import ReadLimits
from documents.page.arrange import arrange
from documents.page.blocks import Box
from documents.readers.ahead import Finish, finish_in_order
from documents.readers.pdf.characters import placing
from documents.readers.pdf.page import PageReader, ocr_scale
from documents.readers.pdf.signatures import Signature
from documents.readers.pdf.structure import PageExtras, Structure, structure
from documents.readers.scanned_pages import ASK_FOR_OCR, ScannedPages

__all__ = ["MEDIA_TYPE", "document_error", "ocr_scale", "read"]

MEDIA_TYPE = "application/pdf"

_LOCKED = frozenset((c.FPDF_ERR_PASSWORD, c.FPDF_ERR_SECURITY))
_MOST_NAMED = 5


def read(path: Path, limits: ReadLimits) -> Document:
    """Read a PDF: page and box for every block. Raises a `DocumentError`.

    Values of form fields are in the text beside their labels. Running heads and page numbers,
    notes, and with `limits.hidden` hidden text follow the body. Pages that are pictures are read
    by OCR as far as `limits` allow; the others are `unread_pages`. Raises `NoTextLayer` if no page
    can be read.
    """
    try:
        with pdfium.PdfDocument(_source(path)) as document:
            if len(document) > limits.max_pages:
                raise too_many_pages(len(document), limits)
            found = structure(path, limits.max_pages)
            if found.marked is None:
                return _Reader(document, found, limits).read()
            with pdfium.PdfDocument(found.marked) as marked:
                return _Reader(marked, found, limits).read()
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
    """Reads one document."""

    def __init__(self, document: pdfium.PdfDocument, found: Structure, limits: ReadLimits) -> None:
        self._document = document
        self._structure = found
        self._limits = limits
        self._draft = Draft(limits)
        self._scans = ScannedPages(self._draft, limits, "PDF")
        self._pages = PageReader(self._draft, self._scans, limits)

    def read(self) -> Document:
        finish_in_order(self._begun(), self._limits.ocr_threads)
        self._check()
        arrange(self._draft, self._pages.heights)
        for number, note in self._pages.notes:
            self._draft.add(note.text, BlockKind.annotation, page=number, box=note.box)
        for number, block in self._pages.hidden:
            self._draft.add(block.text, BlockKind.hidden, page=number, box=block.box)
        self._leave_out()
        for signature in self._structure.signatures:
            self._add_seal(signature)
        return self._scans.finish(MEDIA_TYPE, len(self._document))

    def _begun(self) -> Iterator[Finish]:
        nothing = PageExtras()
        is_layered = self._structure.marked is not None
        for number in range(1, len(self._document) + 1):
            page = self._document[number - 1]
            extras = self._structure.pages.get(number, nothing)
            begun = self._pages.begin(page, number, extras, is_layered=is_layered)
            page.close()
            yield begun

    def _check(self) -> None:
        pages = self._pages
        if self._limits.ocr_pages:
            return
        if pages.unknown > pages.known:
            raise NoTextLayer(
                f"The PDF's text layer does not store the codes of its characters. {ASK_FOR_OCR}"
            )
        if not pages.known and self._structure.is_portfolio:
            named = ", ".join(self._structure.attachments[:_MOST_NAMED])
            raise UnsupportedDocument(
                f"The PDF is a portfolio: its documents are attached files ({named}). Send each."
            )
        if not pages.known and pages.objects:
            raise NoTextLayer(f"The PDF's pages are pictures without a text layer. {ASK_FOR_OCR}")

    def _leave_out(self) -> None:
        found = self._structure
        for name in found.attachments:
            reason = "the PDF is a portfolio" if found.is_portfolio else "a file attached to a PDF"
            self._draft.leave_out("attachment", name, f"{reason}: send it as a document")
        if found.is_xfa:
            self._draft.leave_out("form", "XFA form", "only values that are also fields are read")
        for what in found.damage:
            self._draft.leave_out("part of the file", what, "the file is damaged there")

    def _add_seal(self, signature: Signature) -> None:
        page, box = signature.page, signature.box
        placed: Box | None = None
        if page is not None and box is not None:
            shown = self._document[page - 1]
            left, top, right, bottom = placing(shown)(*box)
            placed = round(left, 2), round(top, 2), round(right, 2), round(bottom, 2)
            shown.close()
        name, holds = signature.signer, signature.holds
        self._draft.add_seal(Seal("electronic", name, page, placed, digest_holds=holds))
        where = f"signature of {name}" if name else "signature"
        if signature.doubt:
            self._draft.leave_out("signature", where, signature.doubt, page=page, box=placed)
