"""Excel 2003 XML: a workbook as one XML file (Microsoft's XML Spreadsheet reference)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime

from lxml import etree

from documents.document import BlockKind
from documents.draft import Draft
from documents.limits import ReadLimits
from documents.ooxml.formats.builtin import GENERAL
from documents.ooxml.formats.styles import Styles
from documents.ooxml.formats.values import (
    Shown,
    one_line,
    shown_bool,
    shown_number,
    shown_text,
)
from documents.ooxml.xml import attribute, child, local_name
from documents.readers.sheets.comments import page_line_sections
from documents.readers.sheets.tables import Cell, Merge, SheetLayout, SheetTables
from documents.readers.sheets.worksheet import MOST_COLUMN, column_letters

_BEGINNING = re.compile(
    r"\s*<\?xml[^>]{0,200}\?>(?:\s*<(?:\?[^>]{0,500}\?|!--(?:(?!-->).){0,2000}--)>)*"
    r"\s*<(?:\w{1,20}:)?Workbook\s[^>]{0,4000}urn:schemas-microsoft-com:office:spreadsheet",
    re.DOTALL,
)
_MOST_ROWS = 1_048_576
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 (a workbook's times have no zone)
# Names that stand for a code.
_NAMED: Mapping[str, str] = {
    "General Number": GENERAL,
    "Currency": '"¥"#,##0.00;"¥"-#,##0.00',
    "Fixed": "0.00",
    "Standard": "#,##0.00",
    "Percent": "0.00%",
    "Scientific": "0.00E+00",
    "General Date": "yyyy/m/d h:mm",
    "Short Date": "yyyy/m/d",
    "Medium Date": "d-mmm-yy",
    "Long Date": 'yyyy"年"m"月"d"日"',
    "Short Time": "h:mm",
    "Medium Time": "h:mm AM/PM",
    "Long Time": "h:mm:ss",
    "True/False": '"True";"True";"False"',
    "Yes/No": '"Yes";"Yes";"No"',
    "On/Off": '"On";"On";"Off"',
}


def is_excel_xml(text: str) -> bool:
    """Whether a text with this beginning is a workbook."""
    return _BEGINNING.match(text) is not None


class Excel2003Reader:
    """Adds the sheets of a workbook to a draft.

    Attributes:
        page_lines: Headers and footers of printed pages.
        notes: Comments on cells.
    """

    def __init__(self, draft: Draft, root: etree._Element, limits: ReadLimits) -> None:
        self._draft, self._limits = draft, limits
        self._sheets = [one for one in root if local_name(one) == "Worksheet"]
        self._codes = _codes(root)
        # Moments are written as such, and not as numbers of days.
        self._styles = Styles(())
        self._apart: list[tuple[str, list[str]]] = []
        self.page_lines: list[tuple[BlockKind, str]] = []
        self.notes: list[str] = []

    def add_shown(self) -> None:
        for sheet in self._sheets:
            if not _is_hidden(sheet):
                self._add(sheet, BlockKind.heading, BlockKind.table)
            elif not self._limits.hidden:
                name = one_line(attribute(sheet, "Name") or "")
                self._draft.leave_out("hidden sheet", name, "a hidden sheet is not read")

    def add_hidden(self) -> None:
        """Add hidden sheets, and the hidden cells of those that were added before."""
        for name, lines in self._apart:
            self._draft.add(name, BlockKind.hidden)
            self._draft.add("\n".join(lines), BlockKind.hidden)
        for sheet in self._sheets:
            if _is_hidden(sheet):
                self._add(sheet, BlockKind.hidden, BlockKind.hidden)

    def _add(self, sheet: etree._Element, heading: BlockKind, kind: BlockKind) -> None:
        name = one_line(attribute(sheet, "Name") or "")
        self._draft.add(name, heading)
        for line in sheet.iter("{*}Header", "{*}Footer"):
            section = BlockKind.header if local_name(line) == "Header" else BlockKind.footer
            texts = page_line_sections(attribute(line, "Data") or "")
            self.page_lines += [(section, text) for text in texts]
        table = child(sheet, "Table")
        if table is None:
            return
        rows = list(_placed(table, "Row", _MOST_ROWS))
        layout = SheetLayout(list(_merges(rows)), _hidden_columns(table), _heads(sheet))
        tables = SheetTables(self._draft, self._limits, name, layout, kind)
        for number, row in rows:
            cells, unshown = self._cells(row, name, number)
            is_hidden = attribute(row, "Hidden") == "1"
            if cells or unshown or is_hidden:
                tables.add(number, cells, unshown, is_hidden=is_hidden)
        if self._styles.unread:
            self._draft.leave_out("number format", "", self._styles.unread)
        if hidden := tables.finish():
            self._apart.append((name, hidden))

    def _cells(self, row: etree._Element, sheet: str, number: int) -> tuple[list[Cell], list[Cell]]:
        cells: list[Cell] = []
        unshown: list[Cell] = []
        for column, cell in _placed(row, "Cell", MOST_COLUMN):
            style = attribute(cell, "StyleID") or attribute(row, "StyleID") or "Default"
            data, note = child(cell, "Data"), child(cell, "Comment")
            if note is not None:
                self.notes.append("".join(map(str, note.itertext())).strip())
            text, raw = ("", "") if data is None else self._shown(data, style)
            formula = attribute(cell, "Formula")
            if data is None and formula:
                text = one_line(formula)
                reason = "the formula has no calculated value; the text has the formula"
                where = f"{sheet}!{column_letters(column)}{number + 1}"
                self._draft.leave_out("formula", where, reason)
            if text:
                cells.append((column, text, raw))
            elif raw:
                unshown.append((column, "", raw))
        return cells, unshown

    def _shown(self, data: etree._Element, style: str) -> Shown:
        written = "".join(map(str, data.itertext()))
        kind = attribute(data, "Type")
        format_ = self._styles.coded(self._codes.get(style, GENERAL))
        if kind == "Number":
            return shown_number(written, format_)
        if kind == "DateTime" and format_ is not None and (serial := _serial(written)) is not None:
            return shown_number(repr(serial), format_)
        if kind == "Boolean":
            return shown_bool(value=written == "1"), ""
        text = one_line(written)
        return shown_text(text, format_) if kind == "String" else (text, "")


def _codes(root: etree._Element) -> dict[str, str]:
    """The number format of each style, also one that it takes from its parent."""
    parents: dict[str, str] = {}
    codes: dict[str, str] = {}
    styles = child(root, "Styles")
    for style in styles if styles is not None else ():
        name = attribute(style, "ID") or ""
        parents[name] = attribute(style, "Parent") or ""
        format_ = child(style, "NumberFormat")
        if format_ is not None and (code := attribute(format_, "Format")):
            codes[name] = _NAMED.get(code, code)
    return {name: code for name in parents if (code := codes.get(name) or codes.get(parents[name]))}


def _is_hidden(sheet: etree._Element) -> bool:
    options = child(sheet, "WorksheetOptions")
    visible = child(options, "Visible") if options is not None else None
    return visible is not None and (visible.text or "").strip() in {
        "SheetHidden",
        "SheetVeryHidden",
    }


def _heads(sheet: etree._Element) -> int:
    """The rows at the top that stay in view."""
    options = child(sheet, "WorksheetOptions")
    if options is None or child(options, "FreezePanes") is None:
        return 0
    split = child(options, "SplitHorizontal")
    return _whole(split.text) if split is not None else 0


def _placed(parent: etree._Element, name: str, most: int) -> Iterator[tuple[int, etree._Element]]:
    """The rows, cells or columns of `parent`, each with its number from 0."""
    number = 0
    for element in parent:
        if local_name(element) != name:
            continue
        number = max(number, _whole(attribute(element, "Index")) - 1)
        if number >= most:
            return
        yield number, element
        number += 1 + _whole(attribute(element, "MergeAcross") or attribute(element, "Span"))


def _hidden_columns(table: etree._Element) -> frozenset[int]:
    hidden: set[int] = set()
    for number, column in _placed(table, "Column", MOST_COLUMN):
        if attribute(column, "Hidden") == "1":
            hidden.update(
                range(number, min(number + _whole(attribute(column, "Span")) + 1, MOST_COLUMN))
            )
    return frozenset(hidden)


def _merges(rows: list[tuple[int, etree._Element]]) -> Iterator[Merge]:
    for number, row in rows:
        for column, cell in _placed(row, "Cell", MOST_COLUMN):
            across, down = (_whole(attribute(cell, f"Merge{way}")) for way in ("Across", "Down"))
            if across or down:
                yield number, column, number + down, column + across


def _whole(written: str | None) -> int:
    written = (written or "").strip()
    return int(written[:7]) if written.isascii() and written.isdecimal() else 0


def _serial(written: str) -> float | None:
    """A moment such as `2026-06-01T09:30:00.000` as a number of days."""
    try:
        moment = datetime.fromisoformat(written.strip())
    except ValueError:
        return None
    return (moment.replace(tzinfo=None) - _EPOCH).total_seconds() / 86_400
