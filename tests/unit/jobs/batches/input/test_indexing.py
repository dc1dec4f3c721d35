"""A file is read in slices: each good line has an entry, each bad one its number and a reason."""

from __future__ import annotations

import asyncio
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.batches.input.index import MAX_FILE_BYTES
from jobs.batches.input.indexing import Indexer
from jobs.batches.input.lines import parse_line
from jobs.model.problems import Problem, ProblemError
from tasks.secrecy import Secrecy
from tests.unit.jobs.batches.input.files import LIMITS, chat, entries, job, line, order, read, write

TEXTS = st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=40)
GOOD = st.one_of(TEXTS.filter(str.strip).map(job), TEXTS.map(chat))
BAD = st.sampled_from([b"{", b"null", b'{"custom_id": "x"}', b"\xff", b"x" * 10_001])
BLANK = st.sampled_from([b"", b" ", b"\t ", b"\r"])
ENDINGS = st.sampled_from([b"\n", b"\r\n"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(st.one_of(GOOD, BAD, BLANK), ENDINGS), min_size=1, max_size=12),
    bom=st.booleans(),
    ended=st.booleans(),
    max_lines=st.integers(1, 5),
)
def test_the_slice_of_the_file_that_an_entry_names_is_its_line(
    *,
    tmp_path: Path,
    rows: list[tuple[dict[str, object] | bytes, bytes]],
    bom: bool,
    ended: bool,
    max_lines: int,
) -> None:
    raw = [
        one if isinstance(one, bytes) else line(f"n{number}", one)
        for number, (one, _) in enumerate(rows, start=1)
    ]
    data = b"".join(one + ending for one, (_, ending) in zip(raw, rows, strict=True))
    if not ended:
        data = data.removesuffix(rows[-1][1])
    path = tmp_path / "batch.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" * bom + data)
    good = [n for n, (one, _) in enumerate(rows, start=1) if isinstance(one, dict)]
    bad = [n for n, (one, _) in enumerate(rows, start=1) if isinstance(one, bytes) and one.strip()]
    if not good + bad:
        with pytest.raises(ProblemError):
            read(path, max_lines=max_lines)
        return
    index, problems = read(path, max_lines=max_lines)
    assert sorted(order(index)) == good
    assert [problem.line for problem in problems] == bad
    assert (index.lines, index.problems) == (len(good) + len(bad), len(bad))
    whole = path.read_bytes()
    for entry in entries(index):
        part = whole[entry.offset : entry.offset + entry.length]
        assert part == raw[entry.line - 1]
        found = parse_line(part, entry.line)
        assert found.custom_id == f"n{entry.line}"
        assert index.tasks[entry.task] == found.task


def test_each_kind_of_invalid_line_is_reported_with_its_number(tmp_path: Path) -> None:
    bad = {
        2: (b"{not json}", "invalid-json"),
        3: (b"\xd6\xd0", "invalid-json"),
        4: (b"[]", "invalid-json"),
        6: (line("a", job()), "duplicate-custom-id"),
        7: (line("", job()), "invalid-request"),
        8: (line("h", job(), method="GET"), "invalid-request"),
        9: (line("i", job(), url="/v1/x"), "invalid-request"),
        10: (line("j", job(task="x")), "unknown-task"),
        11: (line("k", job(options={"max_words": 1})), "invalid-request"),
        12: (line("l", job(" ")), "document-empty"),
        13: (line("m", job("x" * 5_001)), "text-too-long"),
        14: (line("n", job("x" * 10_000)), "too-large"),
        15: (line("o", {"task": "summarize", "input": {"document_id": "d"}}), "not-found"),
        16: (line("p", chat(stream=True)), "invalid-request"),
    }
    good = {1: line("a", job()), 5: b"", 17: line("q", chat())}
    lines = {**good, **{number: data for number, (data, _) in bad.items()}}
    index, problems = read(write(tmp_path, *(lines[n] for n in sorted(lines))), max_lines=100)
    assert sorted(order(index)) == [1, 17]
    assert {one.line: one.code for one in problems} == {n: code for n, (_, code) in bad.items()}
    assert (index.lines, index.problems) == (16, 14)
    assert len(index.packed) == 2 * 16
    known = {one.line: one.custom_id for one in problems}
    assert known[6] == "a"
    assert known[15] == "o"
    assert known[2] is known[3] is known[7] is known[14] is None


def test_a_line_with_a_secrecy_marking_is_refused_unless_the_department_may_send_it(
    tmp_path: Path,
) -> None:
    marked = "机密★1年\n关于开展检查的通知"
    parts = [{"type": "text", "text": marked}]
    path = write(
        tmp_path,
        line("a", job(marked)),
        line("b", chat(marked)),
        line("c", {"messages": [{"role": "user", "content": parts}]}),
        line("d", job("国家秘密分为绝密、机密、秘密三级。")),
        line("e", job(task="compare", options={"old": {"text": marked}})),
    )
    index, problems = read(path)
    assert [(one.code, one.custom_id) for one in problems] == [
        ("secrecy-marked", "a"),
        ("secrecy-marked", "b"),
        ("secrecy-marked", "c"),
        ("secrecy-marked", "e"),
    ]
    assert order(index) == [4]
    assert "检查" not in str(problems)
    _, problems = read(path, replace(LIMITS, allow_secrecy=Secrecy.confidential))
    assert problems == []


def test_the_second_line_with_a_custom_id_is_refused_and_names_the_first(tmp_path: Path) -> None:
    path = write(tmp_path, b"", *(line(name, job()) for name in ("a", "b", "a", "c", "b", "a")))
    index, problems = read(path, max_lines=2)
    assert sorted(order(index)) == [2, 3, 5]
    assert [(one.line, one.custom_id) for one in problems] == [(4, "a"), (6, "b"), (7, "a")]
    assert ["Line 2" in one.detail for one in problems] == [True, False, True]


def test_the_custom_id_of_a_bad_line_is_taken_too(tmp_path: Path) -> None:
    """Two answers with one `custom_id` could not be told apart."""
    _, problems = read(write(tmp_path, line("a", job(task="x")), line("a", job())))
    assert [one.code for one in problems] == ["unknown-task", "duplicate-custom-id"]


def test_a_line_may_be_just_as_long_as_allowed(tmp_path: Path) -> None:
    data = line("a", job("x" * 500))
    for ending in (b"", b"\n", b"\r\n"):
        path = tmp_path / "batch.jsonl"
        path.write_bytes(data + ending)
        index, problems = read(path, replace(LIMITS, max_line_bytes=len(data)))
        assert (order(index), problems) == ([1], [])
        index, problems = read(path, replace(LIMITS, max_line_bytes=len(data) - 1))
        assert (order(index), [one.code for one in problems]) == ([], ["too-large"])


def test_a_huge_line_is_skipped_without_being_loaded(tmp_path: Path) -> None:
    path = tmp_path / "batch.jsonl"
    with path.open("wb") as file:
        file.write(line("a", job()) + b"\n" + b" " * 64)
        for _ in range(64):
            file.write(b"x" * 1024 * 1024)
        file.write(b"\n" + line("b", job()) + b"\n")
    tracemalloc.start()
    index, problems = read(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert order(index) == [1, 3]
    assert [(one.line, one.code) for one in problems] == [(2, "too-large")]
    assert peak < 2 * 1024 * 1024


def test_a_long_line_that_begins_blank_is_no_blank_line(tmp_path: Path) -> None:
    path = write(tmp_path, line("a", job()), b" " * 10_050 + line("b", job()))
    index, problems = read(path)
    assert (order(index), [one.line for one in problems]) == ([1], [2])


def test_more_lines_than_allowed_are_no_batch(tmp_path: Path) -> None:
    lines = [line(str(n), job()) for n in range(5)]
    limits = replace(LIMITS, max_lines=4)
    index, _ = read(write(tmp_path, *lines[:4], b"", b""), limits)
    assert index.lines == 4
    with pytest.raises(ProblemError) as caught:
        read(write(tmp_path, *lines), limits)
    assert caught.value.problem.code == "too-many-lines"
    assert caught.value.problem.extra == {"max_lines": 4}


@pytest.mark.parametrize("data", [b"", b"\n", b"\xef\xbb\xbf", b"\r\n \n\t"])
def test_a_file_without_lines_is_no_batch(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "batch.jsonl"
    path.write_bytes(data)
    with pytest.raises(ProblemError) as caught:
        read(path)
    assert caught.value.problem.code == "no-lines"


def test_a_file_whose_offsets_do_not_fit_is_no_batch(tmp_path: Path) -> None:
    path = tmp_path / "batch.jsonl"
    with path.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    with pytest.raises(ProblemError) as caught:
        Indexer(path, None, LIMITS)
    assert caught.value.problem.code == "too-large"


def test_a_slice_ends_at_its_lines_or_its_bytes(tmp_path: Path) -> None:
    path = write(tmp_path, *(line(f"{n:03}", job()) for n in range(20)))
    one = path.stat().st_size // 20
    indexer = Indexer(path, None, LIMITS)
    first = asyncio.run(indexer.read_slice(max_lines=3))
    assert (first.lines, first.bytes_read, first.done) == (3, 3 * one, False)
    second = asyncio.run(indexer.read_slice(max_bytes=one + 1))
    assert (second.lines, second.bytes_read, second.done) == (5, 5 * one, False)
    last = asyncio.run(indexer.read_slice())
    assert (last.lines, last.bytes_read, last.done) == (20, 20 * one, True)


def test_a_slice_lists_what_its_lines_refer_to(tmp_path: Path) -> None:
    def about(document_id: str, callback_url: str | None = None) -> dict[str, object]:
        given: dict[str, object] = {"task": "summarize", "input": {"document_id": document_id}}
        return given | ({"callback_url": callback_url} if callback_url else {})

    path = write(
        tmp_path,
        line("a", about("doc_1", "http://a/")),
        line("b", about("doc_2", "http://b/")),
        line("c", about("doc_1")),
        line("d", job(callback_url="http://b/")),
        line("e", about("doc_3")),
    )
    indexer = Indexer(path, None, LIMITS)
    part = asyncio.run(indexer.read_slice(max_lines=4))
    assert part.document_ids == {"doc_1", "doc_2"}
    assert part.callback_urls == {"http://a/", "http://b/"}
    missing = indexer.apply_document_sizes({"doc_1": 40_000})
    assert [(one.line, one.custom_id, one.code) for one in missing] == [(2, "b", "not-found")]
    refused = indexer.refuse_callbacks({"http://b/": Problem("callback-not-allowed", "No.")})
    assert [(one.line, one.custom_id, one.code) for one in refused] == [
        (4, "d", "callback-not-allowed")
    ]
    part = asyncio.run(indexer.read_slice())
    assert part.document_ids == {"doc_3"}
    assert not part.callback_urls
    index = indexer.index()
    assert sorted(order(index)) == [1, 3, 5]
    assert (index.lines, index.problems, index.lines_by_task) == (5, 2, (3,))
    assert {one.line: one.tokens for one in entries(index)} == {1: 10_257, 3: 10_257, 5: 2_256}
    assert index.tokens_by_task == (22_770,)


def test_memory_stays_bounded_by_the_slice_and_the_index(tmp_path: Path) -> None:
    path = tmp_path / "batch.jsonl"
    with path.open("wb") as file:
        for n in range(5_000):
            file.write(line(str(n), job(f"{n} " * 500)) + b"\n")
    tracemalloc.start()
    index, problems = read(path, replace(LIMITS, max_lines=5_000), max_lines=500)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (index.lines, problems) == (5_000, [])
    assert path.stat().st_size > 10_000_000
    assert peak < 5_000 * 1_000


def test_a_slice_lists_what_the_options_of_its_lines_refer_to(tmp_path: Path) -> None:
    def compared(document_id: str, old: str) -> dict[str, object]:
        given = {"document_id": document_id}
        return {"task": "compare", "input": given, "options": {"old": {"document_id": old}}}

    cited = {"task": "cite_check", "input": {"text": "a"}, "options": {"library": "laws"}}
    lines = [compared("doc_1", "doc_2"), compared("doc_1", "doc_3"), compared("doc_4", "doc_2")]
    path = write(tmp_path, *(line(str(n), one) for n, one in enumerate([*lines, cited])))
    indexer = Indexer(path, None, LIMITS)
    part = asyncio.run(indexer.read_slice())
    assert part.document_ids == {"doc_1", "doc_2", "doc_3", "doc_4"}
    assert part.libraries == {"laws"}
    missing = indexer.apply_document_sizes({"doc_1": 40, "doc_2": 40})
    assert [(one.line, one.errors[0]["pointer"]) for one in missing] == [
        (2, "#/body/options"),
        (3, "#/body/input/document_id"),
    ]
    assert indexer.refuse_missing_libraries(frozenset()) == []
    assert [one.line for one in indexer.refuse_missing_libraries({"laws"})] == [4]
    assert order(indexer.index()) == [1]
