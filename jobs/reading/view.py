"""A result beside its document, a section at a time, as a page shows it."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, pairwise
from typing import Any

from pydantic_core import from_json

from documents.document import Block, Document
from jobs.reading.marks import Box, Mark, marks_of, members_of

MOST_MARKS = 500
MOST_CHARS = 100_000
SECTION_CHARS = 8_000
_MOST_VALUE_CHARS = 2_000
_MOST_ROWS = 50
# Members of results that are shown as text; and those that only software needs.
_POSITIONS = ("boxes", "blocks", "paragraphs", "patch")
_TEXTS = ("summary", "text", "markdown")


@dataclass(frozen=True, slots=True)
class PlacedMark:
    """`number` counts from 1. `section` is where it is shown, None where it is nowhere."""

    number: int
    mark: Mark
    section: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """Some text of the section. `marks` are the numbers of the marks that it belongs to; `begins`
    of those that begin with it.
    """

    text: str
    marks: Sequence[int] = ()
    begins: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Region:
    """Where a mark is on the section's page, in points."""

    mark: int
    box: Box


@dataclass(frozen=True, slots=True)
class OutputFile:
    """A file that the task created. `name` is the member of the result."""

    name: str
    document_id: str
    filename: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Value:
    """A member of the result: for each item of a list its members by name, as plain text or JSON.
    `items` counts also those that are not in `rows`.
    """

    name: str
    rows: Sequence[Sequence[tuple[str, str]]]
    items: int


@dataclass(frozen=True, slots=True)
class ResultView:
    """`text` is the text that the task wrote, cut to a length. `values` are the members of the
    result that are not shown otherwise. `marks_in_all` counts also those not listed.
    """

    text: str | None
    is_cut: bool
    values: Sequence[Value]
    files: Sequence[OutputFile]
    marks: Sequence[PlacedMark]
    marks_in_all: int
    sections: int = 0
    section: int = 1
    is_paged: bool = False
    parts: Sequence[Part] = field(default_factory=tuple)
    regions: Sequence[Region] = field(default_factory=tuple)


def files_of(result_json: bytes) -> list[OutputFile]:
    """The files in a result."""
    parsed = from_json(result_json)
    return list(_files(parsed)) if isinstance(parsed, dict) else []


def view_of(
    task: str,
    result_json: bytes,
    document: Document | None,
    section: int,
    pages: int | None = None,
) -> ResultView:
    """A result, and one section of its document.

    `document` is None if its text is not known. `pages`: the sections are its pages, which are
    shown as pictures; None: they are parts of the text. `section` counts from 1; one that does not
    exist is the nearest.
    """
    parsed = from_json(result_json)
    result: Mapping[str, Any] = parsed if isinstance(parsed, dict) else {"result": parsed}
    found = marks_of(task, result)
    listed = list(islice(found, MOST_MARKS))
    in_all = len(listed) + sum(1 for _ in found)
    # Without the text of all pages, offsets mean something else than they did for the task.
    text = document if document is not None and not document.unread_pages else None
    marks = [_with_words(mark, text) for mark in listed]
    if pages is None:
        bounds = _bounds(text)
        sections = [_section_at(mark.start, bounds) for mark in marks]
    else:
        bounds = []
        sections = [_page_of(mark, text, pages) for mark in marks]
    placed = [
        PlacedMark(number, mark, of)
        for number, (mark, of) in enumerate(zip(marks, sections, strict=True), 1)
    ]
    count = len(bounds) if pages is None else pages
    section = max(1, min(section, count))
    here = [one for one in placed if one.section == section]
    output, is_cut = _output(result)
    return ResultView(
        text=output,
        is_cut=is_cut,
        values=list(_values(task, result)),
        files=list(_files(result)),
        marks=placed,
        marks_in_all=in_all,
        sections=count,
        section=section,
        is_paged=pages is not None,
        parts=_parts(text, bounds[section - 1], here) if bounds and text else (),
        regions=[] if pages is None else list(_regions(here, text)),
    )


def _with_words(mark: Mark, document: Document | None) -> Mark:
    """The mark with its words, or with their position if it only has words."""
    if document is None:
        return replace(mark, start=None, end=None)
    if mark.start is not None and mark.end is not None:
        if mark.end > len(document.text):
            return replace(mark, start=None, end=None)
        return replace(mark, words=mark.words or document.text[mark.start : mark.end][:500])
    if mark.words and mark.page is None:
        start = document.text.find(mark.words)
        if start >= 0:
            return replace(mark, start=start, end=start + len(mark.words))
    return mark


def _bounds(document: Document | None) -> list[tuple[int, int]]:
    """The sections of a text: whole blocks, of about `SECTION_CHARS` characters."""
    if document is None:
        return []
    bounds, start = [], 0
    for block in document.blocks:
        while block.end - start > SECTION_CHARS:
            end = block.start if block.start > start else start + SECTION_CHARS
            bounds.append((start, end))
            start = end
    if start < len(document.text) or not bounds:
        bounds.append((start, len(document.text)))
    return bounds


def _section_at(start: int | None, bounds: Sequence[tuple[int, int]]) -> int | None:
    if start is None:
        return None
    return next((number for number, (_, end) in enumerate(bounds, 1) if start < end), None)


def _page_of(mark: Mark, document: Document | None, pages: int) -> int | None:
    page = mark.page
    if page is None and mark.start is not None and document is not None:
        page = document.page_at(mark.start)
    return page if page is not None and 1 <= page <= pages else None


def _parts(
    document: Document, bounds: tuple[int, int], marks: Sequence[PlacedMark]
) -> Sequence[Part]:
    """The text between `bounds`, divided where marks begin and end."""
    first, last = bounds
    spans = [
        (one.number, max(first, one.mark.start), min(last, one.mark.end))
        for one in marks
        if one.mark.start is not None and one.mark.end is not None
    ]
    cuts = sorted({first, last, *(at for _, *span in spans for at in span)})
    return [
        Part(
            text=document.text[start:end],
            marks=[number for number, begin, until in spans if begin <= start and end <= until],
            begins=[number for number, begin, _ in spans if begin == start],
        )
        for start, end in pairwise(cuts)
    ]


def _regions(marks: Sequence[PlacedMark], document: Document | None) -> Iterator[Region]:
    for one in marks:
        for box in _boxes(one, document):
            yield Region(one.number, box)


def _boxes(one: PlacedMark, document: Document | None) -> Iterator[Box]:
    """The box that the result has, else those of the blocks that the mark is in."""
    mark = one.mark
    if mark.box is not None:
        yield mark.box
    elif document is not None and mark.start is not None and mark.end is not None:
        for block in _blocks(document, mark.start, mark.end):
            # The part of a table on this page, or the page of any other block.
            page, box = document.place_at(max(block.start, mark.start))
            if page == one.section and box is not None:
                yield box


def _blocks(document: Document, start: int, end: int) -> Iterator[Block]:
    first = bisect_right(document.blocks, start, key=lambda block: block.end)
    for block in islice(document.blocks, first, None):
        if block.start >= max(end, start + 1):
            return
        yield block


def _output(result: Mapping[str, Any]) -> tuple[str | None, bool]:
    """The text that the task wrote, and whether it is cut."""
    for name in _TEXTS:
        text = result.get(name)
        if isinstance(text, str) and text:
            return text[:MOST_CHARS], len(text) > MOST_CHARS
    return None, False


def _files(result: Mapping[str, Any]) -> Iterator[OutputFile]:
    for name, value in result.items():
        if _is_file(value):
            yield OutputFile(
                name, str(value["document_id"]), str(value["filename"]), int(value["bytes"])
            )


def _is_file(value: Any) -> bool:
    return isinstance(value, dict) and {"document_id", "filename", "bytes"} <= value.keys()


def _values(task: str, result: Mapping[str, Any]) -> Iterator[Value]:
    left_out = {*_TEXTS, *_POSITIONS, *members_of(task)}
    for name, value in result.items():
        if name in left_out or _is_file(value) or value in (None, [], {}, ""):
            continue
        if value == 0 and not isinstance(value, bool):
            continue
        items = value if isinstance(value, list) else [value]
        rows = [list(_pairs(item)) for item in items[:_MOST_ROWS]]
        yield Value(name, rows, len(items))


def _pairs(item: Any) -> Iterator[tuple[str, str]]:
    """The members of an object, or the value alone, without a name."""
    members = item.items() if isinstance(item, dict) else [("", item)]
    for name, value in members:
        if value not in (None, [], {}, ""):
            yield name, _plain(value)


def _plain(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MOST_VALUE_CHARS else text[:_MOST_VALUE_CHARS] + "…"
