"""Documents that a pool reads, many at once, and those that it refuses."""

from __future__ import annotations

import asyncio
import os
import zipfile
from pathlib import Path

import pytest

from documents.document import Document
from documents.errors import (
    DocumentError,
    DocumentTooLong,
    EmptyDocument,
    EncryptedDocument,
)
from documents.limits import ReadLimits
from documents.read import read
from standin.documents.builders import FORMATS, LIMITS, saved
from tests.integration.documents.isolation.pools import endless, opened, pool
from tests.integration.documents.isolation.reader_processes import (
    reader_pids,
    wait_for_readers,
)

MIB = 1024 * 1024


def in_memory(data: bytes) -> int:
    descriptor = os.memfd_create("document")
    os.write(descriptor, data)
    return descriptor


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
