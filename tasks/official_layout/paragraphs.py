"""The paragraphs of a document's body: their text, and its position in the XML."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lxml import etree

from documents.ooxml.text import CHARACTERS, PROPERTIES, WRAPPERS, text_nodes
from documents.ooxml.xml import child, local_name
from tasks.official_layout.formatting import Formatting, ParagraphFormat, RunFormat

_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_DRAWINGS = ("drawing", "pict", "object")
# Text that an edit cannot change.
_NOT_EDITED = frozenset((*_DRAWINGS, *PROPERTIES, "ruby", "sym"))


@dataclass(frozen=True, slots=True)
class TextPiece:
    """The text of one XML element, at offset `start` of the paragraph's text."""

    element: etree._Element
    start: int
    text: str

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Run:
    """A Word run: the characters from `start` to `end` (exclusive), with their formatting."""

    element: etree._Element
    start: int
    end: int
    format: RunFormat


@dataclass(frozen=True, slots=True, eq=False)
class Paragraph:
    """`index` counts the body's paragraphs from 0, including blank ones, excluding tables.

    `mark` is the automatic number that Word displays before the text; empty without one.
    """

    element: etree._Element
    index: int
    runs: tuple[Run, ...]
    text: str
    mark: str
    format: ParagraphFormat

    @property
    def words(self) -> str:
        """The text without surrounding white space."""
        return self.text.strip()

    @property
    def lead(self) -> int:
        """The number of white space characters before the words."""
        return len(self.text) - len(self.text.lstrip())

    @property
    def blank(self) -> bool:
        """Whether it has no words, no number and no drawing."""
        return not self.words and not self.mark.strip() and not self.drawn

    @property
    def drawn(self) -> bool:
        """Whether it has a drawing or a border, such as the red line of a letterhead."""
        if any(True for name in _DRAWINGS for _ in self.element.iter(f"{{*}}{name}")):
            return True
        properties = child(self.element, "pPr")
        return properties is not None and child(properties, "pBdr") is not None


def body_elements(body: etree._Element) -> Iterator[etree._Element]:
    for element in body:
        name = local_name(element)
        if name == "p":
            yield element
        elif name in WRAPPERS:
            yield from body_elements(element)


def read_paragraph(
    element: etree._Element, index: int, formatting: Formatting, mark: str
) -> Paragraph:
    runs = tuple(
        Run(run, pieces[0].start, pieces[-1].end, formatting.of_run(element, run))
        for run, pieces in _text_pieces(element)
    )
    text = "".join(one.text for _, pieces in _text_pieces(element) for one in pieces)
    return Paragraph(element, index, runs, text, mark, formatting.of_paragraph(element))


def _text_pieces(paragraph: etree._Element) -> list[tuple[etree._Element, list[TextPiece]]]:
    """Returns the visible runs with their text pieces, from the current XML."""
    runs: list[tuple[etree._Element, list[TextPiece]]] = []
    offset = 0
    for node in text_nodes(paragraph, skip=_NOT_EDITED):
        run, text = node.context.run, node.stored_text if node.is_writable else node.text
        if run is None or not text or node.is_end or not node.is_shown:
            continue
        if not runs or runs[-1][0] is not run:
            runs.append((run, []))
        runs[-1][1].append(TextPiece(node.element, offset, text))
        offset += len(text)
    return runs


@dataclass(frozen=True, slots=True)
class TextEdit:
    """Replaces the characters from `start` to `end` (exclusive) of a paragraph by `new`."""

    paragraph: Paragraph
    start: int
    end: int
    new: str


def apply_edit(edit: TextEdit) -> None:
    """Writes the new text into the first XML element concerned; removes the old text from all.

    Raises `ValueError` if the edit covers no text.
    """
    new: str | None = edit.new
    for _, pieces in _text_pieces(edit.paragraph.element):
        for one in pieces:
            touched = one.start < edit.end and one.end > edit.start
            inserted = edit.start == edit.end and one.start < edit.start <= one.end
            if local_name(one.element) != "t" or not (touched or inserted):
                continue
            start, end = max(edit.start - one.start, 0), min(edit.end, one.end) - one.start
            one.element.text = one.text[:start] + (new or "") + one.text[end:]
            one.element.set(_SPACE, "preserve")
            new = None
    if new is not None:
        raise ValueError("the edit covers no text")


def runs_of(paragraph: Paragraph, start: int, end: int) -> Sequence[etree._Element]:
    """Returns the runs that contain exactly these characters; splits runs at the edges."""
    chosen = []
    for run, pieces in _text_pieces(paragraph.element):
        first, last = pieces[0].start, pieces[-1].end
        if first >= end or last <= start:
            continue
        element = _split(run, start - first) if first < start else run
        if last > end:
            _split(element, end - max(first, start))
        chosen.append(element)
    return chosen


def _split(run: etree._Element, at: int) -> etree._Element:
    """Splits a run after `at` characters. Returns the second part."""
    second = copy.deepcopy(run)
    run.addnext(second)
    for element, keep_before in ((run, True), (second, False)):
        offset = 0
        for piece in list(element):
            if local_name(piece) == "rPr":
                continue
            text = piece.text or "" if local_name(piece) == "t" else ""
            length = len(text) or (local_name(piece) in CHARACTERS)
            if local_name(piece) == "t" and offset < at < offset + length:
                piece.text = text[: at - offset] if keep_before else text[at - offset :]
                piece.set(_SPACE, "preserve")
            elif (offset < at) != keep_before:
                element.remove(piece)
            offset += length
    return second
