"""Readers that end, or do not: what is said of the document, and whether they are replaced."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from documents.document import Document
from documents.errors import (
    EmptyDocument,
    ReaderCrashed,
    ReaderUnavailable,
    ReadTimeout,
)
from standin.documents.builders import LIMITS, saved
from tests.integration.documents.isolation.pools import endless, opened, pool
from tests.integration.documents.isolation.reader_processes import (
    has_ended,
    reader_pids,
    runs,
    server_pids,
    wait_for_readers,
)

ROOT = Path(__file__).parents[4]


async def test_a_document_that_takes_too_long_fails_and_its_process_is_replaced(
    tmp_path: Path,
) -> None:
    words = saved(tmp_path, b"words")
    async with pool(timeout=2) as reading:
        await reading.read(words, LIMITS)
        (pid,) = reader_pids()
        with endless(tmp_path) as path, pytest.raises(ReadTimeout, match="2 seconds"):
            await reading.read(path, LIMITS)
        assert await has_ended(pid)
        await reading.read(words, LIMITS)


async def test_a_stopped_process_is_replaced(tmp_path: Path) -> None:
    words = saved(tmp_path, b"words")
    async with pool(timeout=2) as reading:
        await reading.read(words, LIMITS)
        (pid,) = reader_pids()
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(ReaderUnavailable, match="stopped from outside"):
            await reading.read(words, LIMITS)
        assert await has_ended(pid)
        await reading.read(words, LIMITS)


def kill_reader(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def kill_server(_: int) -> None:
    (server,) = server_pids()
    os.kill(server, signal.SIGKILL)


@pytest.mark.parametrize("kill", [kill_reader, kill_server])
async def test_a_process_that_is_killed_while_reading_blames_no_document(
    tmp_path: Path, letter: Path, kill: Callable[[int], None]
) -> None:
    async with pool() as reading:
        with endless(tmp_path) as path:
            for _ in range(3):  # it is not set aside either
                task = asyncio.create_task(reading.read(path, LIMITS))
                other_end = await opened(path)
                (pid,) = reader_pids()
                kill(pid)
                with pytest.raises(ReaderUnavailable, match="from outside"):
                    await task
                os.close(other_end)
                assert await has_ended(pid)
        await reading.read(letter, LIMITS)


async def test_readers_are_not_blamed_for_the_time_in_which_their_machine_stood_still(
    tmp_path: Path,
) -> None:
    async with pool(timeout=1) as reading:
        with endless(tmp_path) as path:
            task = asyncio.create_task(reading.read(path, LIMITS))
            other_end = await opened(path)
            time.sleep(1.5)  # noqa: ASYNC251 - as if this process had been stopped
            os.close(other_end)
            with pytest.raises(EmptyDocument):
                await task


async def test_a_process_that_dies_while_reading_is_reported_and_replaced(
    tmp_path: Path, letter: Path
) -> None:
    async with pool() as reading:
        with endless(tmp_path) as path:
            task = asyncio.create_task(reading.read(path, LIMITS))
            other_end = await opened(path)
            (pid,) = reader_pids()
            os.kill(pid, signal.SIGSEGV)
            with pytest.raises(ReaderCrashed):
                await task
            os.close(other_end)
        await reading.read(letter, LIMITS)
        assert reader_pids() != {pid}


async def test_a_process_that_died_while_idle_blames_no_document(letter: Path) -> None:
    async with pool() as reading:
        await reading.read(letter, LIMITS)
        (pid,) = reader_pids()
        os.kill(pid, signal.SIGKILL)
        assert await has_ended(pid)
        assert isinstance(await reading.read(letter, LIMITS), Document)


async def test_a_cancelled_read_kills_its_process_and_frees_its_place(
    tmp_path: Path, letter: Path
) -> None:
    async with pool() as reading:
        with endless(tmp_path) as path:
            task = asyncio.create_task(reading.read(path, LIMITS))
            other_end = await opened(path)
            (pid,) = reader_pids()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            os.close(other_end)
        assert await has_ended(pid)
        await reading.read(letter, LIMITS)


async def test_a_process_is_replaced_after_its_share_of_documents(letter: Path) -> None:
    seen: list[set[int]] = []
    async with pool(recycle=2) as reading:
        for documents in (1, 2, 3, 4):
            await reading.read(letter, LIMITS)
            await wait_for_readers(documents % 2)
            seen.append(reader_pids())
    assert seen[0] != seen[2]


async def test_closing_ends_every_process_and_every_read(tmp_path: Path, letter: Path) -> None:
    reading = pool(processes=2)
    await reading.read(letter, LIMITS)
    with endless(tmp_path) as path:
        task = asyncio.create_task(reading.read(path, LIMITS))
        other_end = await opened(path)
        ended = reader_pids()
        await reading.close()
        with pytest.raises(ReaderUnavailable, match="stopping"):
            await task
        os.close(other_end)
    assert not any(runs(pid) for pid in ended)
    with pytest.raises(ReaderUnavailable):
        await reading.read(letter, LIMITS)


async def test_a_process_that_cannot_start_is_reported(
    letter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for program in ("/bin/false", "/nonexistent"):
        monkeypatch.setattr("sys.executable", program)
        async with pool() as reading:
            with pytest.raises(ReaderUnavailable, match="could be started"):
                await reading.read(letter, LIMITS)
            assert reader_pids() == set()


PARENT = """
import asyncio, sys
from pathlib import Path
from documents.read import ReadLimits
from documents.isolation.pool import ReaderPool

async def main():
    limits = ReadLimits(max_chars=1000, max_pages=1)
    reading = ReaderPool(processes=2, timeout_seconds=600, memory_mib=512)
    hung = asyncio.create_task(reading.read(Path(sys.argv[1]), limits))
    await reading.read(Path(sys.argv[2]), limits)
    print("read", file=sys.stderr, flush=True)
    await hung

asyncio.run(main())
"""


async def test_the_death_of_the_parent_leaves_no_process_busy_or_idle(tmp_path: Path) -> None:
    words = saved(tmp_path, b"words", "words")
    with endless(tmp_path) as path:
        command = [sys.executable, "-c", PARENT, str(path), str(words)]
        parent = await asyncio.to_thread(
            subprocess.Popen, command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=ROOT
        )
        assert parent.stderr is not None
        other_end = await opened(path)
        assert await asyncio.to_thread(parent.stderr.readline) == b"read\n"
        children = reader_pids(parent.pid)
        assert len(children) == 2
        parent.kill()
        assert all([await has_ended(pid) for pid in children])
        parent.communicate()
        os.close(other_end)
