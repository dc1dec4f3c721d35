from __future__ import annotations

import asyncio
import ctypes
import io
import os
import select
import signal
import statistics
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from documents.document import Document
from documents.errors import (
    DocumentError,
    DocumentTooLong,
    EmptyDocument,
    EncryptedDocument,
    ReaderCrashed,
    ReaderUnavailable,
    ReadTimeout,
)
from documents.isolation.owner import Owner, working_for
from documents.isolation.pool import ReaderPool
from documents.limits import ReadLimits
from documents.read import read
from standin.documents.builders import FORMATS, LIMITS, saved
from tests.integration.documents.isolation.reader_processes import (
    reader_pids,
    server_pids,
    wait_for_readers,
)

ROOT = Path(__file__).parents[4]
MIB = 1024 * 1024


def pool(
    processes: int = 1, timeout: float = 30, memory: int = 512, recycle: int = 200
) -> ReaderPool:
    return ReaderPool(
        processes=processes,
        timeout_seconds=timeout,
        memory_mib=memory,
        documents_per_process=recycle,
    )


def of_process(pid: int, name: str) -> bytes:
    """The kernel's status of a process; empty if there is none."""
    path = Path(f"/proc/{pid}/{name}")
    return path.read_bytes() if path.exists() else b""


def runs(pid: int) -> bool:
    """Whether the process has not ended. One that has may wait for its parent to take note."""
    state = of_process(pid, "stat").rpartition(b")")[2].split()[:1]
    return state not in ([], [b"Z"])


@contextmanager
def endless(folder: Path) -> Iterator[Path]:
    """A file (FIFO) whose bytes never come, so that reading it never ends."""
    path = folder / "endless"
    os.mkfifo(path)
    yield path
    # Release a reader that still waits to open it.
    os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))


def in_memory(data: bytes) -> int:
    descriptor = os.memfd_create("document")
    os.write(descriptor, data)
    return descriptor


async def opened(path: Path) -> int:
    """Wait until a reader has opened an endless file; returns the descriptor of its other end."""
    return await asyncio.to_thread(os.open, path, os.O_WRONLY)


async def has_ended(pid: int) -> bool:
    """Whether the process ends within 30 seconds."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        ready, _, _ = await asyncio.to_thread(select.select, [process], [], [], 30)
        return bool(ready)
    finally:
        os.close(process)


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    return saved(tmp_path, FORMATS["docx"](), "letter")


@pytest.mark.parametrize("name", FORMATS)
async def test_a_document_comes_out_of_the_pool_as_the_reader_reads_it(
    tmp_path: Path, name: str
) -> None:
    path = saved(tmp_path, FORMATS[name]())
    async with pool() as reading:
        assert await reading.read(path, LIMITS) == read(path, LIMITS)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b" ", EmptyDocument),
        (b"a" * 2_000_000, DocumentTooLong),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            EncryptedDocument,
        ),
    ],
)
async def test_an_error_of_the_document_keeps_its_type(
    tmp_path: Path, data: bytes, error: type[DocumentError]
) -> None:
    path = saved(tmp_path, data)
    with pytest.raises(error) as direct:
        read(path, LIMITS)
    async with pool() as reading:
        with pytest.raises(error) as pooled:
            await reading.read(path, LIMITS)
        before = reader_pids()
        with pytest.raises(FileNotFoundError):
            await reading.read(tmp_path / "gone", LIMITS)
        assert reader_pids() == before
    assert str(pooled.value) == str(direct.value)


async def test_a_hundred_documents_at_once_each_come_back_as_themselves(tmp_path: Path) -> None:
    paths = [saved(tmp_path, f"document {at}\n".encode() * 50, f"{at}") for at in range(100)]
    async with pool(processes=3) as reading:
        found = await asyncio.gather(*(reading.read(path, LIMITS) for path in paths))
        assert len(reader_pids()) == 3
    for at, document in enumerate(found):
        assert set(document.text.split("\n\n")) == {f"document {at}"}


async def test_a_long_document_comes_through(tmp_path: Path) -> None:
    path = saved(tmp_path, "档案管理\n".encode() * 50_000)
    async with pool() as reading:
        document = await reading.read(path, LIMITS)
    assert len(document.blocks) == 50_000


async def test_nothing_is_started_before_it_is_needed(letter: Path) -> None:
    async with pool(processes=3) as reading:
        assert reader_pids() == set()
        for _ in range(3):
            await reading.read(letter, LIMITS)
        assert len(reader_pids()) == 1


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


async def test_a_memory_bomb_is_refused_and_the_next_document_is_read(
    tmp_path: Path, letter: Path
) -> None:
    bomb = saved(tmp_path, b"many words " * (8 * MIB), "bomb")
    async with pool(memory=64) as reading:
        with pytest.raises(DocumentTooLong, match="memory"):
            await reading.read(bomb, ReadLimits(max_chars=10**9, max_pages=1))
        await wait_for_readers(0)
        await reading.read(letter, LIMITS)


async def test_a_zip_bomb_is_refused(tmp_path: Path, letter: Path) -> None:
    with zipfile.ZipFile(letter, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("word/media/picture.png", bytes(64 * MIB))
    async with pool(memory=64) as reading:
        with pytest.raises(DocumentTooLong, match="unpacks"):
            await reading.read(letter, LIMITS)


async def test_a_read_waits_until_a_process_is_free(tmp_path: Path, letter: Path) -> None:
    async with pool() as reading:
        with endless(tmp_path) as path:
            first = asyncio.create_task(reading.read(path, LIMITS))
            other_end = await opened(path)
            second = asyncio.create_task(reading.read(letter, LIMITS))
            done, _ = await asyncio.wait([second], timeout=0.2)
            assert not done
            assert len(reader_pids()) == 1
            first.cancel()
            assert isinstance(await second, Document)
            os.close(other_end)


async def test_a_file_in_memory_that_is_closed_while_it_waits_is_not_exchanged_for_another(
    tmp_path: Path,
) -> None:
    async with pool() as reading:
        with endless(tmp_path) as path:
            first = asyncio.create_task(reading.read(path, LIMITS))
            other_end = await opened(path)
            mine, theirs = in_memory(b"mine"), in_memory(b"theirs")
            memory = Path(f"/proc/{os.getpid()}/fd/{mine}")
            second = asyncio.create_task(reading.read(memory, LIMITS, identity="mine"))
            await asyncio.sleep(0)  # it waits for a process
            os.dup2(theirs, mine)  # closes mine, and gives its number to the other file
            first.cancel()
            with pytest.raises(FileNotFoundError):
                await second
            third = await reading.read(memory, LIMITS, identity="theirs")
            assert third.text == "theirs"
            for descriptor in (other_end, mine, theirs):
                os.close(descriptor)


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


async def test_a_process_gets_no_secrets_and_leaves_no_files(
    letter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHANCERY_REDIS_URL", "redis://:secret@127.0.0.1/0")
    async with pool() as reading:
        await reading.read(letter, LIMITS)
        (pid,) = reader_pids()
        limits = of_process(pid, "limits").decode().splitlines()
        none = [line for line in limits if line.startswith(("Max core file", "Max file size"))]
        assert [line.split()[-3] for line in none] == ["0", "0"]
        assert b"secret" not in of_process(pid, "environ")


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


SLOW = 8


def pages_alike(pages: int, words: int) -> bytes:
    """An OFD of a few KB whose pages share one part."""
    space = 'xmlns:ofd="http://www.ofdspec.org/2016"'
    word = (
        '<ofd:TextObject ID="2" Boundary="0 0 9 9" Size="3">'
        '<ofd:TextCode X="0" Y="0">甲</ofd:TextCode></ofd:TextObject>'
    )
    page = '<ofd:Page ID="9" BaseLoc="p.xml"/>'
    parts = {
        "OFD.xml": f"<ofd:OFD {space}><ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot>"
        "</ofd:DocBody></ofd:OFD>",
        "Doc_0/Document.xml": f"<ofd:Document {space}><ofd:Pages>{page * pages}</ofd:Pages>"
        "</ofd:Document>",
        "Doc_0/p.xml": f'<ofd:Page {space}><ofd:Content><ofd:Layer ID="1">{word * words}'
        "</ofd:Layer></ofd:Content></ofd:Page>",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("text_objects", "seconds", "kind"),
    [(50_000, 120, DocumentTooLong), (10**9, 8, ReadTimeout)],
    ids=["as-read", "without-the-readers-bound"],
)
async def test_documents_that_take_long_delay_their_own_department_only(
    tmp_path: Path, letter: Path, text_objects: int, seconds: float, kind: type[DocumentError]
) -> None:
    slow = saved(tmp_path, pages_alike(900, 20_000), "slow")
    limits = ReadLimits(1_000_000, 1_000, text_objects=text_objects)
    async with pool(processes=2, timeout=seconds) as reading:
        await reading.read(letter, LIMITS)
        with working_for(Owner("greedy")):
            tasks = [asyncio.create_task(reading.read(slow, limits)) for _ in range(SLOW)]
        await wait_for_readers(2)
        times = []
        with working_for(Owner("other")):
            for _ in range(5):
                began = time.monotonic()
                await reading.read(letter, LIMITS)
                times.append(time.monotonic() - began)
        # Each wait for a slow document takes longer; so may two, where the machine stands still.
        assert statistics.median(times) < 5, times
        errors = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(error) for error in errors] == [kind] * SLOW
        if kind is ReadTimeout:
            # Tried by two processes at once, then set aside.
            assert sum("not tried again" in str(error) for error in errors) >= SLOW - 3


MEMORY_FILE = """
import asyncio, os
from pathlib import Path
from documents.limits import ReadLimits
from documents.isolation.pool import ReaderPool

async def main():
    limits = ReadLimits(max_chars=1000, max_pages=1)
    async with ReaderPool(processes=1, timeout_seconds=60, memory_mib=512) as reading:
        for text in (b"first", b"second"):
            descriptor = os.memfd_create("document")
            os.write(descriptor, text)
            document = await reading.read(Path(f"/proc/{os.getpid()}/fd/{descriptor}"), limits)
            os.close(descriptor)
            print(document.text)
        print(reading.offline)

asyncio.run(main())
"""


PR_CAPBSET_DROP = 24
CAP_SYS_PTRACE, CAP_SYS_ADMIN = 19, 21


def as_ordinary_user() -> None:
    """Drop the capabilities that root has and an ordinary user has not."""
    if os.getuid() == 0:
        for capability in (CAP_SYS_PTRACE, CAP_SYS_ADMIN):
            ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def test_a_file_in_memory_is_read_by_a_process_in_another_namespace() -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEMORY_FILE],
        cwd=ROOT,
        preexec_fn=as_ordinary_user,
        capture_output=True,
        check=False,
    )
    lines = [line for line in done.stdout.decode().splitlines() if not line.startswith("20")]
    if lines[2:] == ["False"]:
        pytest.skip("the kernel allows no network namespace")
    assert lines == ["first", "second", "True"], done.stderr.decode()[-2000:]
