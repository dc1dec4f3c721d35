"""DOCX: the text with every tracked change accepted."""

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

# Parts whose text follows the body, in order: relationship, element, kind of block.
_NOTES_AND_HEADERS = (
    ("/footnotes", "footnote", BlockKind.footnote),
    ("/endnotes", "endnote", BlockKind.footnote),
    ("/header", None, BlockKind.header),
    ("/footer", None, BlockKind.footer),
    ("/comments", "comment", BlockKind.comment),
)


def read(path: Path, limits: ReadLimits, read_any: Reader | None = None) -> Document:
    """Read a Word document. Raises a `DocumentError`.

    The body comes first, with every tracked change accepted. Files that it includes as text
    (`altChunk`) are read with `read_any`, in place. Footnotes, endnotes, headers, footers, comments
    and drawings follow as blocks of those kinds. With `limits.hidden`, text deleted by tracked
    changes, hidden text, field codes, watermarks and descriptions of pictures follow as `hidden`.
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
    others = [
        (part, tag, kind) for relation, tag, kind in _NOTES_AND_HEADERS for part in parts(relation)
    ]
    for root, tag, kind in others:
        for holder in (root,) if tag is None else root:
            if tag is None or (local_name(holder) == tag and _is_note(holder)):
                writer.write_part(holder, kind)
    for text in dict.fromkeys(drawing_text(package)):
        draft.add(text, BlockKind.drawing)
    if limits.hidden:
        _add_hidden(draft, [body, *(root for root, _, _ in others)])


def _add_hidden(draft: Draft, roots: Sequence[etree._Element]) -> None:
    for root in roots:
        for text in hidden_text(root):
            draft.add(text, BlockKind.hidden)
    for text in dict.fromkeys(text for root in roots for text in shape_text(root)):
        draft.add(text, BlockKind.hidden)


def _is_note(note: etree._Element) -> bool:
    """Whether it is a note, and not the line that separates notes from the text."""
    return attribute(note, "type") in {None, "normal"}


class _Writer:
    """Turns paragraphs and tables into blocks, in document order."""

    def __init__(self, draft: Draft, styles: Styles, numbering: Numbering, chunks: Chunks) -> None:
        self._draft = draft
        self._chunks = chunks
        self._styles = styles
        self._numbering = numbering
        self._part_kind: BlockKind | None = None
        self._written: set[tuple[BlockKind, str]] = set()

    def write_part(self, parent: etree._Element, kind: BlockKind) -> None:
        """Write all blocks as `kind`. Headers or footers with equal text are written once."""
        refuse_chunks(parent)
        self._part_kind = kind
        self.write(parent)
        self._part_kind = None

    def _add(self, text: str, kind: BlockKind, level: int | None = None) -> None:
        if self._part_kind in {BlockKind.header, BlockKind.footer}:
            if (self._part_kind, text) in self._written:
                return
            self._written.add((self._part_kind, text))
        self._draft.add(text, self._part_kind or kind, level=None if self._part_kind else level)

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
        texts = []
        for paragraph in _paragraphs(cell):
            text = shown_text(paragraph)
            mark = self._numbering.mark(paragraph, self._styles.of(paragraph).numbering)
            texts.append((mark or "") + text)
        return " ".join(" ".join(texts).split())


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
    """The paragraphs of a cell, including those of nested tables."""
    for element in parent:
        if local_name(element) == "p":
            yield element
        elif local_name(element) in {"tbl", "tr", "tc", *WRAPPERS}:
            yield from _paragraphs(element)
