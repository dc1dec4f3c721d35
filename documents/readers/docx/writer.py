"""Turns the body and other parts of a Word document into blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lxml import etree

from documents.document import BlockKind
from documents.draft import Draft
from documents.ooxml.nodes import Context, TextNode
from documents.ooxml.numbering import Numbering
from documents.ooxml.styles import Styles
from documents.ooxml.text import (
    ALTERNATIVES,
    WRAPPERS,
    alternative,
    is_covered,
    joins_next,
    shown_nodes,
)
from documents.ooxml.xml import local_name
from documents.readers.docx.chunks import CHUNK, Chunks, refuse_chunks
from documents.readers.docx.pictures import Pictures
from documents.readers.docx.tables import framed, is_shown_row, table_grid

_HEADERS = frozenset((BlockKind.header, BlockKind.footer))
_IN_CELLS = frozenset(("tbl", "tr", "tc", *WRAPPERS))
_EQUATION = "oMathPara"
_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010fffd]")
_NO_MEANING = "characters of the private use area have a meaning in one font only"


class _Paragraph(NamedTuple):
    """A paragraph as it is shown. `owner` is the one whose properties it has."""

    owner: etree._Element
    nodes: list[TextNode]


@dataclass(frozen=True, slots=True)
class Definitions:
    """What other parts of the document say about its paragraphs."""

    styles: Styles
    numbering: Numbering
    context: Context


class Writer:
    """Adds paragraphs, tables and pictures to a draft, in document order.

    Attributes:
        word_art: The texts of WordArt that became blocks.
    """

    def __init__(
        self,
        draft: Draft,
        definitions: Definitions,
        chunks: Chunks,
        pictures: Pictures,
    ) -> None:
        self._draft = draft
        self._chunks = chunks
        self._styles = definitions.styles
        self._numbering = definitions.numbering
        self._context = definitions.context
        self._pictures = pictures
        self._part_kind: BlockKind | None = None
        self._written: set[tuple[BlockKind, str]] = set()
        self.word_art: set[str] = set()

    def write_part(self, parent: etree._Element, kind: BlockKind, part: str) -> None:
        """Write all blocks of a part as `kind`. Headers or footers with equal text are written
        once.
        """
        refuse_chunks(parent)
        self._part_kind = kind
        self._pictures.part = part
        self.write(parent)
        self._part_kind = None

    def write(self, parent: etree._Element) -> None:
        pending: _Paragraph | None = None
        for element in _blocks(parent):
            name = local_name(element)
            if name in {"p", _EQUATION}:
                pending = self._paragraph_or_part(element, pending)
                continue
            self._finish(pending)
            pending = None
            if name == "tbl":
                self._table(element)
            else:
                self._chunks.add_to(self._draft, element)
        self._finish(pending)

    def _paragraph_or_part(
        self, element: etree._Element, before: _Paragraph | None
    ) -> _Paragraph | None:
        """Write a paragraph. One that is continued by the next is returned instead."""
        paragraph = self._shown(element, before)
        if joins_next(element, self._context):
            return paragraph
        self._paragraph(paragraph)
        return None

    def _shown(self, element: etree._Element, before: _Paragraph | None) -> _Paragraph:
        """The text of a paragraph after that of the one that it continues."""
        nodes = before.nodes if before else []
        nodes += shown_nodes(element, self._context)
        return _Paragraph(element, nodes)

    def _finish(self, pending: _Paragraph | None) -> None:
        if pending is not None and pending.nodes:
            self._paragraph(pending)

    def _add(self, text: str, kind: BlockKind, level: int | None = None) -> None:
        if self._part_kind in _HEADERS:
            if (self._part_kind, text) in self._written:
                return
            self._written.add((self._part_kind, text))
        self._draft.add(text, self._part_kind or kind, level=None if self._part_kind else level)
        self._note_private(text)

    def _note_private(self, text: str) -> None:
        if _PRIVATE.search(text):
            self._pictures.leave_out("character", self._part_kind, _NO_MEANING)

    def _paragraph(self, paragraph: _Paragraph) -> None:
        text = "".join(node.text for node in paragraph.nodes)
        style = self._styles.of(paragraph.owner)
        mark = self._numbering.mark(paragraph.owner, style.numbering)
        kind = BlockKind.paragraph
        if style.heading:
            kind = BlockKind.heading
        elif mark is not None:
            kind = BlockKind.list_item
        self._add((mark or "") + text if text.strip() else "", kind, style.level)
        self._beside_text(paragraph.nodes)

    def _table(self, table: etree._Element) -> None:
        refuse_chunks(table)
        if (frame := framed(table)) is not None:
            self.write(frame)
            return
        beside: list[TextNode] = []
        grid = table_grid(table, lambda cell: self._cell(cell, beside))
        if self._part_kind:
            self._add(grid.finish()[0], BlockKind.table)
        else:
            self._draft.add_table(grid)
        self._beside_text(beside)

    def _cell(self, cell: etree._Element, beside: list[TextNode]) -> str:
        texts: list[str] = []
        pending: _Paragraph | None = None
        for element in _paragraphs(cell):
            pending = self._shown(element, pending)
            if joins_next(element, self._context):
                continue
            texts.append(self._cell_text(pending, beside))
            pending = None
        if pending is not None and pending.nodes:
            texts.append(self._cell_text(pending, beside))
        return " ".join(" ".join(texts).split())

    def _cell_text(self, paragraph: _Paragraph, beside: list[TextNode]) -> str:
        owner, nodes = paragraph
        beside += (node for node in nodes if node.is_nested or not node.text)
        mark = self._numbering.mark(owner, self._styles.of(owner).numbering)
        text = "".join(node.text for node in nodes)
        self._note_private(text)
        return (mark or "") + text

    def _beside_text(self, nodes: Sequence[TextNode]) -> None:
        """Write text boxes, in which letterheads often are, WordArt, and pictures."""
        for node in nodes:
            if node.is_text_box:
                self.write(node.element)
            elif node.name == "textpath":
                self._word_art(node.element.get("string") or "")
            elif not node.text:
                self._pictures.add(node, self._part_kind)

    def _word_art(self, text: str) -> None:
        """In a header it is a watermark."""
        if self._part_kind not in _HEADERS:
            self.word_art.add(text)
            self._add(text, BlockKind.paragraph)


def _blocks(parent: etree._Element) -> Iterator[etree._Element]:
    """The paragraphs, tables and included files below an element."""
    for element in parent:
        name = local_name(element)
        if name in {"p", "tbl", CHUNK, _EQUATION}:
            yield element
        elif name in WRAPPERS:
            yield from _blocks(element)
        elif name == ALTERNATIVES and (chosen := alternative(element)) is not None:
            yield from _blocks(chosen)


def _paragraphs(parent: etree._Element) -> Iterator[etree._Element]:
    """The paragraphs of a cell, including those of nested tables."""
    for element in parent:
        name = local_name(element)
        if name in {"p", _EQUATION}:
            yield element
        elif name in _IN_CELLS:
            is_hidden = (name == "tc" and is_covered(element)) or (
                name == "tr" and not is_shown_row(element)
            )
            if not is_hidden:
                yield from _paragraphs(element)
        elif name == ALTERNATIVES and (chosen := alternative(element)) is not None:
            yield from _paragraphs(chosen)
