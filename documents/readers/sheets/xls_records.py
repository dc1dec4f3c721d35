"""What the records of an XLS file say about cells: numbers with formats, errors, hidden rows.

The library that reads XLS gives neither. Files of before Excel 97 have other records: nothing is
known of them here. Section numbers are those of MS-XLS.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from documents.compound_file import DAMAGE, CompoundFile, opened
from documents.ooxml.formats.styles import Styles, code_of
from documents.ooxml.formats.values import Shown, shown_number
from documents.readers.sheets.binary_records import ERRORS, rk_number
from documents.readers.sheets.tables import Merge, SheetLayout
from documents.readers.sheets.xls_objects import OBJECT_RECORDS, SheetObjects, string
from documents.readers.sheets.xls_strings import SharedStrings

_BEGINNING, _SHEET, _DATE_MODE, _FORMAT, _STYLE = 0x0809, 0x0085, 0x0022, 0x041E, 0x00E0
_FORMULA, _MANY_RK, _NUMBER, _RK, _ERROR = 0x0006, 0x00BD, 0x0203, 0x027E, 0x0205
_SHARED_STRING = 0x00FD
_ROW, _COLUMNS, _MERGES, _END = 0x0208, 0x007D, 0x00E5, 0x000A
_EXCEL_97 = 0x0600
_STRINGS_UNREAD = "the shared strings are damaged: raised digits in them may read as others"
_STREAMS = ("Workbook", "Book")


@dataclass(slots=True)
class SheetRecords:
    """What is known of a sheet beside the values of its cells.

    `cells` has the text of cells that a number format or an error changes, by row and column.
    """

    cells: dict[tuple[int, int], Shown] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merges: list[Merge] = field(default_factory=list)
    objects: SheetObjects = field(default_factory=SheetObjects)

    def layout(self) -> SheetLayout:
        return SheetLayout(self.merges, frozenset(self.hidden_columns))


@dataclass(slots=True)
class BookRecords:
    """The records of each sheet, in the order of the workbook; empty if they cannot be read.

    Attributes:
        unread: Why values are shown without their format; empty while none is.
        unread_strings: Why texts are shown without their format; empty while none is.
    """

    sheets: list[SheetRecords] = field(default_factory=list)
    unread: str = ""
    unread_strings: str = ""


def xls_records(path: Path) -> BookRecords:
    """What the records of a workbook say beside the values of its cells."""
    known = BookRecords()
    with suppress(*DAMAGE), opened(path) as data:
        file = CompoundFile(data)
        entries = file.entries()
        streams = file.children(entries[0], entries)
        entry = next((streams[name] for name in _STREAMS if name in streams), None)
        if entry is not None:
            known = _Book(file.stream(entry, entries[0])).records()
    return known


class _Book:
    def __init__(self, stream: bytes) -> None:
        self._stream = stream
        self._offsets: list[int] = []
        codes: list[int] = []
        written: dict[int, str] = {}
        from_1904 = False
        self._is_known = False
        strings = SharedStrings()
        for kind, body in records(stream, 0):
            strings.add(kind, body)
            if kind == _BEGINNING and len(body) >= 2:
                self._is_known = struct.unpack_from("<H", body)[0] == _EXCEL_97
            elif kind == _SHEET and len(body) >= 4:
                self._offsets.append(struct.unpack_from("<I", body)[0])
            elif kind == _DATE_MODE:
                from_1904 = body[:1] == b"\x01"
            elif kind == _FORMAT and len(body) >= 5:
                written[struct.unpack_from("<H", body)[0]] = string(body[2:])[0]
            elif kind == _STYLE and len(body) >= 4:
                codes.append(struct.unpack_from("<H", body, 2)[0])
        self._styles = Styles([code_of(str(one), written) for one in codes], from_1904=from_1904)
        self._raised, self._has_all = strings.raised() if self._is_known else ({}, True)

    def records(self) -> BookRecords:
        sheets = [self._sheet(offset) for offset in self._offsets] if self._is_known else []
        return BookRecords(sheets, self._styles.unread, "" if self._has_all else _STRINGS_UNREAD)

    def _sheet(self, offset: int) -> SheetRecords:
        sheet = SheetRecords()
        for kind, body, is_inside in _sheet_records(self._stream, offset):
            if kind in OBJECT_RECORDS:
                sheet.objects.add(kind, body, is_inside=is_inside)
            elif is_inside:
                continue
            elif kind == _ROW and len(body) >= 16 and body[12] & 0x20:
                sheet.hidden_rows.add(struct.unpack_from("<H", body)[0])
            elif kind == _COLUMNS and len(body) >= 10 and body[8] & 0x01:
                first, last = struct.unpack_from("<HH", body)
                sheet.hidden_columns.update(range(first, min(last, 255) + 1))
            elif kind == _MERGES:
                sheet.merges += _merges(body)
            elif len(body) >= 8:
                sheet.cells.update(self._cells(kind, body))
        return sheet

    def _cells(self, kind: int, body: bytes) -> Iterator[tuple[tuple[int, int], Shown]]:
        """The cells of a record that a format changes, and their texts."""
        if kind == _SHARED_STRING and len(body) >= 10:
            row, column, _, number = struct.unpack_from("<3HI", body)
            if number in self._raised:
                yield (row, column), (self._raised[number], "")
        for row, column, style, value in _values(kind, body):
            shown = self._shown(style, value)
            if shown is not None:
                yield (row, column), shown

    def _shown(self, style: int, value: float | str) -> Shown | None:
        if isinstance(value, str):
            return value, ""
        format_ = self._styles.of(str(style))
        return shown_number(repr(value), format_) if format_ is not None else None


def records(stream: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """The records of the substream that begins at `start`, up to its end (2.1.4)."""
    at = start
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        if kind == _END:
            return
        yield kind, stream[at + 4 : at + 4 + length]
        at += 4 + length


def _sheet_records(stream: bytes, start: int) -> Iterator[tuple[int, bytes, bool]]:
    """The records of a sheet, and whether each is in a chart on it, which is a substream inside."""
    depth, at = 0, start
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        depth += kind == _BEGINNING
        yield kind, stream[at + 4 : at + 4 + length], depth > 1
        depth -= kind == _END
        if depth <= 0:
            return
        at += 4 + length


def _values(kind: int, body: bytes) -> Iterator[tuple[int, int, int, float | str]]:
    """Row, column, style and value of the cells of a record; an error is a text."""
    if kind == _MANY_RK:
        row, column = struct.unpack_from("<HH", body)
        for at in range(4, len(body) - 7, 6):
            style, number = struct.unpack_from("<HI", body, at)
            yield row, column + (at - 4) // 6, style, rk_number(number)
        return
    if kind not in {_FORMULA, _NUMBER, _RK, _ERROR}:
        return
    row, column, style = struct.unpack_from("<HHH", body)
    value = _value(kind, body)
    if value is not None:
        yield row, column, style, value


def _value(kind: int, body: bytes) -> float | str | None:
    """The value of a record of one cell; None for text, a truth value, and a damaged record."""
    value: float | str | None = None
    if kind == _RK:
        value = rk_number(struct.unpack_from("<I", body, 6)[0]) if len(body) >= 10 else None
    elif kind == _ERROR:
        value = ERRORS.get(body[6], "#ERROR!") if body[7] else None
    elif len(body) >= 14:
        if kind == _NUMBER or body[12:14] != b"\xff\xff":
            value = struct.unpack_from("<d", body, 6)[0]
        elif body[6] == 2:
            value = ERRORS.get(body[8], "#ERROR!")
    return value


def _merges(body: bytes) -> Sequence[Merge]:
    """Ranges of merged cells (2.4.168): first and last row, first and last column of each."""
    whole = len(body) // 2 * 2
    numbers = struct.unpack(f"<{whole // 2}H", body[:whole])
    ranges = zip(numbers[1::4], numbers[2::4], numbers[3::4], numbers[4::4], strict=False)
    return [(top, left, bottom, right) for top, bottom, left, right in ranges]
