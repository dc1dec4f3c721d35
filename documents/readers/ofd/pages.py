"""Reads the pages of one OFD document: what they draw, and what templates and notes add."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from lxml import etree

from documents.document import BlockKind
from documents.draft import Draft, too_many_pages
from documents.errors import DocumentTooLong
from documents.limits import ReadLimits
from documents.ooxml.xml import local_name
from documents.page.appearance import PageKind, page_features
from documents.page.blocks import Box, Glyph, PageBlock, blocks, lines
from documents.readers.ofd.glyphs import Fonts
from documents.readers.ofd.layout import page_layout
from documents.readers.ofd.objects import (
    Placed,
    Units,
    composite_contents,
    placed_objects,
    resource_parts,
)
from documents.readers.ofd.package import Parts, below, children, is_visible, numbers, words
from documents.readers.ofd.page import POINTS, Run, in_order, text_runs, without_repeats
from documents.readers.ofd.pictures import Picture, media, picture, rendered
from documents.readers.scanned_pages import ScannedPages, add_blocks

_A4: Box = (0.0, 0.0, 210.0, 297.0)
_LEAST_PICTURE = 20.0  # points: a smaller one is a rule, a bullet or an icon
_NO_CODES = "the font does not say which characters its glyphs are"
_NOT_BY_OCR = "pictures on pages with text are not read"


@dataclass(slots=True)
class Collected:
    """Counts over the pages of a file so far, and the text that follows the body.

    `known` and `unknown` count characters with and without a code. `heights` are those of the
    pages, in points.
    """

    pages: int = 0
    known: int = 0
    unknown: int = 0
    drawn: int = 0
    objects: int = 0
    heights: dict[int, float] = field(default_factory=dict)
    extras: dict[tuple[BlockKind, str], tuple[int, PageBlock]] = field(default_factory=dict)

    def count(self, glyphs: Iterable[Glyph]) -> None:
        for glyph in glyphs:
            if not glyph.is_space:
                self.known += glyph.is_known
                self.unknown += not glyph.is_known

    def keep(self, kind: BlockKind, page: int, block: PageBlock) -> None:
        """Collect text that follows the body, once for all pages that show it."""
        if block.text:
            self.extras.setdefault((kind, block.text), (page, block))

    def keep_runs(self, kind: BlockKind, page: int, drawn: Iterable[Run]) -> None:
        once = {run.text: run for run in drawn}  # a watermark repeats its text
        for block in blocks(lines(in_order(once.values()))):
            self.keep(kind, page, block)


@dataclass(frozen=True, slots=True)
class _Content:
    """What a page or a template draws."""

    texts: Sequence[Run] = ()
    paths: Sequence[Placed] = ()
    pictures: Sequence[Picture] = ()
    unknown: Sequence[Placed] = ()  # composite objects whose content is not known
    files: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    objects: int = 0

    def over(self, templates: Sequence[_Content]) -> _Content:
        """This content with that of the templates below it."""
        if not templates:
            return self
        every = [*templates, self]
        return _Content(
            [run for one in every for run in one.texts],
            [path for one in every for path in one.paths],
            [shown for one in every for shown in one.pictures],
            [lost for one in every for lost in one.unknown],
            {resource: file for one in every for resource, file in one.files.items()},
            self.objects,
        )


class Pages:
    """Adds the pages of one document to the draft. A file may hold several.

    `shown` are the parts that the pages show.
    """

    def __init__(
        self, draft: Draft, found: Collected, scans: ScannedPages, parts: Parts, limits: ReadLimits
    ) -> None:
        self.shown: set[str] = set()
        self._draft = draft
        self._found = found
        self._scans = scans
        self._parts = parts
        self._limits = limits
        self._fonts = Fonts(parts)
        self._files: Mapping[str, tuple[str, str]] = {}
        self._units: Mapping[str, etree._Element] = {}
        self._templates: dict[str, _Content] = {}
        self._places: dict[str, tuple[int, float, float]] = {}
        self._box = _A4

    def place_of(self, page: str) -> tuple[int, float, float] | None:
        """The number of the page with an id, and its left and top edge in millimetres."""
        return self._places.get(page)

    def read(self, path: str, root: etree._Element) -> None:
        """Add the pages of the document whose root part is at `path`."""
        self.shown.add(path)
        common = next(children(root, "CommonData"), None)
        self._box = _box(next(children(common, "PageArea"), None)) or _A4
        resources = resource_parts(self._parts, path, root)
        self._files = media(resources)
        self._units = composite_contents(resources)
        self._add_resources(resources)
        templates = {page.get("ID"): page for page in children(common, "TemplatePage")}
        notes = self._annotations(path, root)
        listed = [page for pages in children(root, "Pages") for page in children(pages, "Page")]
        if self._found.pages + len(listed) > self._limits.max_pages:
            raise too_many_pages(self._found.pages + len(listed), self._limits)
        for page in listed:
            self._found.pages += 1
            part = self._part(path, page.get("BaseLoc"), "page")
            if part is not None:
                used = [(path, templates.get(use)) for use in _uses(part[1])]
                self._page(page.get("ID") or "", *part, used)
            for note in notes.get(page.get("ID"), ()):
                self._note(note)
        self._name_attachments(path, root)

    def _page(
        self,
        page: str,
        path: str,
        root: etree._Element,
        used: Sequence[tuple[str, etree._Element | None]],
    ) -> None:
        number, (x, y, *size) = self._found.pages, self._box_of(root)
        self._places[page] = (number, x, y)
        own = self._content(path, root)
        content = own.over(list(filter(None, (self._template(*use) for use in used))))
        self.shown.update(self._files_of(content))
        points = (size[0] * POINTS, size[1] * POINTS)
        texts = [run for run in content.texts if run.is_shown and _is_on_page(run.box, points)]
        hidden = [
            run for run in content.texts if not (run.is_shown and _is_on_page(run.box, points))
        ]
        slanted = [run for run in texts if run.turn is None]
        texts = without_repeats(run for run in texts if run.turn is not None)
        glyphs = [glyph for run in texts for glyph in run.glyphs]
        self._found.count(glyphs)
        self._found.drawn += content.objects
        self._found.heights[number] = points[1]
        boxes = (one.box for one in content.pictures)
        features = page_features(points, glyphs, boxes, content.objects)
        self._found.keep_runs(BlockKind.annotation, number, slanted)
        self._found.keep_runs(BlockKind.hidden, number, hidden)
        if features.kind in {PageKind.picture, PageKind.both}:
            # The rendered picture has no text of the layer, so the layer is always merged.
            layer = lines(in_order(texts)) if features.known >= features.unknown else []
            render = partial(rendered, self._parts, content.files, content.pictures, points)
            self._scans.read(number, features.kind, layer, render)
            return
        self._name_unread(number, content, texts)
        known = [run for run in texts if any(glyph.is_known for glyph in run.glyphs)]
        add_blocks(self._draft, page_layout(known, content.paths, points), number)

    def _add_resources(self, resources: Sequence[tuple[str, etree._Element]]) -> None:
        self.shown.update(path for path, _ in resources)
        self._fonts.add(resources)

    def _files_of(self, content: _Content) -> Iterator[str]:
        """The parts with the pictures of a page."""
        for resource in {shown.resource for shown in content.pictures}:
            name = self._parts.full_name(*content.files.get(resource, ("", "")))
            if name is not None:
                yield name

    def _content(self, path: str, root: etree._Element) -> _Content:
        """What the page or template at `path` draws."""
        names = Counter(map(local_name, root.iter()))
        self._count(names["TextObject"] + names["TextCode"])
        resources = resource_parts(self._parts, path, root) if names["PageRes"] else []
        self._add_resources(resources)
        files = {**self._files, **media(resources)} if resources else self._files
        contents = {**self._units, **composite_contents(resources)} if resources else self._units
        units = Units(contents, partial(self._count, 1))
        placed = list(placed_objects(root, self._box_of(root)[:2], units))
        return _Content(
            list(self._texts(placed)),
            [one for one in placed if one.kind == "PathObject"],
            [picture(one) for one in placed if one.kind == "ImageObject" and one.is_shown],
            [one for one in placed if one.kind == "CompositeObject" and one.is_shown],
            files,
            names["ImageObject"] + names["PathObject"] + names["CompositeObject"],
        )

    def _texts(self, placed: Iterable[Placed]) -> Iterator[Run]:
        for one in placed:
            if one.kind == "TextObject":
                yield from text_runs(one, self._fonts.characters(one.element))

    def _template(self, by: str, template: etree._Element | None) -> _Content | None:
        """What a template draws; None for one that the file does not have."""
        part = template is not None and self._part(by, template.get("BaseLoc"), "template")
        if not part:
            return None
        path, root = part
        if path in self._templates:
            self._count(2 * len(self._templates[path].texts))
        else:
            self._templates[path] = self._content(path, root)
        return self._templates[path]

    def _count(self, more: int) -> None:
        """Raises `DocumentTooLong` before more are read than `limits.text_objects` allow."""
        found = self._found
        found.objects += more
        if found.objects > self._limits.text_objects + 8 * (found.known + found.unknown):
            raise DocumentTooLong(
                f"The document draws {found.objects:,} text objects for {found.known:,} "
                "characters. Save it again with another program, or split it."
            )

    def _part(self, by: str, path: str | None, what: str) -> tuple[str, etree._Element] | None:
        part = self._parts.named(by, path)
        if part is None:
            number = self._found.pages
            self._draft.leave_out(what, path or "", "missing from the file", page=number)
        else:
            self.shown.add(part[0])
        return part

    def _name_unread(self, number: int, content: _Content, texts: Sequence[Run]) -> None:
        """Note what the page shows and is not read."""

        def note(what: str, reason: str, box: Box | None) -> None:
            self._draft.leave_out(what, f"page {number}", reason, page=number, box=box)

        for run in texts:
            if unknown := sum(not glyph.is_known for glyph in run.glyphs):
                note("font" if unknown > 1 else "character", _NO_CODES, _rounded(run.box))
        for one in content.pictures:
            left, top, right, bottom = one.box
            if min(right - left, bottom - top) >= _LEAST_PICTURE:
                note("picture", _NOT_BY_OCR, _rounded(one.box))
        for _ in content.unknown:
            note("drawing", "the content of a composite object is missing from the file", None)

    def _note(self, note: etree._Element) -> None:
        names = Counter(map(local_name, note.iter()))
        self._count(names["TextObject"] + names["TextCode"])
        kind = BlockKind.annotation if is_visible(note) else BlockKind.hidden
        units = Units(self._units, partial(self._count, 1))
        for appearance in children(note, "Appearance"):
            box = numbers(appearance.get("Boundary"), 4) or (0.0, 0.0, 0.0, 0.0)
            origin = (self._box[0] - box[0], self._box[1] - box[1])
            drawn = self._texts(placed_objects(appearance, origin, units))
            self._found.keep_runs(kind, self._found.pages, drawn)
        for remark in children(note, "Remark"):
            text = PageBlock((remark.text or "").strip(), BlockKind.paragraph, (0.0,) * 4)
            self._found.keep(kind, self._found.pages, text)

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
                    self.shown.add(part[0])
                    found.setdefault(page.get("PageID"), []).extend(below(part[1], "Annot"))
        return found

    def _name_attachments(self, path: str, root: etree._Element) -> None:
        listed = self._parts.named(path, words(root, "Attachments"))
        for attachment in children(listed[1], "Attachment") if listed else ():
            name = attachment.get("Name") or words(attachment, "FileLoc") or ""
            self._draft.leave_out("attachment", name, "attached files are not read")

    def _box_of(self, page: etree._Element) -> Box:
        return _box(next(children(page, "Area"), None)) or self._box


def _uses(page: etree._Element) -> Iterator[str | None]:
    return (template.get("TemplateID") for template in children(page, "Template"))


def _is_on_page(box: Box, size: tuple[float, float]) -> bool:
    return box[0] < size[0] and box[1] < size[1] and box[2] > 0 and box[3] > 0


def _box(area: etree._Element | None) -> Box | None:
    """The left, top, width and height of the physical page. Left and top may be other than 0."""
    box = numbers(words(area, "PhysicalBox"), 4)
    return (box[0], box[1], box[2], box[3]) if box else None


def _rounded(box: Box) -> Box:
    left, top, right, bottom = (round(edge, 2) for edge in box)
    return left, top, right, bottom
