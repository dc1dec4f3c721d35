"""The object store in a folder."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from documents.isolation.owner import Owner, working_for
from jobs.blobs import PlainReader
from jobs.model.problems import ProblemError
from jobs.sealing.errors import Damaged
from jobs.sealing.key_folder import KeyFolder
from jobs.sealing.master_keys import MasterKeys
from jobs.store import Blob, Incoming, Store
from tests.sealing import master_key, sealed_settings, sealed_store


async def test_a_kept_blob_is_complete_and_a_dropped_one_leaves_no_file(tmp_path: Path) -> None:
    store = Store(tmp_path)
    async with store.incoming(100) as incoming:
        incoming.write(b"one ")
        incoming.write(b"two")
        blob = await store.keep(incoming, "tax", "doc_1")
    assert await store.read(blob) == b"one two"
    async with store.incoming(100) as incoming:
        incoming.write(b"left")
    assert list((tmp_path / "incoming").iterdir()) == []
    await store.delete(blob)
    await store.delete(blob)
    assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == []


async def test_old_blobs_have_their_owner(tmp_path: Path) -> None:
    store = Store(tmp_path)
    old, _ = await store.put(b"1", "tax", "doc_1"), await store.put(b"2", "tax", "job_2")
    os.utime(store.path(old), (0, 0))
    assert list(store.old_blobs()) == [Blob(old, "tax", "doc_1")]


async def test_a_blob_is_read_in_pieces_between_two_offsets(tmp_path: Path) -> None:
    store, data = Store(tmp_path), bytes(range(256)) * 4096
    blob = await store.put(data, "tax", "file_1")
    pieces = [piece async for piece in store.pieces(blob)]
    assert b"".join(pieces) == data
    assert max(len(piece) for piece in pieces) < len(data) / 2
    for start, end in ((1, None), (3, 600_000), (0, 1), (len(data) - 1, None), (5, 5)):
        assert (
            b"".join([piece async for piece in store.pieces(blob, start, end)]) == (data[start:end])
        )


async def test_sizes_are_in_order_and_need_every_blob(tmp_path: Path) -> None:
    store = Store(tmp_path)
    blobs = [await store.put(b"x" * size, "tax", "file_1") for size in (3, 0, 7)]
    assert list(await store.sizes(blobs)) == [3, 0, 7]
    await store.delete(blobs[1])
    with pytest.raises(FileNotFoundError):
        await store.sizes(blobs)


async def test_a_short_text_has_no_file_and_is_read_like_one(tmp_path: Path) -> None:
    store, text = Store(tmp_path, inline_text_bytes=60), "通知：磨坊街停水。.sealed".encode()
    blob = await store.put_text(text, "tax", "doc_1")
    assert await store.read(blob) == text
    assert list(await store.sizes([blob])) == [len(text)]
    assert b"".join([piece async for piece in store.pieces(blob, 3, 9)]) == text[3:9]
    async with store.readable(blob) as path:
        assert path.read_bytes() == text
    await store.delete(blob)
    assert _files(tmp_path) == []
    longer = await store.put_text(text * 2, "tax", "doc_2")
    assert store.path(longer).read_bytes() == text * 2


async def test_with_a_master_key_a_short_text_is_an_encrypted_file(tmp_path: Path) -> None:
    store, text = sealed_store(tmp_path), b"The water is off."
    blob = await store.put_text(text, "tax", "doc_1")
    assert text not in store.path(blob).read_bytes()
    assert await store.read(blob) == text


async def test_a_body_over_the_limit_is_refused_as_it_comes(tmp_path: Path) -> None:
    async with Store(tmp_path).incoming(5) as incoming:
        incoming.write(b"12345")
        with pytest.raises(ProblemError) as raised:
            incoming.write(b"6")
    assert raised.value.problem.code == "too-large"


def test_a_full_disk_is_a_problem() -> None:
    full = Path("/dev/full")
    with full.open("wb", buffering=0) as file:
        incoming = Incoming(full, cast("BinaryIO", file), 100)
        with pytest.raises(ProblemError) as raised:
            incoming.write(b"x")
    assert raised.value.problem.code == "storage-full"
    assert raised.value.retry_after


async def test_an_encrypted_blob_is_read_whole_in_pieces_and_in_parts(tmp_path: Path) -> None:
    store, data = sealed_store(tmp_path), os.urandom(300_000)
    put = await store.put(data, "tax", "job_1")
    async with store.incoming(1_000_000) as incoming:
        for start in range(0, len(data), 70_000):
            incoming.write(data[start : start + 70_000])
        async with store.received(incoming) as path:
            assert path.read_bytes() == data
            assert data[:32] not in incoming.path.read_bytes()
        assert incoming.sha256 == hashlib.sha256(data).hexdigest()
        kept = await store.keep(incoming, "tax", "doc_1")
    for blob in (put, kept):
        assert await store.read(blob) == data
        assert list(await store.sizes([blob])) == [len(data)]
        assert list(await store.slices([(blob, 65_530, 10), (blob, 0, 1)])) == [
            data[65_530:65_540],
            data[:1],
        ]
        assert (
            b"".join([piece async for piece in store.pieces(blob, 5, 200_000)]) == data[5:200_000]
        )
        async with store.readable(blob) as path:
            assert path.read_bytes() == data
    assert not any(data[:32] in path.read_bytes() for path in _files(tmp_path))
    await store.delete(put)
    await store.delete(kept)
    assert [path.name for path in _files(tmp_path)] == ["check"]


async def test_another_process_reads_an_encrypted_blob_and_cannot_change_it(tmp_path: Path) -> None:
    store = sealed_store(tmp_path)
    blob = await store.put(b"The water is off.", "tax", "doc_1")
    async with store.readable(blob) as path:
        read = await asyncio.create_subprocess_exec("cat", path, stdout=subprocess.PIPE)
        assert await read.communicate() == (b"The water is off.", None)
        with path.open("r+b", buffering=0) as file, pytest.raises(PermissionError):
            file.write(b"x")
    assert not path.exists()


async def test_large_files_of_one_department_do_not_delay_those_of_another(tmp_path: Path) -> None:
    store = sealed_store(tmp_path)
    blob = await store.put(bytes(9 * 1024 * 1024), "tax", "doc_1")
    opened, done = asyncio.Semaphore(0), asyncio.Event()

    async def hold() -> None:
        async with store.readable(blob):
            opened.release()
            await done.wait()

    with working_for(Owner("greedy")):
        greedy = [asyncio.create_task(hold()) for _ in range(12)]
    for _ in range(4):
        await opened.acquire()
    with working_for(Owner("other")):
        async with asyncio.timeout(20), store.readable(blob) as path:
            assert path.stat().st_size == 9 * 1024 * 1024
    assert opened.locked()
    done.set()
    await asyncio.gather(*greedy)


async def test_a_damaged_part_leaves_the_others_readable(tmp_path: Path) -> None:
    store, data = sealed_store(tmp_path), os.urandom(300_000)
    blob, other = [await store.put(data, "tax", f"job_{n}") for n in range(2)]
    with store.path(blob).open("r+b") as file:
        file.seek(1_000)
        file.write(bytes(64))
    parts = [(blob, 0, 5), (blob, 250_000, 5), (other, 0, 5), (blob, 299_990, 5)]
    assert list(await store.slices(parts)) == [
        None,
        data[250_000:250_005],
        (await store.read(other))[:5],
        data[299_990:299_995],
    ]


async def test_a_backup_is_unreadable_once_the_blob_is_deleted(tmp_path: Path) -> None:
    store = sealed_store(tmp_path / "data")
    blob = await store.put(b"The water is off.", "tax", "doc_1")
    shutil.copytree(tmp_path / "data" / "store", tmp_path / "backup")
    await store.delete(blob)
    shutil.rmtree(tmp_path / "data" / "store")
    shutil.copytree(tmp_path / "backup", tmp_path / "data" / "store")
    with pytest.raises(FileNotFoundError):
        await store.read(blob)
    assert list(await store.slices([(blob, 0, 5)])) == [None]


async def test_blobs_from_before_encryption_stay_readable(tmp_path: Path) -> None:
    before = await Store(tmp_path / "store").put(b"before", "tax", "doc_1")
    store = sealed_store(tmp_path)
    after = await store.put(b"after", "tax", "doc_1")
    assert [await store.read(blob) for blob in (before, after)] == [b"before", b"after"]
    async with store.readable(before) as path:
        assert path.read_bytes() == b"before"
    os.utime(store.path(after), (0, 0))
    assert list(store.old_blobs()) == [Blob(after, "tax", "doc_1")]


async def test_exchanged_blobs_are_not_read(tmp_path: Path) -> None:
    store = sealed_store(tmp_path)
    one, two = [await store.put(text, "tax", "doc_1") for text in (b"one", b"two")]
    shutil.copy(store.path(one), store.path(two))
    with pytest.raises(Damaged):
        await store.read(two)
    shutil.copy(tmp_path / "keys" / one, tmp_path / "keys" / two)
    with pytest.raises(Damaged):
        await store.read(two)


async def test_a_missing_master_key_is_the_operators_fault(tmp_path: Path) -> None:
    blob = await sealed_store(tmp_path).put(b"text", "tax", "doc_1")
    for store in (Store(tmp_path / "store"), _with_another_key(tmp_path)):
        for read in (store.read(blob), store.sizes([blob]), store.slices([(blob, 0, 1)])):
            with pytest.raises(ProblemError) as raised:
                await read
            assert raised.value.problem.code == "storage-locked"
            assert raised.value.retry_after


async def test_keys_whose_blobs_were_never_linked_are_found_after_a_day(tmp_path: Path) -> None:
    store = sealed_store(tmp_path)
    blobs = [await store.put(b"text", "tax", "doc_1") for _ in range(3)]
    for blob in blobs[:2]:
        os.utime(tmp_path / "keys" / blob, (0, 0))
    for blob in blobs[1:]:
        store.path(blob).unlink()
    assert list(await store.old_keys_without_blob()) == [blobs[1]]


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _with_another_key(tmp_path: Path) -> Store:
    """A store with another master key, as if the keys had been exchanged while it runs."""
    master = MasterKeys.from_settings(sealed_settings(tmp_path, master_key(2)))
    assert master is not None
    return Store(tmp_path / "store", KeyFolder(tmp_path / "keys", master))


async def test_neighbouring_parts_are_those_that_are_read_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, data = Store(tmp_path), bytes(range(256)) * 8
    blob = await store.put(data, "tax", "file_1")
    parts = [(100, 50), (0, 100), (151, 30), (181, 0)]
    reads: list[tuple[int, int | None]] = []
    read = PlainReader.pieces

    def pieces(self: PlainReader, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        reads.append((start, end))
        return read(self, start, end)

    monkeypatch.setattr(PlainReader, "pieces", pieces)
    found = await store.slices([(blob, *part) for part in parts])
    assert found == [data[offset : offset + length] for offset, length in parts]
    assert reads == [(0, 181)]
    far = [(0, 10), (2_000, 100)]  # the second one ends after the end of the file
    assert await store.slices([(blob, *part) for part in far]) == [data[:10], data[2_000:]]
