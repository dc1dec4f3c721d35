"""The container of Office files before 2007, whole, damaged, and large."""

from __future__ import annotations

import struct

import pytest

from documents.compound_file import DAMAGE, MAGIC, CompoundFile

SECTOR = 512
END, FREE, NO_ENTRY = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFF


def entry(name: str, kind: int, start: int, size: int, child: int = NO_ENTRY) -> bytes:
    text = name.encode("utf-16-le")
    head = struct.pack("<64sHBBIII", text, len(text) + 2, kind, 1, NO_ENTRY, NO_ENTRY, child)
    return head.ljust(116, b"\0") + struct.pack("<II", start, size) + bytes(4)


def container(directory: bytes, chain: dict[int, int], more: int = END) -> bytes:
    """A file whose first sector is its allocation table and whose second is its directory."""
    header = bytearray(SECTOR)
    header[:8] = MAGIC
    struct.pack_into("<H", header, 30, 9)
    struct.pack_into("<4I", header, 48, 1, 0, 4096, END)
    struct.pack_into("<I", header, 68, more)
    struct.pack_into("<109I", header, 76, 0, *[FREE] * 108)
    table = [chain.get(number, FREE) for number in range(SECTOR // 4)]
    content = b"A" * SECTOR * 8
    return bytes(header) + struct.pack("<128I", *table) + directory.ljust(SECTOR, b"\0") + content


DIRECTORY = entry("Root Entry", 5, END, 0, child=1) + entry("Workbook", 2, 2, 8 * SECTOR)
CHAIN = {1: END, **{number: number + 1 for number in range(2, 9)}, 9: END}


def test_a_stream_is_read_along_its_chain() -> None:
    file = CompoundFile(container(DIRECTORY, CHAIN))
    assert file.root_streams() == {"Workbook": b"A" * SECTOR}
    assert file.read(2) == b"A" * SECTOR * 8
    assert not file.is_endless(2)


def test_a_circular_chain_is_endless() -> None:
    file = CompoundFile(container(DIRECTORY, {**CHAIN, 9: 2}))
    assert file.is_endless(2)


def test_a_small_stream_is_named_and_not_read() -> None:
    directory = entry("Root Entry", 5, END, 0, child=1) + entry("Workbook", 2, 2, 100)
    assert CompoundFile(container(directory, CHAIN)).root_streams() == {"Workbook": b""}


def test_a_header_cut_short_is_damage() -> None:
    with pytest.raises(DAMAGE):
        CompoundFile(container(DIRECTORY, CHAIN)[:100])
