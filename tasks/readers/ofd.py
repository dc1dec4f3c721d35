"""OFD, the state's page format (GB/T 33190-2016)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from tasks.document import BlockKind, Document
from tasks.errors import CorruptDocument, EncryptedDocument, NoTextLayer
from tasks.readers.docx_xml import local_name
from tasks.readers.draft import Draft, too_many_pages
from tasks.readers.limits import ReadLimits
from tasks.readers.ofd_package import Parts, below, children, numbers, words
from tasks.readers.ofd_page import Run, in_order, runs
from tasks.readers.opc import Package
from tasks.readers.pdf_layout import Glyph, PageBlock, blocks, lines

MEDIA_TYPE = "application/ofd"

_OCR = "It has to go through OCR first: send a searchable document."
_DRAWN = frozenset(("ImageObject", "PathObject", "CompositeObject"))


@dataclass(slots=True)
class _Found:
    """What was seen on the pages so far, and what is written after them."""

    pages: int = 0
    known: int = 0
    unknown: int = 0
    pictures: int = 0
    apart: dict[tuple[BlockKind, str], tuple[int, PageBlock]] = field(default_factory=dict)

    def count(self, glyphs: Iterable[Glyph]) -> None:
        for glyph in glyphs:
            if not glyph.is_space:
                self.known += glyph.is_known
                self.unknown += not glyph.is_known

    def keep(self, kind: BlockKind, page: int, drawn: Iterable[Run]) -> None:
        """Keep text for the end, once, however many pages show it."""
        once = {run.text: run for run in drawn}  # a watermark is said many times over
        for block in blocks(lines(in_order(once.values()))):
            self.apart.setdefault((kind, block.text), (page, block))


def read(path: Path, limits: ReadLimits) -> Document:
    """Read an OFD file: page and box for every block. Raises a `DocumentError`.

    The body comes first; what pages take from templates and what annotations and watermarks say
    follows, each text once, with the first page that shows it. Seals are pictures and not read.
    """
    draft, found = Draft(limits), _Found()
    with Package(path, limits) as package:
        parts = Parts(package)
        root = parts.entry()
        if root is None or local_name(root) != "OFD":
            raise CorruptDocument("The container holds no OFD document. Save it anew.")
        if any(local_name(element).startswith("Encrypt") for element in root.iter()):
            raise EncryptedDocument("The OFD document has a password. Send it without one.")
        for body in children(root, "DocBody"):
            document = parts.named("", words(body, "DocRoot"))
            if document is None:
                raise CorruptDocument("A part of the OFD document is missing. Send it again.")
            _Reading(draft, found, parts, limits).document(*document)
    _check(found)
    _add_apart(draft, found, limits)
    return draft.finish(MEDIA_TYPE, found.pages)


def _check(found: _Found) -> None:
    if found.unknown > found.known:
        raise NoTextLayer(f"The OFD document does not say which characters it shows. {_OCR}")
    if not found.known and found.pictures:
        raise NoTextLayer(f"The OFD document's pages are pictures without text. {_OCR}")


def _add_apart(draft: Draft, found: _Found, limits: ReadLimits) -> None:
    for kind in (BlockKind.template, BlockKind.annotation, BlockKind.hidden):
        if kind is BlockKind.hidden and not limits.hidden:
            continue
        for (of, text), (page, block) in found.apart.items():
            if of is kind:
                draft.add(text, kind, page=page, box=block.box)


class _Reading:
    """The pages of one of the documents that a file may hold."""

    def __init__(self, draft: Draft, found: _Found, parts: Parts, limits: ReadLimits) -> None:
        self._draft = draft
        self._found = found
        self._parts = parts
        self._limits = limits
        self._origin = (0.0, 0.0)

    def document(self, path: str, root: etree._Element) -> None:
        common = next(children(root, "CommonData"), None)
        area = next(children(common, "PageArea"), None)
        self._origin = _origin(area) or (0.0, 0.0)
        templates = {page.get("ID"): page for page in children(common, "TemplatePage")}
        notes = self._annotations(path, root)
        listed = [page for pages in children(root, "Pages") for page in children(pages, "Page")]
        if self._found.pages + len(listed) > self._limits.max_pages:
            raise too_many_pages(self._found.pages + len(listed), self._limits)
        for page in listed:
            self._found.pages += 1
            part = self._parts.named(path, page.get("BaseLoc"))
            if part is not None:
                self._page(part[1], [(path, templates.get(use)) for use in _uses(part[1])])
            for note in notes.get(page.get("ID"), ()):
                self._note(note)

    def _page(
        self, root: etree._Element, templates: list[tuple[str, etree._Element | None]]
    ) -> None:
        number = self._found.pages
        drawn = list(runs(root, self._start(root)))
        glyphs = in_order(run for run in drawn if run.is_shown)
        self._found.count(glyphs)
        self._found.pictures += sum(local_name(element) in _DRAWN for element in root.iter())
        for block in blocks(lines(glyphs)):
            self._draft.add(block.text, block.kind, page=number, box=block.box)
        self._found.keep(BlockKind.hidden, number, (run for run in drawn if not run.is_shown))
        for path, template in templates:
            part = (
                self._parts.named(path, template.get("BaseLoc")) if template is not None else None
            )
            if part is not None:
                self._found.keep(BlockKind.template, number, runs(part[1], self._start(part[1])))

    def _note(self, note: etree._Element) -> None:
        shown = (note.get("Visible") or "").strip() not in {"false", "0"}
        kind = BlockKind.annotation if shown else BlockKind.hidden
        for appearance in children(note, "Appearance"):
            box = numbers(appearance.get("Boundary"), 4) or (0.0, 0.0, 0.0, 0.0)
            origin = (self._origin[0] - box[0], self._origin[1] - box[1])
            self._found.keep(kind, self._found.pages, runs(appearance, origin))
        for remark in children(note, "Remark"):
            said = PageBlock((remark.text or "").strip(), BlockKind.paragraph, (0.0,) * 4)
            if said.text:
                self._found.apart.setdefault((kind, said.text), (self._found.pages, said))

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

    def _start(self, page: etree._Element) -> tuple[float, float]:
        return _origin(next(children(page, "Area"), None)) or self._origin


def _uses(page: etree._Element) -> Iterator[str | None]:
    return (template.get("TemplateID") for template in children(page, "Template"))


def _origin(area: etree._Element | None) -> tuple[float, float] | None:
    """Where the physical page begins: its left and top need not be zero."""
    box = numbers(words(area, "PhysicalBox"), 4)
    return (box[0], box[1]) if box else None
