"""OFD, the national fixed-layout format (GB/T 33190-2016)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from lxml import etree

from documents.document import BlockKind, Document
from documents.draft import Draft, too_many_pages
from documents.errors import CorruptDocument, DocumentTooLong, EncryptedDocument, NoTextLayer
from documents.limits import ReadLimits
from documents.ooxml.package import Package
from documents.ooxml.xml import local_name
from documents.page.appearance import PageKind, page_features
from documents.page.blocks import Glyph, PageBlock, blocks, lines
from documents.readers.ofd.package import Parts, below, children, is_visible, numbers, words
from documents.readers.ofd.page import POINTS, Run, in_order, runs
from documents.readers.ofd.pictures import media, pictures, rendered
from documents.readers.scanned_pages import ASK_FOR_OCR, ScannedPages, add_lines

MEDIA_TYPE = "application/ofd"

_Box = tuple[float, float, float, float]
_A4: _Box = (0.0, 0.0, 210.0, 297.0)
_TEXT = frozenset(("TextObject", "TextCode"))
_DRAWN = frozenset(("ImageObject", "PathObject", "CompositeObject"))


@dataclass(slots=True)
class _Collected:
    """Counts over the pages read so far, and the text that follows the body.

    `known` and `unknown` count characters with and without a code.
    """

    pages: int = 0
    known: int = 0
    unknown: int = 0
    drawn: int = 0
    objects: int = 0
    extras: dict[tuple[BlockKind, str], tuple[int, PageBlock]] = field(default_factory=dict)

    def count(self, glyphs: Iterable[Glyph]) -> None:
        for glyph in glyphs:
            if not glyph.is_space:
                self.known += glyph.is_known
                self.unknown += not glyph.is_known

    def keep(self, kind: BlockKind, page: int, drawn: Iterable[Run]) -> None:
        """Collect text that follows the body, once for all pages that show it."""
        once = {run.text: run for run in drawn}  # a watermark repeats its text
        for block in blocks(lines(in_order(once.values()))):
            self.extras.setdefault((kind, block.text), (page, block))


def read(path: Path, limits: ReadLimits) -> Document:
    """Read an OFD file: page and box for every block. Raises a `DocumentError`.

    The body comes first. The text of templates, annotations and watermarks follows, each text once,
    with the first page that shows it. Pages that are pictures are read by OCR as far as `limits`
    allow; the others are `unread_pages`. Seals are not read.
    """
    draft, found = Draft(limits), _Collected()
    scans = ScannedPages(draft, limits, "OFD document")
    with Package(path, limits) as package:
        parts = Parts(package)
        root = parts.entry()
        if root is None or local_name(root) != "OFD":
            raise CorruptDocument("The container holds no OFD document. Save it again.")
        if any(local_name(element).startswith("Encrypt") for element in root.iter()):
            raise EncryptedDocument("The OFD document has a password. Send it without one.")
        for body in children(root, "DocBody"):
            document = parts.named("", words(body, "DocRoot"))
            if document is None:
                raise CorruptDocument("A part of the OFD document is missing. Send it again.")
            _Reading(draft, found, scans, parts, limits).document(*document)
    _check(found, scans, limits)
    _add_extras(draft, found, limits)
    return scans.finish(MEDIA_TYPE, found.pages)


def _check(found: _Collected, scans: ScannedPages, limits: ReadLimits) -> None:
    if limits.ocr_pages and len(scans.unread) < found.pages:
        return
    if found.unknown > found.known:
        raise NoTextLayer(
            f"The OFD document does not store the codes of its characters. {ASK_FOR_OCR}"
        )
    if not found.known and found.drawn:
        raise NoTextLayer(f"The OFD document's pages are pictures without text. {ASK_FOR_OCR}")


def _add_extras(draft: Draft, found: _Collected, limits: ReadLimits) -> None:
    for kind in (BlockKind.template, BlockKind.annotation, BlockKind.hidden):
        if kind is BlockKind.hidden and not limits.hidden:
            continue
        for (of, text), (page, block) in found.extras.items():
            if of is kind:
                draft.add(text, kind, page=page, box=block.box)


class _Reading:
    """Reads the pages of one document. A file may hold several."""

    def __init__(
        self, draft: Draft, found: _Collected, scans: ScannedPages, parts: Parts, limits: ReadLimits
    ) -> None:
        self._draft = draft
        self._found = found
        self._scans = scans
        self._parts = parts
        self._limits = limits
        self._files: Mapping[str, tuple[str, str]] = {}
        self._box = _A4

    def document(self, path: str, root: etree._Element) -> None:
        common = next(children(root, "CommonData"), None)
        self._box = _box(next(children(common, "PageArea"), None)) or _A4
        self._files = media(self._parts, path, root)
        templates = {page.get("ID"): page for page in children(common, "TemplatePage")}
        notes = self._annotations(path, root)
        listed = [page for pages in children(root, "Pages") for page in children(pages, "Page")]
        if self._found.pages + len(listed) > self._limits.max_pages:
            raise too_many_pages(self._found.pages + len(listed), self._limits)
        for page in listed:
            self._found.pages += 1
            part = self._parts.named(path, page.get("BaseLoc"))
            if part is not None:
                self._count_text_objects(part[1])
                self._page(*part)
                self._templates((path, templates.get(use)) for use in _uses(part[1]))
            for note in notes.get(page.get("ID"), ()):
                self._note(note)

    def _page(self, path: str, root: etree._Element) -> None:
        number, (x, y, *size) = self._found.pages, self._box_of(root)
        texts = list(runs(root, (x, y)))
        glyphs = in_order(run for run in texts if run.is_shown)
        shown = list(pictures(root, (x, y)))
        objects = sum(local_name(element) in _DRAWN for element in root.iter())
        self._found.count(glyphs)
        self._found.drawn += objects
        points = (size[0] * POINTS, size[1] * POINTS)
        features = page_features(points, glyphs, (one.box for one in shown), objects)
        if features.kind in {PageKind.picture, PageKind.both}:
            files = {**self._files, **media(self._parts, path, root)}
            # The rendered picture has no text of the layer, so the layer is always merged.
            layer = lines(glyphs) if features.known >= features.unknown else []
            render = partial(rendered, self._parts, files, shown, points)
            self._scans.read(number, features.kind, layer, render)
        else:
            add_lines(self._draft, lines(glyphs), number)
        self._found.keep(BlockKind.hidden, number, (run for run in texts if not run.is_shown))

    def _templates(self, used: Iterable[tuple[str, etree._Element | None]]) -> None:
        for path, template in used:
            part = (
                self._parts.named(path, template.get("BaseLoc")) if template is not None else None
            )
            if part is not None:
                self._count_text_objects(part[1])
                texts = runs(part[1], self._box_of(part[1])[:2])
                self._found.keep(BlockKind.template, self._found.pages, texts)

    def _count_text_objects(self, root: etree._Element) -> None:
        """Raises `DocumentTooLong` before more are read than `limits.text_objects` allow."""
        found = self._found
        found.objects += sum(local_name(element) in _TEXT for element in root.iter())
        if found.objects > self._limits.text_objects + 8 * (found.known + found.unknown):
            raise DocumentTooLong(
                f"The document draws {found.objects:,} text objects for {found.known:,} "
                "characters. Save it again with another program, or split it."
            )

    def _note(self, note: etree._Element) -> None:
        self._count_text_objects(note)
        kind = BlockKind.annotation if is_visible(note) else BlockKind.hidden
        for appearance in children(note, "Appearance"):
            box = numbers(appearance.get("Boundary"), 4) or (0.0, 0.0, 0.0, 0.0)
            origin = (self._box[0] - box[0], self._box[1] - box[1])
            self._found.keep(kind, self._found.pages, runs(appearance, origin))
        for remark in children(note, "Remark"):
            text = PageBlock((remark.text or "").strip(), BlockKind.paragraph, (0.0,) * 4)
            if text.text:
                self._found.extras.setdefault((kind, text.text), (self._found.pages, text))

    def _annotations(
        self, path: str, root: etree._Element
    ) -> dict[str | None, list[etree._Element]]:
        """The annotations of every page, by the page's id."""
        found: dict[str | None, list[etree._Element]] = {}
        listed = self._parts.named(path, words(root, "Annotations"))
        for page in children(listed[1], "Page") if listed else ():
            for location in children(page, "FileLoc"):
                part = self._parts.named(listed[0] if listed else "", location.text)
                if part is not None:
                    found.setdefault(page.get("PageID"), []).extend(below(part[1], "Annot"))
        return found

    def _box_of(self, page: etree._Element) -> _Box:
        return _box(next(children(page, "Area"), None)) or self._box


def _uses(page: etree._Element) -> Iterator[str | None]:
    return (template.get("TemplateID") for template in children(page, "Template"))


def _box(area: etree._Element | None) -> _Box | None:
    """The left, top, width and height of the physical page. Left and top may be other than 0."""
    box = numbers(words(area, "PhysicalBox"), 4)
    return (box[0], box[1], box[2], box[3]) if box else None
