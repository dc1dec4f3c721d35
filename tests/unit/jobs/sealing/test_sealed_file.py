"""The format of sealed files: any part can be read, and no change goes unnoticed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jobs.blobs import FileSource
from jobs.sealing.ciphers import KEY_BYTES, CipherName
from jobs.sealing.errors import Damaged
from jobs.sealing.sealed_file import (
    CHUNK_BYTES,
    HEADER_BYTES,
    SealedReader,
    SealingWriter,
    size_within,
)

SEALED = CHUNK_BYTES + 16
SIZES = (0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 3 * CHUNK_BYTES + 5)


def key_of(cipher: CipherName, number: int = 1) -> bytes:
    return bytes([number]) * KEY_BYTES[cipher]


def seal(path: Path, data: bytes, cipher: CipherName = CipherName.aes, number: int = 1) -> Path:
    with path.open("wb") as file:
        writer = SealingWriter(file, cipher, key_of(cipher, number))
        for start in range(0, len(data), 50_001):
            writer.write(data[start : start + 50_001])
        writer.finish()
    return path


def read(path: Path, cipher: CipherName = CipherName.aes, number: int = 1) -> bytes:
    with SealedReader(FileSource(path), key_of(cipher, number)) as reader:
        return b"".join(reader.pieces())


@pytest.mark.parametrize("cipher", list(CipherName))
@pytest.mark.parametrize("size", SIZES)
def test_a_file_of_any_size_is_read_as_it_was_written(
    tmp_path: Path, size: int, cipher: CipherName
) -> None:
    data = os.urandom(size)
    path = seal(tmp_path / "sealed", data, cipher)
    assert read(path, cipher) == data
    assert size_within(path.stat().st_size) == size
    assert size < 16 or data[:16] not in path.read_bytes()


@pytest.mark.parametrize(
    ("start", "end"),
    [(0, 1), (CHUNK_BYTES - 1, CHUNK_BYTES + 1), (5, 3 * CHUNK_BYTES), (10**6, None), (7, 7)],
)
def test_a_part_is_read_without_the_rest(tmp_path: Path, start: int, end: int | None) -> None:
    data = os.urandom(3 * CHUNK_BYTES + 100)
    with SealedReader(
        FileSource(seal(tmp_path / "sealed", data)), key_of(CipherName.aes)
    ) as reader:
        assert b"".join(reader.pieces(start, end)) == data[start:end]


@pytest.mark.parametrize("cut", [1, 16, 17, 105, 116, 117, SEALED + 116, 2 * SEALED + 116])
def test_a_file_that_was_cut_is_not_read(tmp_path: Path, cut: int) -> None:
    path = seal(tmp_path / "sealed", os.urandom(3 * CHUNK_BYTES + 100))
    os.truncate(path, path.stat().st_size - cut)
    with pytest.raises(Damaged):
        read(path)


def test_no_byte_can_be_changed(tmp_path: Path) -> None:
    path = seal(tmp_path / "sealed", os.urandom(CHUNK_BYTES + 100))
    whole = path.read_bytes()
    for at in (0, 4, 5, 6, HEADER_BYTES - 1, HEADER_BYTES, SEALED, SEALED + 20, len(whole) - 1):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(Damaged):
            read(path)


def test_chunks_cannot_change_places_or_be_repeated(tmp_path: Path) -> None:
    path = seal(tmp_path / "sealed", os.urandom(3 * CHUNK_BYTES))
    whole = path.read_bytes()
    head, rest = whole[:HEADER_BYTES], whole[HEADER_BYTES:]
    first, second, last = rest[:SEALED], rest[SEALED : 2 * SEALED], rest[2 * SEALED :]
    for order in ((second, first, last), (first, first, last), (first, last), (first, second)):
        path.write_bytes(head + b"".join(order))
        with pytest.raises(Damaged):
            read(path)


def test_a_chunk_of_another_file_is_not_accepted(tmp_path: Path) -> None:
    ours = seal(tmp_path / "ours", os.urandom(CHUNK_BYTES + 5))
    other = seal(tmp_path / "other", os.urandom(CHUNK_BYTES + 5), number=2)
    ours.write_bytes(ours.read_bytes()[: HEADER_BYTES + SEALED] + other.read_bytes()[-21:])
    with pytest.raises(Damaged):
        read(ours)
    with pytest.raises(Damaged):
        read(other, number=1)


@pytest.mark.parametrize("data", [b"", b"CHYS\x01\x01", b"x" * 31, b"x" * 200])
def test_what_is_no_sealed_file_is_damaged(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "sealed"
    path.write_bytes(data)
    with pytest.raises(Damaged):
        read(path)


def test_another_cipher_than_the_keys_is_damaged(tmp_path: Path) -> None:
    path = seal(tmp_path / "sealed", b"text", CipherName.sm4)
    with pytest.raises(Damaged):
        read(path, CipherName.aes)
