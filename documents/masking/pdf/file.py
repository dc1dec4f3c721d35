"""Masks a PDF by writing a new file.

A page without findings that is fully understood is rewritten as text. Any other page becomes a
picture of what it shows, with findings painted over, and its masked text as an invisible layer.
Annotations and form fields become part of the page. Nothing else of the old file is copied.
With `Masking.simplest`, every page becomes a picture without text.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2 as pdfium

from documents.draft import too_many_chars, too_many_pages
from documents.errors import PagesUnread, RedactionIncomplete
from documents.inventory.entry import Unread
from documents.inventory.pdf.content import ContentReader, Key, PageText
from documents.inventory.pdf.corrected import corrected
from documents.inventory.pdf.fonts import Font
from documents.inventory.pdf.glyph_names import UNKNOWN
from documents.inventory.pdf.pages import PageTexts
from documents.limits import OcrBudget, ReadLimits
from documents.masking.account import Account, Box
from documents.masking.masked_file import MaskedFile
from documents.masking.pdf.blackout import Blackout
from documents.masking.pdf.kept_pages import KeptPages
from documents.masking.pdf.likeness import Likeness
from documents.masking.pdf.page_pictures import PagePicture
from documents.masking.pdf.parts import Layers, NotUnderstood
from documents.masking.pdf.search import OWN_TEXT, Search
from documents.masking.pdf.source import opened, saved
from documents.masking.pictures.pages import CompressedPicture, PicturePages, compressed
from documents.masking.pictures.painted_picture import TextLine, paint
from documents.masking.replacement import Masking
from documents.readers import pdf
from documents.readers.pdf.gbk import is_mojibake
from documents.readers.pdf.malformed import MALFORMED
from documents.readers.pdf.text_layer import count_undrawn

_DISCARDED = (
    "The masked file would still contain text to be masked, so it was discarded. Print the "
    "document to a new PDF and send that."
)
_WITHOUT_FONT = "text in a font that neither the file nor this machine has"
_UNKNOWN = "characters without a known meaning"
_CONTRADICTED = Unread.contradicted_text.value
_OTHER_ENCODING = "text in an unknown encoding"
_UNREADABLE = "content that cannot be read"
_UNCLEAR = "text in a picture that OCR could not read with confidence"


def mask_pdf(path: Path, masking: Masking, limits: ReadLimits, account: Account) -> MaskedFile:
    """Return a masked copy of a PDF. Raises a `DocumentError`."""
    try:
        with opened(path, account) as document:
            if len(document.pages) > limits.max_pages:
                raise too_many_pages(len(document.pages), limits)
            with pdfium.PdfDocument(saved(document)) as shown:
                masked = _Masked(document, shown, masking, limits, account)
                return MaskedFile(masked.file(), pdf.MEDIA_TYPE)
    except pdfium.PdfiumError as error:
        raise pdf.document_error(error) from error


@dataclass(frozen=True, slots=True)
class _Painted:
    """A page that OCR read, compressed at once: a scan has many."""

    picture: CompressedPicture
    size: tuple[float, float]
    lines: Sequence[TextLine]
    is_changed: bool
    is_unclear: bool


@dataclass(slots=True)
class _Page:
    """What is known about a page. `gaps` are what was not read of it, unless OCR reads it."""

    has_pictures: bool = False
    gaps: list[str] = field(default_factory=list)
    painted: _Painted | None = None
    is_kept: bool = False
    are_boxes_noted: bool = False


class _Masked:
    """One PDF in work: `document` is flattened, and `shown` is the same for PDFium."""

    def __init__(
        self,
        document: pikepdf.Pdf,
        shown: pdfium.PdfDocument,
        masking: Masking,
        limits: ReadLimits,
        account: Account,
    ) -> None:
        self._document = document
        self._shown = shown
        self._rendered = shown
        self._masking = masking
        self._limits = limits
        self._account = account
        self._budget = limits.ocr_budget or OcrBudget(limits)
        self._reader = ContentReader()
        self._texts = PageTexts(shown, limits)
        if not self._texts.is_complete:
            raise too_many_chars(limits)
        self._searches = [Search(masking.find, self._texts, len(document.pages))]
        self._pages = [_Page() for _ in document.pages]

    def file(self) -> bytes:
        self._search_all()
        self._remove_unplaced()
        for number in range(len(self._pages)):
            self._look(number)
        if not self._masking.simplest:
            self._choose_kept()
        for number, page in enumerate(self._pages):
            self._note(number, page)
        return self._written()

    def _search_all(self) -> None:
        fonts: dict[int, Font] = {}
        for number, content in self._searched(self._searches[0]):
            page = self._pages[number]
            page.has_pictures = content.pictures > 0
            page.gaps = self._gaps(number, content)
            fonts.update((id(font), font) for font in content.disputed)
        if fonts:
            # What the fonts draw, where their maps say something else.
            with corrected(self._document, fonts.values()) as shown:
                texts = PageTexts(shown, self._limits)
            drawn = Search(self._masking.find, texts, len(self._pages), self._searches[0])
            self._searches.append(drawn)
            deque(self._searched(drawn), maxlen=0)
        for search in self._searches:
            for one in search.counted:
                self._account.count(f"page {one.page + 1}", [one.change])

    def _searched(self, search: Search) -> Iterator[tuple[int, PageText]]:
        """Search each page, and yield its content: it is read again, as it can be large."""
        search.search_layers()
        for number, source in enumerate(self._document.pages):
            content = self._reader.page(source)
            search.search_content(number, content)
            yield number, content

    def _gaps(self, number: int, content: PageText) -> list[str]:
        gaps = []
        if not content.is_complete:
            gaps.append(_UNREADABLE)
        if content.disputed:
            gaps.append(_CONTRADICTED)
        if self._texts.layers[number].unknown > content.drawn:
            gaps.append(_UNKNOWN)
        elif is_mojibake(self._texts.text(number)):
            gaps.append(_OTHER_ENCODING)
        for key, strings in content.beside.items():
            if any(UNKNOWN in one.text for one in strings):
                gaps.append(f"{_UNKNOWN} in a {content.labels[key]}")
        return gaps

    def _remove_unplaced(self) -> None:
        """Remove text that is to be masked and that PDFium cannot place, from what is rendered."""
        blackout = Blackout(self._document)
        operations: dict[Key, dict[int, str]] = defaultdict(dict)
        resources: dict[Key, Any] = {}
        for findings in (page for search in self._searches for page in search.pages):
            resources |= findings.resources
            for key, strings in findings.operations.items():
                operations[key] |= strings
        try:
            for key, strings in operations.items():
                blackout.replace(key, strings, resources[key])
        except MALFORMED as error:
            raise RedactionIncomplete(_DISCARDED) from error
        if operations:
            self._rendered = pdfium.PdfDocument(saved(self._document), autoclose=True)

    def _look(self, number: int) -> None:
        """Read a page by OCR if its text layer does not have all its text."""
        page = self._pages[number]
        if not (page.has_pictures or page.gaps) or not self._budget.pages:
            return
        picture = self._picture(number, ocr=True)
        try:
            painted = paint(picture.picture, self._masking, self._budget)
        except PagesUnread:
            return
        where = f"page {number + 1}"
        for finding in painted.findings:
            self._account.count(where, [finding.change])
            for box in finding.boxes:
                self._account.add_box(where, finding.change.label, picture.in_points(box))
        page.painted = _Painted(
            compressed(painted.picture),
            picture.size,
            painted.lines,
            is_changed=bool(painted.findings or painted.covered),
            is_unclear=bool(painted.unclear),
        )

    def _choose_kept(self) -> None:
        """Decide which pages stay text: those that can be rewritten and then look the same."""
        with pikepdf.new() as trial:
            pages = self._kept_pages(trial)
            kept = []
            for number, source in enumerate(self._document.pages):
                if self._may_stay(number):
                    try:
                        pages.add(source)
                    except NotUnderstood:
                        continue
                    kept.append(number)
            pages.finish()
            if kept:
                alike = Likeness(self._shown, saved(trial))
                for at, number in enumerate(kept):
                    self._pages[number].is_kept = alike.is_same(number, at)

    def _may_stay(self, number: int) -> bool:
        page = self._pages[number]
        painted = page.painted
        is_clean = not any(search.pages[number] for search in self._searches)
        return is_clean and not page.gaps and not (painted and painted.is_changed)

    def _note(self, number: int, page: _Page) -> None:
        """Name what was not checked on a page."""
        where = f"page {number + 1}"
        if page.painted is None:
            if page.has_pictures:
                self._account.add_not_covered("picture", where)
            for gap in page.gaps:
                self._account.add_not_covered(gap, where)
        elif page.painted.is_unclear:
            self._account.add_not_covered(_UNCLEAR, where)
        if not page.is_kept:
            source = self._shown[number]
            if undrawn := count_undrawn(source):
                self._account.removed[_WITHOUT_FONT] += undrawn
            source.close()

    def _written(self) -> bytes:
        with pikepdf.new() as target:
            kept = self._kept_pages(target)
            pictures = PicturePages(target)
            for number, source in enumerate(self._document.pages):
                if self._pages[number].is_kept:
                    kept.add(source)
                else:
                    self._add_picture(pictures, number)
            kept.finish()
            pictures.finish()
            return saved(target)

    def _kept_pages(self, target: pikepdf.Pdf) -> KeptPages:
        return KeptPages(target, self._reader, Layers(self._document), self._masking.find)

    def _add_picture(self, pictures: PicturePages, number: int) -> None:
        page, findings = self._pages[number], self._searches[0].pages[number]
        size: tuple[float, float]
        lines: Sequence[TextLine]
        if page.painted is not None:
            picture, size, lines = page.painted.picture, page.painted.size, page.painted.lines
        else:
            rendered = self._picture(number, ocr=False)
            picture, size = compressed(rendered.picture), rendered.size
            # Pieces of what was found may be in the lines.
            is_unsure = (
                page.gaps
                or any(
                    OWN_TEXT in search.pages[number].labels or search.pages[number].is_other
                    for search in self._searches[1:]
                )
                or OWN_TEXT in findings.labels
            )
            found = rendered.lines(findings.characters, findings.replaced)
            lines = () if is_unsure else list(found)
        pictures.add(picture, size, () if self._masking.simplest else lines)

    def _picture(self, number: int, *, ocr: bool) -> PagePicture:
        picture = PagePicture(self._rendered, self._texts, number, ocr=ocr)
        page = self._pages[number]
        boxes: dict[tuple[str, Box], None] = {}
        for search in self._searches:
            findings = search.pages[number]
            picture.cover(search.texts, findings.characters)
            for kind, characters in findings.placed:
                for area in picture.boxes(search.texts, characters):
                    boxes[kind, picture.in_points(area)] = None
        if not page.are_boxes_noted:
            page.are_boxes_noted = True
            for kind, box in boxes:
                self._account.add_box(f"page {number + 1}", kind, box)
        return picture
