"""Results beside their documents: sections, places, marks."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic_core import to_json

from documents.document import Block, Document
from jobs.reading.marks import marks_of
from jobs.reading.view import MOST_MARKS, SECTION_CHARS, ResultView, files_of, view_of


def document(*texts: str, pages: bool = False, unread: tuple[int, ...] = ()) -> Document:
    """Blocks of these texts, with `pages` each on its own page."""
    blocks, at = [], 0
    for number, text in enumerate(texts, 1):
        box = (10.0, 20.0, 110.0, 40.0) if pages else None
        blocks.append(Block(at, at + len(text), page=number if pages else None, box=box))
        at += len(text) + 2
    media_type = "application/pdf" if pages else "text/plain"
    count = len(texts) if pages else None
    return Document("\n\n".join(texts), tuple(blocks), media_type, count, unread)


def view(result: dict[str, Any], of: Document | None, section: int = 1, **more: Any) -> ResultView:
    return view_of(more.pop("task", "redact"), to_json(result), of, section, **more)


def found(start: int, end: int, **more: Any) -> dict[str, Any]:
    return {"kind": "mobile", "start": start, "end": end, "replacement": "*", **more}


def test_a_finding_is_marked_in_the_text() -> None:
    shown = view({"findings": [found(4, 6)]}, document("abc defg"))
    assert [(part.text, list(part.marks)) for part in shown.parts] == [
        ("abc ", []), ("de", [1]), ("fg", []),
    ]  # fmt: skip
    assert shown.parts[1].begins == [1]
    assert shown.marks[0].mark.words == "de"


def test_findings_that_overlap_are_all_marked() -> None:
    shown = view({"findings": [found(0, 4), found(2, 6), found(2, 3)]}, document("abcdefgh"))
    assert "".join(part.text for part in shown.parts) == "abcdefgh"
    assert [list(part.begins) for part in shown.parts] == [[1], [2, 3], [], [], []]
    assert [list(part.marks) for part in shown.parts] == [[1], [1, 2, 3], [1, 2], [2], []]


def test_a_long_text_is_divided_between_blocks() -> None:
    of = document(*["x" * 3_000] * 7, "y" * (2 * SECTION_CHARS + 5))
    sections = view({}, of).sections
    parts = [view({}, of, number).parts for number in range(1, sections + 1)]
    assert "".join(part.text for section in parts for part in section) == of.text
    assert all(len(part.text) <= SECTION_CHARS for section in parts for part in section)
    late = view({"findings": [found(of.text.index("y"), of.text.index("y") + 1)]}, of)
    assert late.marks[0].section == 5
    assert view({}, of, 999).section == sections


def test_a_place_on_a_page_is_the_box_of_its_block() -> None:
    of = document("first", "second", pages=True)
    shown = view({"findings": [found(7, 9)]}, of, 2, pages=2)
    assert (shown.sections, shown.section, shown.is_paged) == (2, 2, True)
    assert [(one.mark, one.box) for one in shown.regions] == [(1, (10.0, 20.0, 110.0, 40.0))]
    assert view({"findings": [found(7, 9)]}, of, 1, pages=2).regions == []


def test_the_box_of_the_result_is_used_where_the_text_is_not_known() -> None:
    result = {"findings": [found(7, 9, page=2, box=[1, 2, 3, 4])]}
    for of in (None, document("first", "second", pages=True, unread=(1,))):
        shown = view(result, of, 2, pages=2)
        assert [one.box for one in shown.regions] == [(1, 2, 3, 4)]
        assert shown.marks[0].mark.words == ""


def test_positions_outside_the_text_are_not_shown() -> None:
    shown = view({"findings": [found(4, 600)]}, document("abc defg"))
    assert shown.marks[0].section is None
    assert [part.text for part in shown.parts] == ["abc defg"]


def test_words_without_a_position_are_searched() -> None:
    result = {
        "findings": [{"expected": "e", "found": "f", "clause": "7", "place": {"words": "de"}}]
    }
    shown = view(result, document("abc defg"), task="format_check")
    assert [part.text for part in shown.parts if part.marks] == ["de"]


def test_a_result_with_many_findings_is_bounded() -> None:
    shown = view({"findings": [found(0, 1)] * (MOST_MARKS + 9)}, document("abc"))
    assert (len(shown.marks), shown.marks_in_all) == (MOST_MARKS, MOST_MARKS + 9)


def test_files_and_plain_values_of_a_result_are_listed() -> None:
    file = {"document_id": "doc_1", "filename": "a.pdf", "bytes": 3}
    result = {"text": "out", "file": file, "report": None, "counts": {"mobile": 2}, "words": 7}
    shown = view(result, None)
    assert shown.text == "out"
    assert [(one.name, one.document_id) for one in shown.files] == [("file", "doc_1")]
    assert [(one.name, one.rows) for one in shown.values] == [
        ("counts", [[("mobile", "2")]]),
        ("words", [[("", "7")]]),
    ]
    assert [one.document_id for one in files_of(to_json(result))] == ["doc_1"]
    assert files_of(b"[]") == []


@pytest.mark.parametrize(
    "task",
    ["summarize", "extract", "redact", "disclosure_review", "proofread", "format_check",
     "format_fix", "compare", "cite_check", "minutes", "qa", "parse", "own"],
)  # fmt: skip
@pytest.mark.parametrize("value", [None, 3, "x", ["x"], {"x": 1}, [{"place": 3, "quote": []}]])
def test_a_result_of_another_form_is_shown_without_places(task: str, value: Any) -> None:
    names = (
        "sentences",
        "findings",
        "evidence",
        "reasons",
        "edits",
        "changes",
        "citations",
        "left",
    )
    for mark in marks_of(task, dict.fromkeys(names, value)):
        assert mark.start is None
    view_of(task, to_json(value), None, 1)


def test_quotes_of_a_departments_own_task_are_found_at_any_depth() -> None:
    quote = {"text": "de", "start": 4, "end": 6, "page": None, "match": "exact"}
    shown = view({"rows": [{"due": {"quote": quote}}]}, document("abc defg"), task="own")
    assert [part.text for part in shown.parts if part.marks] == ["de"]
