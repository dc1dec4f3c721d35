"""The container of Office files before 2007 (MS-CFB): what is in its root."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_ENTRY = struct.Struct("<64sHBBIII")
_ENTRY_BYTES = 128
_START_AT = 116
_BEGINNING = 512
_FILE_PASS = 0x2F
_FREE = 0xFFFFFFFA  # sector numbers from here on mean something else
_NO_ENTRY = 0xFFFFFFFF
_MOST_SECTORS = 4_096  # of the directory: 16,384 entries and more


def streams(path: Path) -> dict[str, bytes]:
    """The streams in the root and how each begins; none where the container is damaged."""
    with path.open("rb") as file:
        try:
            directory, size = _directory(file)
            return {
                name: _sector(file, sector, size)[:_BEGINNING]
                for name, sector in _of_root(directory)
            }
        except (struct.error, ValueError, IndexError, OverflowError):
            return {}


def is_locked(name: str, beginning: bytes) -> bool:
    """Whether a DOC's or XLS's main stream says that the rest is encrypted.

    MS-DOC 2.5.2, the flag `fEncrypted`; MS-XLS 2.4.117, the record `FilePass`.
    """
    if name == "WordDocument":
        return len(beginning) > 11 and bool(beginning[11] & 0x01)
    place = 0
    while place + 4 <= len(beginning):
        kind, length = struct.unpack_from("<HH", beginning, place)
        if kind == _FILE_PASS:
            return True
        place += 4 + length
    return False


def _directory(file: BinaryIO) -> tuple[bytes, int]:
    header = file.read(512)
    (shift,) = struct.unpack_from("<H", header, 30)
    if shift not in {9, 12}:
        raise ValueError("a sector is of 512 or 4,096 bytes")
    size = 1 << shift
    tables = struct.unpack_from("<109I", header, 76)
    (sector,) = struct.unpack_from("<I", header, 48)
    found = bytearray()
    for _ in range(_MOST_SECTORS):
        if sector >= _FREE:
            break
        found += _sector(file, sector, size)
        table = tables[sector // (size // 4)]
        (sector,) = struct.unpack_from("<I", _sector(file, table, size), sector % (size // 4) * 4)
    return bytes(found), size


def _sector(file: BinaryIO, number: int, size: int) -> bytes:
    file.seek((number + 1) * size)
    return file.read(size)


def _of_root(directory: bytes) -> Iterator[tuple[str, int]]:
    """Walk the tree of the root's children, whose order is of no interest here."""
    entries = len(directory) // _ENTRY_BYTES
    open_ends = [_ENTRY.unpack_from(directory)[6]]
    seen: set[int] = set()
    while open_ends:
        number = open_ends.pop()
        if number == _NO_ENTRY or number in seen or number >= entries:
            continue
        seen.add(number)
        place = number * _ENTRY_BYTES
        name, length, _, _, left, right, _ = _ENTRY.unpack_from(directory, place)
        (sector,) = struct.unpack_from("<I", directory, place + _START_AT)
        yield name[: max(0, min(length, 64) - 2)].decode("utf-16-le", errors="replace"), sector
        open_ends += [left, right]
