"""XLS workbooks, which python-calamine reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetMetadata,
    SheetTypeEnum,
    SheetVisibleEnum,
    load_workbook,
)

from documents.document import BlockKind
from documents.draft import Draft
from documents.errors import EncryptedDocument
from documents.limits import ReadLimits
from documents.ooxml.formats.number_format import general
from documents.ooxml.formats.values import Shown, one_line, shown_bool
from documents.readers.sheets.sizes import damaged
from documents.readers.sheets.tables import Cell, SheetLayout, SheetTables
from documents.readers.sheets.xls_objects import SheetObjects, objects_in_order
from documents.readers.sheets.xls_records import BookRecords

_UNKNOWN = (
    "the records of the workbook are damaged or older than Excel 97: number formats, hidden rows, "
    "comments, shapes, headers and footers are not read"
)

Value = int | float | str | bool | time | date | datetime | timedelta


def fill(draft: Draft, path: Path, limits: ReadLimits, known: BookRecords) -> None:
    """Add the sheets of a workbook to a draft. Raises a `DocumentError`.

    `known` is what the records say beside the values.
    """
    with _opened(path) as book:
        reader = _Book(draft, book, limits, known)
        shown: list[SheetObjects] = []
        for sheet in reader.sheets:
            if sheet.visible == SheetVisibleEnum.Visible:
                shown.append(reader.add(sheet, BlockKind.heading, BlockKind.table))
            elif not limits.hidden:
                draft.leave_out("hidden sheet", sheet.name, "a hidden sheet is not read")
        for kind, words in objects_in_order(shown):
            draft.add(words, kind)
        if limits.hidden:
            reader.add_hidden()
    if known.unread:
        draft.leave_out("number format", "", known.unread)
    if known.unread_strings:
        draft.leave_out("records", "", known.unread_strings)
    if not reader.is_known:
        draft.leave_out("records", "", _UNKNOWN)


@contextmanager
def _opened(path: Path) -> Iterator[CalamineWorkbook]:
    try:
        with load_workbook(path) as book:
            yield book
    except PasswordError as error:
        raise EncryptedDocument("The workbook has a password. Send it without one.") from error
    except (CalamineError, ValueError, OverflowError) as error:
        raise damaged() from error
    except OSError as error:
        # The library's own error for a part that is cut short has no number.
        if error.errno is not None:
            raise
        raise damaged() from error
    # A panic in the library's Rust code: a `BaseException`.
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise damaged() from error


_CELL_SHEETS = (SheetTypeEnum.WorkSheet, SheetTypeEnum.MacroSheet)
_SHEETS = (*_CELL_SHEETS, SheetTypeEnum.ChartSheet, SheetTypeEnum.DialogSheet)


class _Book:
    def __init__(
        self,
        draft: Draft,
        book: CalamineWorkbook,
        limits: ReadLimits,
        known: BookRecords,
    ) -> None:
        self._draft, self._book, self._limits = draft, book, limits
        listed = book.sheets_metadata
        # The sheets and their records are in one order.
        self.is_known = len(known.sheets) == len(listed)
        one_each = zip(listed, known.sheets, strict=True) if self.is_known else ()
        self._known = {sheet.name: records for sheet, records in one_each}
        self.sheets = [sheet for sheet in listed if sheet.typ in _SHEETS]
        self._apart: list[tuple[str, list[str]]] = []

    def add(self, sheet: SheetMetadata, heading: BlockKind, kind: BlockKind) -> SheetObjects:
        """Add the name and the cells of a sheet; returns what else is on it."""
        self._draft.add(sheet.name, heading)
        if sheet.typ in _CELL_SHEETS:
            self._add_cells(sheet, kind)
        known = self._known.get(sheet.name)
        objects = known.objects if known is not None else SheetObjects()
        for what, reason in objects.unread():
            self._draft.leave_out(what, sheet.name, reason)
        return objects

    def _add_cells(self, sheet: SheetMetadata, kind: BlockKind) -> None:
        cells = self._book.get_sheet_by_name(sheet.name)
        known = self._known.get(sheet.name)
        layout = known.layout() if known is not None else _layout(cells)
        tables = SheetTables(self._draft, self._limits, sheet.name, layout, kind)
        _, left = cells.start or (0, 0)
        hidden_rows = known.hidden_rows if known is not None else frozenset()
        changed = known.cells if known is not None else {}
        # The library gives the empty rows above the first value, but not the columns before it.
        for number, row in enumerate(cells.iter_rows()):
            shown, unshown = _cells(row, number, left, changed)
            is_hidden = number in hidden_rows
            if shown or unshown or is_hidden:
                tables.add(number, shown, unshown, is_hidden=is_hidden)
        if hidden := tables.finish():
            self._apart.append((sheet.name, hidden))

    def add_hidden(self) -> None:
        """Add hidden sheets, and the hidden cells of those that were added before."""
        for name, lines in self._apart:
            self._draft.add(name, BlockKind.hidden)
            self._draft.add("\n".join(lines), BlockKind.hidden)
        for sheet in self.sheets:
            if sheet.visible != SheetVisibleEnum.Visible:
                objects = self.add(sheet, BlockKind.hidden, BlockKind.hidden)
                for _, words in objects_in_order([objects]):
                    self._draft.add(words, BlockKind.hidden)


def _layout(sheet: CalamineSheet) -> SheetLayout:
    merges = sheet.merged_cell_ranges or ()
    return SheetLayout([(*first, *last) for first, last in merges])


def _cells(
    row: list[Value], number: int, left: int, changed: Mapping[tuple[int, int], Shown]
) -> tuple[list[Cell], list[Cell]]:
    """The cells with text, and those with a value that their format does not show."""
    cells: list[Cell] = []
    unshown: list[Cell] = []
    for column, value in enumerate(row, start=left):
        text, raw = changed.get((number, column)) or (_shown(value), "")
        if text:
            cells.append((column, text, raw))
        elif raw:
            unshown.append((column, "", raw))
    return cells, unshown


def _shown(value: Value) -> str:
    if isinstance(value, bool):
        return shown_bool(value=value)
    if isinstance(value, int | float):
        return general(float(value))
    if isinstance(value, datetime):
        is_day = value.time() == time()
        return value.date().isoformat() if is_day else value.isoformat(" ", "seconds")
    if isinstance(value, time):
        return value.isoformat("seconds")
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return one_line(str(value))
