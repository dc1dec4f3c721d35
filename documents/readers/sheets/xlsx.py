"""XLSX workbooks: sheets, cells and what belongs to them (ECMA-376 part 1, 18)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from lxml import etree

from documents.document import BlockKind
from documents.draft import Draft
from documents.errors import CorruptDocument
from documents.ooxml.formats.styles import is_from_1904, xlsx_styles
from documents.ooxml.formats.values import (
    Shown,
    number_writer,
    one_line,
    shown_bool,
    shown_text,
)
from documents.ooxml.package import Package
from documents.ooxml.sheet_rows import shared_strings
from documents.ooxml.workbook import text_of
from documents.ooxml.xml import attribute, child, local_name
from documents.readers.sheets.books import BookSheet, SheetRow, sorted_cells
from documents.readers.sheets.comments import page_lines
from documents.readers.sheets.tables import Cell, SheetLayout
from documents.readers.sheets.worksheet import RICH, TRUE, Look, RawCell, Worksheet, column_letters

_HIDDEN = frozenset(("hidden", "veryHidden"))
# An escaped UTF-16 code unit (ST_Xstring).
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_CELL_PICTURE = re.compile(r"(?:_xlfn\.)?DISPIMG\(", re.IGNORECASE)
_MOST_KNOWN = 50_000
_MOST_LOOKS = 10_000
_Writer = Callable[[str], Shown]
"""From a value as written to its text as shown, and the value where it differs."""
_WITH_STYLE = frozenset(("", "n", "s", "str", "inlineStr"))


class XlsxBook:
    """The parts of a workbook that its sheets share. Raises a `DocumentError`."""

    def __init__(self, package: Package, main: str) -> None:
        self._package = package
        root = package.xml(main)
        if root is None:
            raise _no_sheet()
        from_1904 = is_from_1904(root)
        styles = package.related(main, "/styles")
        self.styles = xlsx_styles(package.xml(styles) if styles else None, from_1904=from_1904)
        self.sheets = list(self._sheets(root, main))
        strings = package.related(main, "/sharedStrings")
        data = package.data(strings) if strings else None
        self.strings = [_string(item) for item in shared_strings(data)] if data else []

    def content(self, sheet: BookSheet, draft: Draft) -> XlsxSheet:
        data = self._package.data(sheet.part)
        if data is None:
            raise _no_sheet()
        return XlsxSheet(self, draft, sheet.name, data)

    def _sheets(self, root: etree._Element, main: str) -> Iterator[BookSheet]:
        parts = {
            id_: (target, type_.rpartition("/")[2])
            for id_, type_, target, is_external in self._package.relations(main)
            if not is_external
        }
        listed = child(root, "sheets")
        for sheet in listed if listed is not None else ():
            part, kind = parts.get(attribute(sheet, "id") or "", ("", ""))
            if not part or part not in self._package:
                raise _no_sheet()
            name = one_line(sheet.get("name") or "")
            yield BookSheet(name, part, kind, sheet.get("state") in _HIDDEN)


class XlsxSheet:
    """One sheet."""

    def __init__(self, book: XlsxBook, draft: Draft, name: str, data: bytes) -> None:
        self._strings, self._styles = book.strings, book.styles
        self._draft, self._name = draft, name
        self._sheet = Worksheet(data)
        self._row = -1
        self._writers: dict[Look, _Writer] = {}
        self._room = iter(range(_MOST_KNOWN))

    def layout(self) -> SheetLayout:
        return self._sheet.layout()

    def page_lines(self) -> Iterator[tuple[BlockKind, str]]:
        return page_lines(self._sheet.after_rows())

    def rows(self) -> Iterator[SheetRow]:
        for number, is_hidden, written in self._sheet.rows():
            self._row = max(number, self._row + 1)
            cells, unshown = self._cells(written)
            yield SheetRow(self._row, cells, unshown, is_hidden)

    def _cells(self, written: Sequence[RawCell]) -> tuple[list[Cell], list[Cell]]:
        """The cells with text, and those with a value that their format does not show."""
        cells: list[Cell] = []
        unshown: list[Cell] = []
        last, is_sorted = -1, True
        for column, look, formula, value in written:
            is_sorted, last = is_sorted and column > last, column
            if formula is not None and (not value or _CELL_PICTURE.match(formula)):
                text, raw = self._without_value(column, look[1], formula)
            elif value:
                text, raw = (self._writers.get(look) or self._writer(look))(value)
            else:
                continue
            if text:
                cells.append((column, text, raw))
            elif raw:
                unshown.append((column, "", raw))
        return cells if is_sorted else sorted_cells(cells), unshown

    def _writer(self, look: Look) -> _Writer:
        writer = self._new_writer(*look)
        if len(self._writers) < _MOST_LOOKS:
            self._writers[look] = writer
        return writer

    def _new_writer(self, style: str, kind: str) -> _Writer:
        if kind == "b":
            return lambda value: (shown_bool(value=value in TRUE), "")
        if kind not in _WITH_STYLE:
            return lambda value: (one_line(value), "")
        form = self._styles.of(style)
        if kind in {"", "n"}:
            return number_writer(form, self._room)
        if kind == "s":
            return lambda value: shown_text(self._string(value), form)
        return lambda value: shown_text(_unescaped(value), form)

    def _string(self, written: str) -> str:
        """A shared string by its number, empty for a number that none has."""
        index = int(written[:9]) if written.isascii() and written.isdecimal() else -1
        return self._strings[index] if 0 <= index < len(self._strings) else ""

    def _without_value(self, column: int, kind: str, formula: str) -> Shown:
        """The text of a cell that has a formula and no value to be shown."""
        if _CELL_PICTURE.match(formula):
            self._draft.leave_out("picture", self._where(column), "a picture in a cell")
            return "", ""
        if kind == RICH:
            reason = "a picture or linked data in a cell"
            self._draft.leave_out("picture", self._where(column), reason)
            return "", ""
        return ("", "") if kind == "str" else self._uncalculated(formula, column)

    def _uncalculated(self, formula: str, column: int) -> Shown:
        """The formula of a cell that no program has calculated."""
        reason = "the formula has no calculated value; the text has the formula"
        self._draft.leave_out("formula", self._where(column), reason)
        return one_line(f"={formula or '…'}"), ""

    def _where(self, column: int) -> str:
        return f"{self._name}!{column_letters(column)}{self._row + 1}"


def _string(item: etree._Element) -> str:
    """The text of a shared string on one line."""
    if len(item) == 1 and local_name(item[0]) == "t":
        return _unescaped(item[0].text or "")
    return _unescaped(text_of(item))


def _unescaped(text: str) -> str:
    if "_x" in text:
        text = _ESCAPE.sub(lambda code: chr(int(code[1], 16)), text)
    return one_line(text)


def _no_sheet() -> CorruptDocument:
    return CorruptDocument("The workbook is damaged: a sheet is missing. Save it again.")
