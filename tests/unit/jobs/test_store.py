"""The store, in a folder and on S3."""

from __future__ import annotations

import asyncio
import hashlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from documents.isolation.owner import Owner, working_for
from jobs.blobs import PlainReader
from jobs.model.problems import ProblemError
from jobs.sealing.ciphers import CipherName
from jobs.sealing.errors import Damaged
from jobs.sealing.master_keys import MasterKeys
from jobs.store import Blob, Incoming, Store, keys_of
from jobs.store.opening import backend_of
from tests.sealing import master_key
from tests.storage import Place, open_sealed, open_store


async def test_a_kept_blob_is_complete_and_a_dropped_one_leaves_no_file(place: Place) -> None:
    store = open_store(place)
    async with store.incoming(100) as incoming:
        incoming.write(b"one ")
        incoming.write(b"two")
        blob = await store.keep(incoming, "tax", "doc_1")
    assert await store.read(blob) == b"one two"
    async with store.incoming(100) as incoming:
        incoming.write(b"left")
    assert list((place.settings().data_dir / "store" / "incoming").iterdir()) == []
    await store.delete(blob)
    await store.delete(blob)
    assert place.stored() == []


async def test_old_blobs_have_their_owner(place: Place) -> None:
    store = open_store(place)
    old, _ = await store.put(b"1", "tax", "doc_1"), await store.put(b"2", "tax", "job_2")
    place.age(old)
    assert list(store.old_blobs()) == [Blob(old, "tax", "doc_1")]


async def test_a_blob_is_read_in_pieces_between_two_offsets(place: Place) -> None:
    store, data = open_store(place), bytes(range(256)) * 40_960
    blob = await store.put(data, "tax", "file_1")
    pieces = [piece async for piece in store.pieces(blob)]
    assert b"".join(pieces) == data
    assert max(len(piece) for piece in pieces) < len(data) / 2
    for start, end in ((1, None), (3, 600_000), (0, 1), (len(data) - 1, None), (5, 5)):
        assert (
            b"".join([piece async for piece in store.pieces(blob, start, end)]) == (data[start:end])
        )


async def test_sizes_are_in_order_and_need_every_blob(place: Place) -> None:
    store = open_store(place)
    blobs = [await store.put(b"x" * size, "tax", "file_1") for size in (3, 0, 7)]
    assert list(await store.sizes(blobs)) == [3, 0, 7]
    await store.delete(blobs[1])
    with pytest.raises(FileNotFoundError):
        await store.sizes(blobs)


async def test_a_short_text_has_no_file_and_is_read_like_one(place: Place) -> None:
    store, text = open_store(place, inline_text_bytes=60), "通知：磨坊街停水。.sealed".encode()
    blob = await store.put_text(text, "tax", "doc_1")
    assert await store.read(blob) == text
    assert list(await store.sizes([blob])) == [len(text)]
    assert b"".join([piece async for piece in store.pieces(blob, 3, 9)]) == text[3:9]
    async with store.readable(blob) as path:
        assert path.read_bytes() == text
    await store.delete(blob)
    assert place.stored() == []
    longer = await store.put_text(text * 2, "tax", "doc_2")
    assert place.raw(longer) == text * 2


async def test_with_a_master_key_a_short_text_is_an_encrypted_file(place: Place) -> None:
    store, text = open_sealed(place), b"The water is off."
    blob = await store.put_text(text, "tax", "doc_1")
    assert text not in place.raw(blob)
    assert await store.read(blob) == text


async def test_a_body_over_the_limit_is_refused_as_it_comes(place: Place) -> None:
    async with open_store(place).incoming(5) as incoming:
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


async def test_an_encrypted_blob_is_read_whole_in_pieces_and_in_parts(place: Place) -> None:
    store, data = open_sealed(place), os.urandom(300_000)
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
    assert not any(data[:32] in place.raw(blob) for blob in place.stored())
    await store.delete(put)
    await store.delete(kept)
    assert (place.stored(), place.keys()) == ([], ["check"])


async def test_another_process_reads_an_encrypted_blob_and_cannot_change_it(place: Place) -> None:
    store = open_sealed(place)
    blob = await store.put(b"The water is off.", "tax", "doc_1")
    async with store.readable(blob) as path:
        read = await asyncio.create_subprocess_exec("cat", path, stdout=subprocess.PIPE)
        assert await read.communicate() == (b"The water is off.", None)
        with path.open("r+b", buffering=0) as file, pytest.raises(PermissionError):
            file.write(b"x")
    assert not path.exists()


async def test_large_files_of_one_department_do_not_delay_those_of_another(place: Place) -> None:
    store = open_sealed(place)
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


async def test_a_damaged_part_leaves_the_others_readable(place: Place) -> None:
    store, data = open_sealed(place), os.urandom(300_000)
    blob, other = [await store.put(data, "tax", f"job_{n}") for n in range(2)]
    sealed = place.raw(blob)
    place.replace(blob, sealed[:1_000] + bytes(64) + sealed[1_064:])
    parts = [(blob, 0, 5), (blob, 250_000, 5), (other, 0, 5), (blob, 299_990, 5)]
    assert list(await store.slices(parts)) == [
        None,
        data[250_000:250_005],
        (await store.read(other))[:5],
        data[299_990:299_995],
    ]


async def test_a_backup_is_unreadable_once_the_blob_is_deleted(place: Place) -> None:
    store = open_sealed(place)
    blob = await store.put(b"The water is off.", "tax", "doc_1")
    backup = place.raw(blob)
    await store.delete(blob)
    place.replace(blob, backup)
    with pytest.raises(FileNotFoundError):
        await store.read(blob)
    assert list(await store.slices([(blob, 0, 5)])) == [None]


async def test_blobs_from_before_encryption_stay_readable(place: Place) -> None:
    before = await open_store(place).put(b"before", "tax", "doc_1")
    store = open_sealed(place)
    after = await store.put(b"after", "tax", "doc_1")
    assert [await store.read(blob) for blob in (before, after)] == [b"before", b"after"]
    async with store.readable(before) as path:
        assert path.read_bytes() == b"before"
    place.age(after)
    assert list(store.old_blobs()) == [Blob(after, "tax", "doc_1")]


async def test_exchanged_blobs_are_not_read(place: Place) -> None:
    store = open_sealed(place)
    one, two = [await store.put(text, "tax", "doc_1") for text in (b"one", b"two")]
    place.replace(two, place.raw(one))
    with pytest.raises(Damaged):
        await store.read(two)
    place.copy_key(one, two)
    with pytest.raises(Damaged):
        await store.read(two)


async def test_a_missing_master_key_is_the_operators_fault(place: Place) -> None:
    blob = await open_sealed(place).put(b"text", "tax", "doc_1")
    for store in (Store(backend_of(place.settings())), _with_another_key(place)):
        for read in (store.read(blob), store.sizes([blob]), store.slices([(blob, 0, 1)])):
            with pytest.raises(ProblemError) as raised:
                await read
            assert raised.value.problem.code == "storage-locked"
            assert raised.value.retry_after


async def test_keys_whose_blobs_were_never_linked_are_found_after_a_day(place: Place) -> None:
    store = open_sealed(place)
    blobs = [await store.put(b"text", "tax", "doc_1") for _ in range(3)]
    for blob in blobs[:2]:
        place.age_key(blob)
    for blob in blobs[1:]:
        place.remove(blob)
    assert list(await store.old_keys_without_blob()) == [blobs[1]]


def _with_another_key(place: Place) -> Store:
    """A store with another master key, as if the keys had been exchanged while it runs."""
    keys, master = (
        keys_of(place.settings(master_key())),
        MasterKeys.parse(master_key(2), CipherName.aes),
    )
    assert keys is not None
    keys._master = master
    return Store(backend_of(place.settings()), keys)


async def test_neighbouring_parts_are_those_that_are_read_one_by_one(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, data = open_store(place), bytes(range(256)) * 8
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
