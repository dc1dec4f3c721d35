"""Whatever is changed in the audit record is found, and named with its place."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jobs.audit.chain import ChainKey
from jobs.audit.files import AuditFiles
from jobs.audit.verify import verify
from tests.unit.jobs.audit.audit_kit import KEY, Book, record

FIRST, SECOND, THIRD = "2026-11-01", "2026-11-02", "2026-11-03"


@pytest.fixture
def book(tmp_path: Path) -> Book:
    """Three days with three lines each."""
    book = Book(tmp_path / "audit")
    book.write_days(3)
    return book


def test_a_whole_record_has_no_findings(book: Book) -> None:
    result = book.verify()
    assert (result.findings, result.lines, result.days, result.last_seq) == ((), 9, 3, 9)


def test_a_record_that_was_removed_as_a_whole_is_found(tmp_path: Path, book: Book) -> None:
    why = "head.json is missing: nothing has been recorded yet, or the record was removed"
    assert verify(AuditFiles(tmp_path / "none"), [KEY]).findings == (why,)
    for file in list(book.files.folder.iterdir()):
        file.unlink()
    assert book.findings() == [why]


def test_a_process_that_wrote_before_reports_a_record_that_was_removed(book: Book) -> None:
    for file in list(book.files.folder.iterdir()):
        file.unlink()
    book.write()
    assert book.findings()[0] == "lines 1 to 9 are missing between the beginning and " + (
        "2026-11-03.jsonl:1"
    )
    assert "a fault was recorded" in book.findings()[1]
    assert book.verify().last_seq == 11


@pytest.mark.parametrize("name", ["2026-11-04", "2026-11-07"])
def test_a_renamed_last_day_is_found(book: Book, name: str) -> None:
    book.now = datetime(2026, 11, 6, 12, tzinfo=UTC)
    book.writer.append([replace(record(), at=book.now)])
    assert book.findings() == []
    book.files.day("2026-11-06").rename(book.files.day(name))
    assert f"{name}.jsonl:1 was in the file of 2026-11-06, which was renamed" in book.findings()


def test_a_day_that_was_given_an_earlier_name_is_found(book: Book) -> None:
    book.now = datetime(2026, 11, 6, 12, tzinfo=UTC)
    book.writer.append([replace(record(), at=book.now)])
    book.now += timedelta(days=1)
    book.writer.append([replace(record(), at=book.now)])
    assert book.findings() == []
    book.files.day("2026-11-06").rename(book.files.day("2026-11-04"))
    assert book.findings() == ["2026-11-04.jsonl:1 is of 2026-11-06, so that its file was renamed"]


def test_an_altered_line_is_found(book: Book) -> None:
    lines = book.lines(SECOND)
    book.set_lines(SECOND, [lines[0], lines[1].replace("10.1.2.3", "10.1.2.4"), lines[2]])
    assert book.findings() == ["2026-11-02.jsonl:2 was altered"]


def test_an_altered_line_whose_hash_was_recomputed_by_a_stranger_is_found(book: Book) -> None:
    lines = book.lines(SECOND)
    fields = {**json.loads(lines[1]), "source": "10.1.2.4"}
    del fields["mac"]
    forged = ChainKey(b"the stranger's own key, 32 bytes")
    body = json.dumps(fields, separators=(",", ":"))[:-1].encode()
    lines[1] = (body + b',"mac":"' + forged._mac(body) + b'"}').decode()
    book.set_lines(SECOND, lines)
    assert book.findings() == ["2026-11-02.jsonl:2 was altered"]


def test_a_removed_line_is_found(book: Book) -> None:
    lines = book.lines(SECOND)
    book.set_lines(SECOND, [lines[0], lines[2]])
    assert book.findings() == [
        "line 5 is missing between 2026-11-02.jsonl:1 and 2026-11-02.jsonl:2"
    ]


def test_a_removed_first_line_of_all_is_found(book: Book) -> None:
    book.set_lines(FIRST, book.lines(FIRST)[1:])
    assert book.findings() == ["line 1 is missing between the beginning and 2026-11-01.jsonl:1"]


def test_a_truncated_tail_is_found(book: Book) -> None:
    book.set_lines(THIRD, book.lines(THIRD)[:1])
    assert book.findings() == ["lines 8 to 9 are missing at the end, after 2026-11-03.jsonl:1"]


@pytest.mark.parametrize(
    ("day", "finding"),
    [
        (FIRST, "lines 1 to 3 are missing between the beginning and 2026-11-02.jsonl:1"),
        (SECOND, "lines 4 to 6 are missing between 2026-11-01.jsonl:3 and 2026-11-03.jsonl:1"),
        (THIRD, "lines 7 to 9 are missing at the end, after 2026-11-02.jsonl:3"),
    ],
)
def test_a_removed_day_is_found(book: Book, day: str, finding: str) -> None:
    book.files.day(day).unlink()
    assert book.findings() == [finding]


def test_lines_in_another_order_are_found(book: Book) -> None:
    lines = book.lines(SECOND)
    book.set_lines(SECOND, [lines[1], lines[0], lines[2]])
    assert "2026-11-02.jsonl:2 is line 4 again, or in the wrong place" in book.findings()


def test_a_line_that_is_no_record_is_found(book: Book) -> None:
    book.set_lines(SECOND, [*book.lines(SECOND)[:2], "{}"])
    assert book.findings() == ["2026-11-02.jsonl:3 is not a whole line of the record"]


def test_half_a_line_at_the_end_is_found(book: Book) -> None:
    path = book.files.day(THIRD)
    path.write_text(path.read_text()[:-10])
    assert "2026-11-03.jsonl:3 is not a whole line of the record" in book.findings()


@pytest.mark.parametrize("text", [None, "", "{}", "x" * 1024])
def test_a_head_that_is_missing_or_damaged_is_found_now_and_after_more_lines(
    book: Book, text: str | None
) -> None:
    book.files.head.unlink()
    if text is not None:
        book.files.head.write_text(text)
    (finding,) = book.findings()
    assert finding.startswith("head.json is")
    book.set_lines(THIRD, book.lines(THIRD)[:1])  # which the missing head hides
    book.new_writer().append([record()])
    (finding,) = book.findings()
    assert "a fault was recorded" in finding
    assert "head.json is" in finding


def test_removed_lines_with_an_old_head_show_in_the_number_of_the_last_line(book: Book) -> None:
    book.write()
    old = book.files.head.read_bytes()
    book.write(3)
    kept_elsewhere = book.verify().last_seq
    book.files.head.write_bytes(old)
    assert book.findings() == []  # no line is missing: so it is after a SIGKILL
    day = book.now.date().isoformat()
    book.set_lines(day, book.lines(day)[:1])
    assert book.verify().last_seq < kept_elsewhere


def test_a_truncation_is_still_found_after_more_lines(book: Book) -> None:
    book.set_lines(THIRD, book.lines(THIRD)[:1])
    book.new_writer().append([record()])
    findings = book.findings()
    assert (
        findings[0] == "lines 8 to 9 are missing between 2026-11-03.jsonl:1 and 2026-11-03.jsonl:2"
    )
    assert "a fault was recorded" in findings[1]
    assert len(findings) == 2


def test_a_forged_line_at_the_end_is_found_after_more_lines(book: Book) -> None:
    with book.files.day(THIRD).open("a") as file:
        file.write('{"seq":10,"at":"","action":"job.read","prev":"","key_id":"x","mac":""}\n')
    book.new_writer().append([record()])
    assert any("a line that was not written here" in finding for finding in book.findings())


def test_lines_of_an_earlier_key_need_that_key(book: Book) -> None:
    new = ChainKey(b"another obviously false key, 32 b")
    head = KEY.open(book.files.head.read_bytes())
    assert head is not None
    book.files.head.write_bytes(new.seal(head))  # `verify` before the change of the key
    book.new_writer(new).append([record()])
    assert book.verify(new, KEY).findings == ()
    (finding,) = book.verify(new).findings
    assert f"the key {KEY.id}, which was not given" in finding


def test_what_retention_removed_is_no_finding_and_what_others_removed_is(book: Book) -> None:
    assert book.writer.remove_before(timedelta(days=2)) == [FIRST]
    assert book.findings() == []
    book.write()
    book.files.day(SECOND).unlink()
    assert book.findings() == [
        "lines 4 to 6 are missing between the beginning and 2026-11-03.jsonl:1"
    ]
