"""The paragraphs of a document's body, with their words and where in the XML these stand."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lxml import etree

from documents.ooxml.text import CHARACTERS, PROPERTIES, WRAPPERS, text_nodes
from documents.ooxml.xml import child, local_name
from tasks.official_layout.looks import Looks, ParagraphLook, RunLook

_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_DRAWN = ("drawing", "pict", "object")
# Text that an edit cannot change.
_NOT_EDITED = frozenset((*_DRAWN, *PROPERTIES, "ruby", "sym"))


@dataclass(frozen=True, slots=True)
class Letters:
    """The characters that one element shows: from `start` of the paragraph's text."""

    element: etree._Element
    start: int
    text: str

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Run:
    """Characters from `start` up to but not including `end` that look alike."""

    element: etree._Element
    start: int
    end: int
    look: RunLook


@dataclass(frozen=True, slots=True, eq=False)
class Paragraph:
    """`index` counts the body's paragraphs from 0, blank ones too and those of tables not.

    `mark` is the number that Word writes before it and does not keep in its text.
    """

    element: etree._Element
    index: int
    runs: tuple[Run, ...]
    text: str
    mark: str
    look: ParagraphLook

    @property
    def words(self) -> str:
        """The text without white space around it."""
        return self.text.strip()

    @property
    def lead(self) -> int:
        """How many characters of white space stand before the words."""
        return len(self.text) - len(self.text.lstrip())

    @property
    def blank(self) -> bool:
        """Whether it shows nothing: no words, no number and no drawing."""
        return not self.words and not self.mark.strip() and not self.drawn

    @property
    def drawn(self) -> bool:
        """Whether it shows a drawing or a border, as the red rule of a letterhead."""
        if any(True for name in _DRAWN for _ in self.element.iter(f"{{*}}{name}")):
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


def read_paragraph(element: etree._Element, index: int, looks: Looks, mark: str) -> Paragraph:
    runs = tuple(
        Run(run, letters[0].start, letters[-1].end, looks.of_run(element, run))
        for run, letters in _lettered(element)
    )
    text = "".join(one.text for _, letters in _lettered(element) for one in letters)
    return Paragraph(element, index, runs, text, mark, looks.of_paragraph(element))


def _lettered(paragraph: etree._Element) -> list[tuple[etree._Element, list[Letters]]]:
    """The runs that show something, with what they show, as they are now."""
    found: list[tuple[etree._Element, list[Letters]]] = []
    place = 0
    for node in text_nodes(paragraph, skip=_NOT_EDITED):
        run, text = node.context.run, node.text
        if run is None or not text or node.is_end or not node.is_shown:
            continue
        if not found or found[-1][0] is not run:
            found.append((run, []))
        found[-1][1].append(Letters(node.element, place, text))
        place += len(text)
    return found


@dataclass(frozen=True, slots=True)
class TextEdit:
    """Characters from `start` up to but not including `end` of a paragraph, replaced by `new`."""

    paragraph: Paragraph
    start: int
    end: int
    new: str


def apply_edit(edit: TextEdit) -> None:
    """Write the new words into the first element touched, and take the old ones out of each.

    Raises `ValueError` where no element of text is touched.
    """
    new: str | None = edit.new
    for _, letters in _lettered(edit.paragraph.element):
        for one in letters:
            touched = one.start < edit.end and one.end > edit.start
            inserted = edit.start == edit.end and one.start < edit.start <= one.end
            if local_name(one.element) != "t" or not (touched or inserted):
                continue
            start, end = max(edit.start - one.start, 0), min(edit.end, one.end) - one.start
            one.element.text = one.text[:start] + (new or "") + one.text[end:]
            one.element.set(_SPACE, "preserve")
            new = None
    if new is not None:
        raise ValueError("an edit touches no text")


def runs_of(paragraph: Paragraph, start: int, end: int) -> Sequence[etree._Element]:
    """The runs that hold these characters and no others: runs are split where need be."""
    chosen = []
    for run, letters in _lettered(paragraph.element):
        first, last = letters[0].start, letters[-1].end
        if first >= end or last <= start:
            continue
        element = _split(run, start - first) if first < start else run
        if last > end:
            _split(element, end - max(first, start))
        chosen.append(element)
    return chosen


def _split(run: etree._Element, at: int) -> etree._Element:
    """Cut a run in two after `at` characters; gives the second."""
    second = copy.deepcopy(run)
    run.addnext(second)
    for element, keep_before in ((run, True), (second, False)):
        place = 0
        for piece in list(element):
            if local_name(piece) == "rPr":
                continue
            text = piece.text or "" if local_name(piece) == "t" else ""
            length = len(text) or (local_name(piece) in CHARACTERS)
            if local_name(piece) == "t" and place < at < place + length:
                piece.text = text[: at - place] if keep_before else text[at - place :]
                piece.set(_SPACE, "preserve")
            elif (place < at) != keep_before:
                element.remove(piece)
            place += length
    return second
