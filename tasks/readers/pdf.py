"""PDF: its text layer, and OCR for pages that are pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as c
from PIL import Image

from tasks.document import Document
from tasks.errors import CorruptDocument, DocumentError, EncryptedDocument, NoTextLayer
from tasks.readers.draft import Draft, too_many_pages
from tasks.readers.limits import ReadLimits
from tasks.readers.pdf_layout import Line, PageBlock, blocks, lines
from tasks.readers.pdf_page import glyphs, placing
from tasks.readers.pdf_pictures import PageKind, look
from tasks.readers.pdf_tables import tables
from tasks.readers.pictures import OcrBudget, add_scanned, ocr_scan
from tasks.readers.rulings import put_between
from tasks.readers.scan_layout import Placed, confidence, merged

MEDIA_TYPE = "application/pdf"

_DOTS = 200  # to an inch: more does not help OCR
_MOST_SIDE = 4_000
_LOCKED = frozenset((c.FPDF_ERR_PASSWORD, c.FPDF_ERR_SECURITY))
_OCR = "It has to go through OCR first: send a searchable PDF."


def read(path: Path, limits: ReadLimits) -> Document:
    """Read a PDF: page and box for every block. Raises a `DocumentError`.

    Pages that are pictures go through OCR as far as `limits` allow; the others that are pictures
    are `unread_pages`. Where no page could be read, `NoTextLayer` is raised.
    """
    try:
        with pdfium.PdfDocument(_source(path)) as document:
            if len(document) > limits.max_pages:
                raise too_many_pages(len(document), limits)
            reader = _Reader(document, limits)
            reader.read_pages()
            return reader.finish()
    except pdfium.PdfiumError as error:
        raise explained(error) from error


def _source(path: Path) -> Path | bytes:
    """PDFium opens what a link leads to by its name, which a file held in memory does not have."""
    return path.read_bytes() if path.is_relative_to("/proc") else path


def explained(error: pdfium.PdfiumError) -> DocumentError:
    if error.err_code in _LOCKED:
        return EncryptedDocument("The PDF has a password. Send it without one.")
    return CorruptDocument("The PDF is damaged or cut short. Save or send it again.")


class _Reader:
    """Reads the pages of one document, each as what it is."""

    def __init__(self, document: pdfium.PdfDocument, limits: ReadLimits) -> None:
        self._document = document
        self._limits = limits
        self._draft = Draft(limits)
        self._budget = OcrBudget(limits)
        self._unread: list[int] = []
        self._known = self._unknown = self._objects = 0

    def read_pages(self) -> None:
        for number in range(1, len(self._document) + 1):
            page = self._document[number - 1]
            self._read(page, number)
            page.close()

    def finish(self) -> Document:
        if self._unknown > self._known and not self._limits.ocr_pages:
            raise NoTextLayer(
                f"The PDF's text layer does not say which characters it shows. {_OCR}"
            )
        if not self._known and self._objects and not self._limits.ocr_pages:
            raise NoTextLayer(f"The PDF's pages are pictures without a text layer. {_OCR}")
        return self._draft.finish(MEDIA_TYPE, len(self._document), tuple(self._unread))

    def _read(self, page: pdfium.PdfPage, number: int) -> None:
        place = placing(page)
        found = list(glyphs(page, place))
        seen = look(page, found, place)
        self._known += seen.known
        self._unknown += seen.unknown
        self._objects += seen.objects
        if seen.kind is PageKind.picture:
            self._read_picture(page, number, [])
        elif seen.kind is PageKind.both:
            self._read_picture(page, number, lines(found))
        else:
            outside, ruled = tables(page, found, place)
            self._add(lines(outside), ruled=ruled, number=number)

    def _read_picture(self, page: pdfium.PdfPage, number: int, layer: list[Line]) -> None:
        """Read a page by OCR, apart from the lines that its text layer gives."""
        if self._limits.ocr_pages is None:
            raise NoTextLayer(f"Page {number} of the PDF is a picture. {_OCR}")
        if not self._budget.take():
            self._add(layer, number=number)
            if self._limits.ocr_pages or not layer:
                self._unread.append(number)
            return
        picture, scale = _rendered(page)
        scan = ocr_scan(picture, self._budget)
        if layer:
            self._add(*merged(layer, scan, scale), number=number)
        else:
            add_scanned(self._draft, scan, scale, number)

    def _add(
        self,
        found: Sequence[Line],
        placed: Sequence[Placed] = (),
        *,
        number: int,
        ruled: Sequence[PageBlock] = (),
    ) -> None:
        for block in put_between(blocks(found), ruled):
            sure = confidence(block, placed)
            self._draft.add(block.text, block.kind, page=number, box=block.box, confidence=sure)


def _rendered(page: pdfium.PdfPage) -> tuple[Image.Image, float]:
    """A page as a picture, and its points to a pixel."""
    scale = min(_DOTS / 72, _MOST_SIDE / max(page.get_size()))
    picture = page.render(scale=scale, rev_byteorder=True).to_pil()
    return picture, 1 / scale
