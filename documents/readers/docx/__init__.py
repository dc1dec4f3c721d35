"""DOCX: the words as they stand when every tracked change is accepted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from lxml import etree

from documents.document import BlockKind, Document
from documents.draft import Draft
from documents.errors import CorruptDocument
from documents.limits import Reader, ReadLimits
from documents.ooxml.drawings import drawing_text
from documents.ooxml.numbering import Numbering
from documents.ooxml.package import WORD_MAIN_TYPES, Package
from documents.ooxml.styles import Styles
from documents.ooxml.text import (
    WRAPPERS,
    TextNode,
    hidden_text,
    shape_text,
    shown_nodes,
    shown_text,
)
from documents.ooxml.xml import attribute, child, has, local_name
from documents.readers.docx.chunks import CHUNK, Chunks, refuse_chunks

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

# What stands apart from the body, in the order in which it follows it.
_APART = (
    ("/footnotes", "footnote", BlockKind.footnote),
    ("/endnotes", "endnote", BlockKind.footnote),
    ("/header", None, BlockKind.header),
    ("/footer", None, BlockKind.footer),
    ("/comments", "comment", BlockKind.comment),
)


def read(path: Path, limits: ReadLimits, read_any: Reader | None = None) -> Document:
    """Read a Word document. Raises a `DocumentError`.

    The body comes first, as it stands when every tracked change is accepted, files that it takes in
    in their place, read with `read_any`. Footnotes, endnotes, headers, footers, comments and
    drawings follow as blocks of those kinds, and with `limits.hidden` what tracked changes took
    out, hidden text, field codes, watermarks and descriptions of pictures, as `hidden` ones.
    """
    draft = Draft(limits)
    try:
        with Package(path, limits) as package:
            _fill(draft, package, limits, read_any)
    except RecursionError as error:
        raise CorruptDocument("The document is nested too deeply. Save it again.") from error
    return draft.finish(MEDIA_TYPE)


def _fill(draft: Draft, package: Package, limits: ReadLimits, read_any: Reader | None) -> None:
    main = package.main_part(WORD_MAIN_TYPES)
    root = package.xml(main) if main else None
    body = child(root, "body") if root is not None else None
    if main is None or body is None:
        raise CorruptDocument("The container holds no Word document. Save it again.")

    def parts(kind: str) -> list[etree._Element]:
        found = (package.xml(name) for name in package.all_related(main, kind))
        return [part for part in found if part is not None]

    def part(kind: str) -> etree._Element | None:
        return next(iter(parts(kind)), None)

    chunks = Chunks(package, main, limits, read_any)
    writer = _Writer(draft, Styles(part("/styles")), Numbering(part("/numbering")), chunks)
    writer.write(body)
    apart = [(part, tag, kind) for relation, tag, kind in _APART for part in parts(relation)]
    for root, tag, kind in apart:
        for holder in (root,) if tag is None else root:
            if tag is None or (local_name(holder) == tag and _is_said(holder)):
                writer.write_apart(holder, kind)
    for text in dict.fromkeys(drawing_text(package)):
        draft.add(text, BlockKind.drawing)
    if limits.hidden:
        _add_unshown(draft, [body, *(root for root, _, _ in apart)])


def _add_unshown(draft: Draft, roots: Sequence[etree._Element]) -> None:
    for root in roots:
        for text in hidden_text(root):
            draft.add(text, BlockKind.hidden)
    for text in dict.fromkeys(text for root in roots for text in shape_text(root)):
        draft.add(text, BlockKind.hidden)


def _is_said(note: etree._Element) -> bool:
    """Whether it is a note and not the line that separates notes from the text."""
    return attribute(note, "type") in {None, "normal"}


class _Writer:
    """Turns paragraphs and tables into blocks, in document order."""

    def __init__(self, draft: Draft, styles: Styles, numbering: Numbering, chunks: Chunks) -> None:
        self._draft = draft
        self._chunks = chunks
        self._styles = styles
        self._numbering = numbering
        self._apart: BlockKind | None = None
        self._said: set[tuple[BlockKind, str]] = set()

    def write_apart(self, parent: etree._Element, kind: BlockKind) -> None:
        """Write blocks of one kind; what first, even and odd pages have alike is written once."""
        refuse_chunks(parent)
        self._apart = kind
        self.write(parent)
        self._apart = None

    def _add(self, text: str, kind: BlockKind, level: int | None = None) -> None:
        if self._apart in {BlockKind.header, BlockKind.footer}:
            if (self._apart, text) in self._said:
                return
            self._said.add((self._apart, text))
        self._draft.add(text, self._apart or kind, level=None if self._apart else level)

    def write(self, parent: etree._Element) -> None:
        for element in parent:
            name = local_name(element)
            if name == "p":
                self._paragraph(element)
            elif name == "tbl":
                self._table(element)
            elif name == CHUNK:
                self._chunks.add_to(self._draft, element)
            elif name in WRAPPERS:
                self.write(element)

    def _paragraph(self, paragraph: etree._Element) -> None:
        nodes = shown_nodes(paragraph)
        text = "".join(node.text for node in nodes)
        style = self._styles.of(paragraph)
        mark = self._numbering.mark(paragraph, style.numbering)
        kind = BlockKind.paragraph
        if style.heading:
            kind = BlockKind.heading
        elif mark is not None:
            kind = BlockKind.list_item
        self._add((mark or "") + text if text.strip() else "", kind, style.level)
        self._text_boxes(nodes)

    def _table(self, table: etree._Element) -> None:
        refuse_chunks(table)
        rows = (self._row(row) for row in _rows(table))
        self._add("\n".join(rows), BlockKind.table)
        self._text_boxes(shown_nodes(table))

    def _text_boxes(self, nodes: Sequence[TextNode]) -> None:
        """Letterheads are often set in a text box."""
        for node in nodes:
            if node.is_text_box:
                self.write(node.element)

    def _row(self, row: etree._Element) -> str:
        return "\t".join(self._cell(cell) for cell in _unwrapped(row, "tc"))

    def _cell(self, cell: etree._Element) -> str:
        said = []
        for paragraph in _paragraphs(cell):
            text = shown_text(paragraph)
            mark = self._numbering.mark(paragraph, self._styles.of(paragraph).numbering)
            said.append((mark or "") + text)
        return " ".join(" ".join(said).split())


def _rows(table: etree._Element) -> Iterator[etree._Element]:
    for row in _unwrapped(table, "tr"):
        properties = child(row, "trPr")
        if properties is None or not has(properties, "del"):
            yield row


def _unwrapped(parent: etree._Element, name: str) -> Iterator[etree._Element]:
    for element in parent:
        if local_name(element) == name:
            yield element
        elif local_name(element) in WRAPPERS:
            yield from _unwrapped(element, name)


def _paragraphs(parent: etree._Element) -> Iterator[etree._Element]:
    """The paragraphs of a cell, those of tables inside it too."""
    for element in parent:
        if local_name(element) == "p":
            yield element
        elif local_name(element) in {"tbl", "tr", "tc", *WRAPPERS}:
            yield from _paragraphs(element)
