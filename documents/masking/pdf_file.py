"""A masked PDF, built anew.

A page with anything to mask becomes a picture with black boxes in it: nothing is under them. Of
every other page its content alone is taken over, text and all. Nothing else of the old file comes
along: no properties, attachments, bookmarks, scripts, earlier revisions; notes and form fields
only as they look, after being searched with the page. Where the new file is not clean in the
end, all pages become pictures.
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
from documents.masking.pdf_pages import PageTexts, Spot, boxes
from documents.masking.pdf_strings import strings_of
from documents.masking.replacement import Find, Masking
from documents.readers import pdf
from documents.readers.pdf.text_layer import count_undrawn

_WITHOUT_FONT = "text in a font that neither the file nor this machine has"
_DPI = 150
_MOST_PIXELS = 40_000_000
# JPEG has no more than 65,500.
_MOST_SIDE = 65_000
_QUALITY = 80
_POINTS = 72


def mask_pdf(path: Path, masking: Masking, limits: ReadLimits, account: Account) -> bytes:
    """Raises a `DocumentError`."""
    try:
        with pdfium.PdfDocument(path) as document:
            if len(document) > limits.max_pages:
                raise too_many_pages(len(document), limits)
            return _Rebuilding(document, masking.find, account).file()
    except pdfium.PdfiumError as error:
        raise pdf.document_error(error) from error


class _Rebuilding:
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
        kept = [number for number in numbers if self._may_stay(number)]
        file = self._built(kept)
        if kept and not self._is_clean(file):
            kept, file = [], self._built([])
        if not self._is_clean(file):
            raise RedactionIncomplete(
                "Something would have been left in the file, so none was made. Print the document "
                "to a new PDF and send that."
            )
        self._note_undrawn(kept)
        return file

    def _may_stay(self, number: int) -> bool:
        """Whether a page's content may be taken over: nothing to mask, and laid out plainly."""
        if number in self._spots or not self._flat[number]:
            return False
        page = self._document[number]
        plain = bool(page.get_rotation() == 0 and page.get_cropbox() == page.get_mediabox())
        page.close()
        return plain

    def _built(self, kept: Sequence[int]) -> bytes:
        """The file with these pages' content, and pictures of all others."""
        new = _contents(self._document, kept)
        try:
            for number in range(len(self._document)):
                if number not in kept:
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
        made = new.new_page(width, height, index=number)
        image = pdfium.PdfImage.new(new)
        image.load_jpeg(jpeg, inline=True)
        image.set_matrix(pdfium.PdfMatrix().scale(width, height))
        made.insert_obj(image)
        made.gen_content()
        made.close()

    def _is_clean(self, file: bytes) -> bool:
        """Whether neither the text layer nor any string in the bytes holds what was looked for."""
        with pdfium.PdfDocument(file) as made:
            if self._find(PageTexts(made).text) or made.count_attachments():
                return False
        return not any(self._find(text) for text in strings_of(file))

    def _note_undrawn(self, kept: Sequence[int]) -> None:
        """Say what pages that became pictures do not show for want of a font."""
        for number in sorted({*range(len(self._document))} - {*kept}):
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
    """Make notes and form fields part of the page, so that they are searched with it."""
    page = document[number]
    done = c.FPDFPage_Flatten(page, c.FLAT_NORMALDISPLAY)
    page.close()
    return bool(done != c.FLATTEN_FAIL)


def _contents(document: pdfium.PdfDocument, kept: Sequence[int]) -> pdfium.PdfDocument:
    """A new document with the content of these pages and nothing else of them, in order.

    A page is drawn whole into a page of the same size: what the old one has beside its content
    (notes, actions, properties) has no place there.
    """
    sizes: dict[tuple[float, float], list[int]] = defaultdict(list)
    for number in kept:
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
    places = [order.index(number) for number in sorted(order)]
    if places != list(range(len(places))):
        c.FPDF_MovePages(new, (ctypes.c_int * len(places))(*places), len(places), 0)
    return new
