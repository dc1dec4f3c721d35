"""Checks an XLS file before it is read: would reading it take unlimited memory or time?

The library that reads XLS allocates all cells that a sheet declares and the rectangle around those
that it has, and follows circular chains of sectors. A file that cannot be parsed here is left to
the library to refuse.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from documents.compound_file import DAMAGE, CompoundFile, opened
from documents.readers.sheets.sizes import check_cells, damaged

_BEGINNING, _DIMENSIONS = 0x0809, 0x0200  # records (MS-XLS 2.4.21, 2.4.90)
# Formula, MulRk, RString, LabelSst, Number, Label, BoolErr, RK: each begins with row and column.
_CELLS = frozenset((0x0006, 0x00BD, 0x00D6, 0x00FD, 0x0203, 0x0204, 0x0205, 0x027E))
_MOST_CELLS = 65_536 * 256  # of a sheet
_NAMES = ("Workbook", "Book")


def check_xls(path: Path) -> None:
    """Raises `CorruptDocument`, or `DocumentTooLong` if the sheets span too many cells."""
    with suppress(*DAMAGE), opened(path) as data:
        _check(CompoundFile(data))


def _check(file: CompoundFile) -> None:
    if file.is_endless(file.directory) or file.is_endless(file.small_table):
        raise damaged()
    for entry in file.entries():
        if entry.size < file.least and entry.name != "Root Entry":
            continue  # small streams are stored in the root's stream
        if file.is_endless(entry.start):
            raise damaged()
        if entry.name in _NAMES:
            _check_stream(file.read(entry.start)[: entry.size])


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
