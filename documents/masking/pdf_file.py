"""Masks a PDF by building a new file.

A page with text to mask becomes a picture with black boxes, and nothing is under them. From every
other page only the content is copied, with its text. Nothing else of the old file is copied: no
properties, attachments, bookmarks, scripts or earlier revisions. Annotations and form fields become
part of the page and are searched with it. If the new file still contains text to mask, all pages
become pictures.
"""

from __future__ import annotations

import ctypes
import io
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as c
from PIL import ImageDraw

from documents.draft import too_many_pages
from documents.errors import RedactionIncomplete
from documents.limits import ReadLimits
from documents.masking.account import Account
from documents.masking.masked_file import MaskedFile
from documents.masking.pdf_pages import PageTexts, Spot, boxes
from documents.masking.pdf_strings import strings_of
from documents.masking.replacement import Find, Masking
from documents.readers import pdf
from documents.readers.pdf.text_layer import count_undrawn

_WITHOUT_FONT = "text in a font that neither the file nor this machine has"
_DPI = 150
_MOST_PIXELS = 40_000_000
# JPEG allows up to 65,500 pixels.
_MOST_SIDE = 65_000
_QUALITY = 80
_POINTS = 72


def mask_pdf(path: Path, masking: Masking, limits: ReadLimits, account: Account) -> MaskedFile:
    """Return a masked copy of a PDF. Raises a `DocumentError`."""
    try:
        with pdfium.PdfDocument(path) as document:
            if len(document) > limits.max_pages:
                raise too_many_pages(len(document), limits)
            return MaskedFile(_Rebuild(document, masking.find, account).file(), pdf.MEDIA_TYPE)
    except pdfium.PdfiumError as error:
        raise pdf.document_error(error) from error


class _Rebuild:
    def __init__(self, document: pdfium.PdfDocument, find: Find, account: Account) -> None:
        self._document = document
        self._find = find
        self._account = account
        self._flat = [_flatten(document, number) for number in range(len(document))]
        self._texts = PageTexts(document)
        self._spots: dict[int, list[Spot]] = defaultdict(list)

    def file(self) -> bytes:
        for change in self._find(self._texts.text):
            spots = list(self._texts.spots(change.start, change.end))
            for spot in spots:
                self._spots[spot.page].append(spot)
            self._account.count(f"page {spots[0].page + 1}", [change])
        self._note_pictures()
        numbers = range(len(self._document))
        copied = [number for number in numbers if self._can_copy(number)]
        file = self._built(copied)
        if copied and not self._is_clean(file):
            copied, file = [], self._built([])
        if not self._is_clean(file):
            raise RedactionIncomplete(
                "The masked file would still contain text to be masked, so it was discarded. Print "
                "the document to a new PDF and send that."
            )
        self._note_undrawn(copied)
        return file

    def _can_copy(self, number: int) -> bool:
        """Whether a page's content can be copied: nothing to mask, not rotated or cropped."""
        if number in self._spots or not self._flat[number]:
            return False
        page = self._document[number]
        plain = bool(page.get_rotation() == 0 and page.get_cropbox() == page.get_mediabox())
        page.close()
        return plain

    def _built(self, copied: Sequence[int]) -> bytes:
        """A file with the content of the pages `copied`, and pictures of all others."""
        new = _contents(self._document, copied)
        try:
            for number in range(len(self._document)):
                if number not in copied:
                    self._add_picture(new, number)
            written = io.BytesIO()
            new.save(written)
            return written.getvalue()
        finally:
            new.close()

    def _add_picture(self, new: pdfium.PdfDocument, number: int) -> None:
        page = self._document[number]
        width, height = page.get_size()
        scale = min(
            _DPI / _POINTS,
            (_MOST_PIXELS / max(1.0, width * height)) ** 0.5,
            _MOST_SIDE / max(1.0, width, height),
        )
        bitmap = page.render(scale=scale, may_draw_forms=False, draw_annots=False)
        picture = bitmap.to_pil().convert("RGB")
        draw = ImageDraw.Draw(picture)
        for box in boxes(page, self._spots.get(number, ()), picture.size):
            draw.rectangle(box, fill="black")
        page.close()
        jpeg = io.BytesIO()
        picture.save(jpeg, "JPEG", quality=_QUALITY)
        new_page = new.new_page(width, height, index=number)
        image = pdfium.PdfImage.new(new)
        image.load_jpeg(jpeg, inline=True)
        image.set_matrix(pdfium.PdfMatrix().scale(width, height))
        new_page.insert_obj(image)
        new_page.gen_content()
        new_page.close()

    def _is_clean(self, file: bytes) -> bool:
        """Whether neither the text layer nor any string in the bytes contains text to mask."""
        with pdfium.PdfDocument(file) as masked:
            if self._find(PageTexts(masked).text) or masked.count_attachments():
                return False
        return not any(self._find(text) for text in strings_of(file))

    def _note_undrawn(self, copied: Sequence[int]) -> None:
        """Count text that the pictures of pages do not show because its font is missing."""
        for number in sorted({*range(len(self._document))} - {*copied}):
            page = self._document[number]
            if undrawn := count_undrawn(page):
                self._account.removed[_WITHOUT_FONT] += undrawn
            page.close()

    def _note_pictures(self) -> None:
        for number in range(len(self._document)):
            page = self._document[number]
            pictures = sum(1 for _ in page.get_objects(filter=[c.FPDF_PAGEOBJ_IMAGE], max_depth=4))
            page.close()
            if pictures:
                self._account.add_not_covered("picture", f"page {number + 1}")


def _flatten(document: pdfium.PdfDocument, number: int) -> bool:
    """Make annotations and form fields part of the page, so that they are searched with it."""
    page = document[number]
    done = c.FPDFPage_Flatten(page, c.FLAT_NORMALDISPLAY)
    page.close()
    return bool(done != c.FLATTEN_FAIL)


def _contents(document: pdfium.PdfDocument, copied: Sequence[int]) -> pdfium.PdfDocument:
    """A new document with only the content of these pages, in order.

    A page is drawn into a page of the same size, which leaves out its annotations, actions and
    properties.
    """
    sizes: dict[tuple[float, float], list[int]] = defaultdict(list)
    for number in copied:
        sizes[document.get_page_size(number)].append(number)
    new = pdfium.PdfDocument.new()
    order: list[int] = []
    for (width, height), numbers in sizes.items():
        chosen = pdfium.PdfDocument.new()
        chosen.import_pages(document, numbers)
        drawn = pdfium.PdfDocument(
            c.FPDF_ImportNPagesToOne(chosen, width, height, 1, 1), autoclose=True
        )
        new.import_pages(drawn)
        order += numbers
        drawn.close()
        chosen.close()
    positions = [order.index(number) for number in sorted(order)]
    if positions != list(range(len(positions))):
        c.FPDF_MovePages(new, (ctypes.c_int * len(positions))(*positions), len(positions), 0)
    return new
