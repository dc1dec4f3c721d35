"""The object store in a folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from jobs.model.problems import ProblemError
from jobs.store import Blob, Incoming, Store


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
