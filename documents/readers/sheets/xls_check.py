"""Whether an XLS file would take memory without end: seen before it is read.

The library that reads it makes room for all cells that a sheet says it spans, and for the rectangle
around those that it has, and follows chains of sectors in a circle. What cannot be understood here
is left to it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from documents.readers.sheets.sizes import check_cells, damaged

_END = 0xFFFFFFFA  # sector numbers from here on are none (MS-CFB 2.1)
_IN_HEADER = 109  # of the sectors that hold the table of sectors, the rest is in a chain
_ENTRY = 128
_BEGINNING, _DIMENSIONS = 0x0809, 0x0200  # of a sheet (MS-XLS 2.4.21, 2.4.90)
# Formula, MulRk, RString, LabelSst, Number, Label, BoolErr, RK: each begins with its place.
_CELLS = frozenset((0x0006, 0x00BD, 0x00D6, 0x00FD, 0x0203, 0x0204, 0x0205, 0x027E))
_MOST_CELLS = 65_536 * 256  # of a sheet
_NAMES = ("Workbook", "Book")


def check_xls(path: Path) -> None:
    """Raises `CorruptDocument`, or `DocumentTooLong` where sheets span more than is allowed."""
    with suppress(struct.error, IndexError, ValueError):
        _check(_File(path.read_bytes()))


def _check(file: _File) -> None:
    if file.is_endless(file.directory) or file.is_endless(file.small_table):
        raise damaged()
    for name, start, size in file.entries():
        if size < file.least and name != "Root Entry":
            continue  # one of the small streams, which together are the root's
        if file.is_endless(start):
            raise damaged()
        if name in _NAMES:
            _check_stream(file.read(start)[:size])


class _File:
    """The sectors of a compound file (MS-CFB 2.2 to 2.6)."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        (shift,) = struct.unpack_from("<H", data, 30)
        if shift not in {9, 12}:
            raise ValueError("a sector is of 512 or 4,096 bytes")
        self._size = 1 << shift
        self.directory, _, self.least, self.small_table = struct.unpack_from("<4I", data, 48)
        tables = [*struct.unpack_from(f"<{_IN_HEADER}I", data, 76)]
        (more,) = struct.unpack_from("<I", data, 68)
        for _ in range(len(data) // self._size):
            if more >= _END:
                break
            *listed, more = self._numbers(more)
            tables += listed
        self._next = [number for at in tables if at < _END for number in self._numbers(at)]

    def _sector(self, number: int) -> bytes:
        at = (number + 1) * self._size
        return self._data[at : at + self._size]

    def _numbers(self, number: int) -> tuple[int, ...]:
        return struct.unpack(f"<{self._size // 4}I", self._sector(number))

    def _chain(self, start: int) -> Iterator[int]:
        """The sectors of a chain, at most as many as there are and one more."""
        for _ in range(len(self._next) + 1):
            if start >= _END:
                return
            yield start
            start = self._next[start]

    def is_endless(self, start: int) -> bool:
        return sum(1 for _ in self._chain(start)) > len(self._next)

    def read(self, start: int) -> bytes:
        return b"".join(map(self._sector, self._chain(start)))

    def entries(self) -> Iterator[tuple[str, int, int]]:
        """The name, first sector and size of each stream."""
        listed = self.read(self.directory)
        for at in range(0, len(listed) - _ENTRY + 1, _ENTRY):
            length, kind = struct.unpack_from("<HB", listed, at + 64)
            start, size = struct.unpack_from("<II", listed, at + 116)
            if kind:
                name = listed[at : at + max(0, min(length, 64) - 2)]
                yield name.decode("utf-16-le", errors="replace"), start, size


def _check_stream(stream: bytes) -> None:
    """Raises `CorruptDocument` or `DocumentTooLong`."""
    cells = 0
    rows: set[int] = set()
    columns: set[int] = set()
    for kind, body in _records(stream):
        if kind == _DIMENSIONS and len(body) >= 12:
            first, last, left, right = struct.unpack_from("<IIHH", body)
            if last < first or right < left or (last - first) * (right - left) > _MOST_CELLS:
                raise damaged()
        elif kind in _CELLS and len(body) >= 4:
            row, column = struct.unpack_from("<HH", body)
            rows.add(row)
            columns.add(column)
        elif kind == _BEGINNING and rows:
            cells += _spanned(rows) * _spanned(columns)
            rows, columns = set(), set()
    check_cells(cells + (_spanned(rows) * _spanned(columns) if rows else 0))


def _records(stream: bytes) -> Iterator[tuple[int, bytes]]:
    place = 0
    while place + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, place)
        yield kind, stream[place + 4 : place + 4 + length]
        place += 4 + length


def _spanned(numbers: set[int]) -> int:
    return max(numbers) - min(numbers) + 1
