"""Several processes write one chain, and none of them loses a line when it is killed."""

from __future__ import annotations

import errno
import os
import resource
import signal
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from jobs.audit.files import AuditFiles, AuditKeyUnusable
from jobs.process.settings import AuditSettings
from tests.unit.jobs.audit.audit_kit import KEY, Book, record

WRITE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from tests.unit.jobs.audit.audit_kit import Book, record
book = Book(Path(sys.argv[1]))
for number in range(int(sys.argv[2])):
    book.writer.append([record(number)])
    print(number, flush=True)
"""


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book(tmp_path / "audit")


def start(book: Book, lines: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITE, str(book.files.folder), str(lines)],
        stdout=subprocess.PIPE,
        text=True,
    )


def test_processes_that_write_at_once_make_one_chain(book: Book) -> None:
    processes = [start(book, 200) for _ in range(3)]
    for process in processes:
        process.communicate(timeout=60)
    result = book.verify()
    assert (result.lines, result.findings) == (600, ())


def test_no_acknowledged_line_is_lost_when_its_process_is_killed(book: Book) -> None:
    with start(book, 1_000_000) as process:
        assert process.stdout is not None
        for _ in range(50):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().splitlines()
    book.write()
    result = book.verify()
    assert result.findings == ()
    assert result.lines >= 50 + len(rest) + 1


def test_lines_that_were_written_without_the_head_are_taken_over(book: Book) -> None:
    book.write(2)
    head = book.files.head.read_bytes()
    book.write_days(2, lines=2)
    book.now -= timedelta(days=1)
    book.files.head.write_bytes(head)  # as if it had been killed in between
    book.new_writer().append([record()])
    assert book.verify().lines == 7
    assert book.findings() == []


def test_half_a_line_without_the_head_is_removed(book: Book) -> None:
    book.write(2)
    with book.files.day("2026-11-01").open("a") as file:
        file.write('{"seq": 3')
    book.new_writer().append([record()])
    assert (book.verify().lines, book.findings()) == (3, [])


def test_a_clock_that_is_set_back_does_not_write_into_an_earlier_day(book: Book) -> None:
    book.write_days(2)
    book.now -= timedelta(days=5)
    book.write()
    assert book.files.days() == ["2026-11-01", "2026-11-02"]
    assert book.findings() == []


def test_only_the_owner_reads_the_files(book: Book) -> None:
    book.files.chain_key(AuditSettings())
    book.write()
    assert stat.S_IMODE(book.files.folder.stat().st_mode) == 0o700
    modes = {stat.S_IMODE(path.stat().st_mode) for path in book.files.folder.iterdir()}
    assert modes == {0o600}


def test_nothing_is_half_written_when_the_disk_is_full(book: Book) -> None:
    book.write(3)
    before = book.files.day("2026-11-01").read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    previous = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 100, hard))
    try:
        with pytest.raises(OSError, match="File too large") as full:
            book.write()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, previous)
    assert full.value.errno == errno.EFBIG
    assert book.files.day("2026-11-01").read_bytes() == before
    book.write()
    assert (book.verify().lines, book.findings()) == (4, [])


def test_days_are_removed_when_their_time_is_over(book: Book) -> None:
    book.write_days(4, lines=2)
    assert book.writer.remove_before(timedelta(days=2)) == ["2026-11-01", "2026-11-02"]
    assert book.writer.remove_before(timedelta(days=2)) == []
    book.now += timedelta(days=400)
    assert book.new_writer().remove_before(timedelta(days=2)) == ["2026-11-03"]
    book.write()
    assert book.findings() == []


def test_the_key_is_generated_once_or_given(tmp_path: Path) -> None:
    files = AuditFiles(tmp_path / "audit")
    assert files.chain_key(AuditSettings()).id == files.chain_key(AuditSettings()).id
    path = tmp_path / "key"
    path.write_text("0123456789abcdef" * 2 + "\n")
    by_file = files.chain_key(AuditSettings(key_file=path))
    given = files.chain_key(AuditSettings(key=SecretStr("0123456789abcdef" * 2)))
    assert by_file.id == given.id != files.chain_key(AuditSettings()).id


@pytest.mark.parametrize("text", [None, "short"])
def test_a_key_file_that_is_unusable_is_named(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "the-key"
    if text is not None:
        path.write_text(text)
    with pytest.raises(AuditKeyUnusable, match="the-key"):
        AuditFiles(tmp_path).chain_key(AuditSettings(key_file=path))


def test_a_record_cuts_what_a_caller_may_make_long() -> None:
    fields = record(target="x" * 10_000, task="y" * 10_000).fields()
    assert len(str(fields)) < 1_000
    assert KEY.id not in fields
    assert os.path.sep not in fields["action"]
