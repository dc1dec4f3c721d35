"""Records that are added at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from jobs.audit.log import AuditLog
from jobs.audit.record import AuditRecord
from jobs.audit.writer import ChainWriter
from jobs.model.problems import ProblemError
from tests.unit.jobs.audit.audit_kit import KEY, Book, record


class CountingWriter(ChainWriter):
    """Counts its writes; `error` is raised instead of the next one."""

    writes = 0
    error: OSError | None = None

    def append(self, records: Sequence[AuditRecord], *, wait: bool = True) -> None:
        self.writes += 1
        if self.error is not None:
            error, self.error = self.error, None
            raise error
        super().append(records, wait=wait)


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book(tmp_path / "audit")


@pytest.fixture
def writer(book: Book) -> CountingWriter:
    return CountingWriter(book.files, KEY, now=lambda: book.now)


async def test_records_of_one_turn_of_the_loop_share_a_write(
    book: Book, writer: CountingWriter
) -> None:
    log = AuditLog(writer)
    await asyncio.gather(*(log.add(record(number)) for number in range(20)))
    assert (writer.writes, len(book.lines("2026-11-01"))) == (1, 20)
    await log.add(record(20))
    assert (writer.writes, len(book.lines("2026-11-01"))) == (2, 21)
    assert book.findings() == []


async def test_no_record_of_a_write_that_failed_is_acknowledged(
    book: Book, writer: CountingWriter
) -> None:
    log = AuditLog(writer)
    writer.error = OSError("the disk is full")
    adding = (log.add(record(number)) for number in range(3))
    results = await asyncio.gather(*adding, return_exceptions=True)
    assert [isinstance(one, ProblemError) for one in results] == [True] * 3
    await log.add(record(3))
    resumed, added = book.lines("2026-11-01")
    assert '"detail":{"unrecorded":3}' in resumed
    assert '"target":"job_3"' in added


async def test_a_caller_that_is_cancelled_takes_no_other_record_with_it(
    book: Book, writer: CountingWriter
) -> None:
    log = AuditLog(writer)
    first, second = (asyncio.create_task(log.add(record(number))) for number in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert await second
    assert len(book.lines("2026-11-01")) == 2
