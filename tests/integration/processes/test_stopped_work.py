"""A job that has ended otherwise leaves no process at work on its document."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from redis import Redis

from documents.isolation.running_time import running_time
from jobs.model.states import JobStatus
from tests.integration.documents.isolation.reader_processes import reader_pids
from tests.integration.processes.system import Desk, System, until

SECONDS = 2.0


@contextmanager
def endless(path: Path) -> Iterator[list[int]]:
    """Replace a file by a FIFO whose bytes never come; yields its other end once it is open."""
    path.unlink()
    os.mkfifo(path)
    ends: list[int] = []
    try:
        yield ends
    finally:
        for end in ends:
            os.close(end)


def opened(path: Path, ends: list[int]) -> bool:
    """Whether a process reads the FIFO; opens its other end then."""
    with suppress(OSError):
        ends.append(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
    return bool(ends)


def readers_of(path: Path, worker: int) -> set[int]:
    return {pid for pid in reader_pids(worker) if path in _files_of(pid)}


def _files_of(pid: int) -> set[Path]:
    with suppress(OSError):
        return {link.readlink() for link in Path(f"/proc/{pid}/fd").iterdir()}
    return set()


@pytest.mark.parametrize("end", [JobStatus.cancelled, JobStatus.expired])
async def test_the_process_of_an_ended_job_is_gone_within_two_seconds(
    shared_system: System, desk: Desk, end: JobStatus
) -> None:
    worker = shared_system.children[0].process.pid
    document = await desk.upload(f"A letter of {desk.name}.".encode(), "letter.txt")
    path = desk.folder.path(document.blob)
    with endless(path) as ends:
        deadline = datetime.now(UTC) + timedelta(hours=1)
        job_id = await desk.submit(task="parse", document_id=document.id, deadline=deadline)
        await until(lambda: opened(path, ends))
        # The process that was waiting to open it has it a moment later.
        await until(lambda: readers_of(path, worker))
        (pid,) = readers_of(path, worker)
        if end is JobStatus.cancelled:
            await desk.ledger.jobs.cancel(desk.name, job_id)
        else:
            with Redis.from_url(shared_system.redis_url) as redis:
                redis.zadd("chancery:deadlines", {job_id: 1})  # it is over
        job = await desk.ended(job_id)
        assert job.status is end
        async with running_time(SECONDS):
            await until(lambda: pid not in reader_pids(worker))
    other = await desk.upload(b"Another letter.", "other.txt")
    again = await desk.ended(await desk.submit(task="parse", document_id=other.id))
    assert again.status is JobStatus.succeeded
