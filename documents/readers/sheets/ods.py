"""ODS workbooks: their cells as shown, which the file stores (OpenDocument 1.3, part 3, 9)."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from documents.document import BlockKind
from documents.draft import Draft
from documents.limits import ReadLimits
from documents.ooxml.drawings import ods_drawing_text
from documents.ooxml.formats.number_format import general
from documents.ooxml.formats.values import Shown, one_line
from documents.ooxml.xml import attribute, local_name
from documents.readers.sheets.comments import ods_comments
from documents.readers.sheets.tables import Cell, Merge, SheetLayout, SheetTables
from documents.readers.sheets.worksheet import MOST_COLUMN, column_letters

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_DRAWING = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_FORM = "{urn:oasis:names:tc:opendocument:xmlns:form:1.0}"
_CELLS = frozenset((f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"))
_GROUPS = frozenset(
    f"{_TABLE}table-{name}"
    for name in (
        "header-rows", "rows", "row-group", "header-columns", "columns", "column-group",
    )
)  # fmt: skip
_HIDDEN = frozenset(("collapse", "filter"))
_MOST_ROWS = 1_048_576
_VALUES = ("value", "date-value", "time-value")
_MOVED = frozenset(("annotation", "shapes", "custom-shape", "frame", "image"))


class OdsReader:
    """Adds the sheets of a workbook to a draft. `content` is checked by `sizes`.

    Attributes:
        notes: Comments on cells of the sheets that are shown.
        drawings: The text of their shapes.
    """

    def __init__(self, draft: Draft, content: etree._Element, limits: ReadLimits) -> None:
        self._draft, self._limits = draft, limits
        self._hidden_styles = _hidden_styles(content)
        holder = next(content.iter(f"{_OFFICE}spreadsheet"), None)
        children = holder if holder is not None else ()
        self._sheets = [one for one in children if one.tag == f"{_TABLE}table"]
        self._apart: list[tuple[str, list[str]]] = []
        self.notes: list[str] = []
        self.drawings: list[str] = []

    def add_shown(self) -> None:
        for sheet in self._sheets:
            if not self._is_hidden(sheet):
                self._add(sheet, BlockKind.heading, BlockKind.table)
            elif not self._limits.hidden:
                self._draft.leave_out("hidden sheet", _name(sheet), "a hidden sheet is not read")

    def add_hidden(self) -> None:
        """Add hidden sheets, and the hidden cells of those that were added before."""
        for name, lines in self._apart:
            self._draft.add(name, BlockKind.hidden)
            self._draft.add("\n".join(lines), BlockKind.hidden)
        for sheet in self._sheets:
            if self._is_hidden(sheet):
                self._add(sheet, BlockKind.hidden, BlockKind.hidden)

    def _is_hidden(self, sheet: etree._Element) -> bool:
        return attribute(sheet, "style-name") in self._hidden_styles

    def _add(self, sheet: etree._Element, heading: BlockKind, kind: BlockKind) -> None:
        name = _name(sheet)
        self._draft.add(name, heading)
        tables = SheetTables(self._draft, self._limits, name, _layout(sheet), kind)
        number = 0
        for row in _inside(sheet, "table-row"):
            times = _times(row, "rows")
            is_hidden = attribute(row, "visibility") in _HIDDEN
            cells = list(self._cells(row, name, number))
            for repeated in range(times if cells or is_hidden else 0):
                tables.add(number + repeated, cells, is_hidden=is_hidden)
            number = min(number + times, _MOST_ROWS)
        if hidden := tables.finish():
            self._apart.append((name, hidden))
        self._add_objects(sheet, name, kind)

    def _add_objects(self, sheet: etree._Element, name: str, kind: BlockKind) -> None:
        """Note what stands beside the cells; that of a hidden sheet is hidden content."""
        for what, reason in _unread(sheet):
            self._draft.leave_out(what, name, reason)
        notes, drawings = list(ods_comments(sheet)), list(ods_drawing_text(sheet))
        if kind is not BlockKind.hidden:
            self.notes += notes
            self.drawings += drawings
            return
        for words in dict.fromkeys((*notes, *drawings)):
            self._draft.add(words, BlockKind.hidden)

    def _cells(self, row: etree._Element, sheet: str, number: int) -> Iterator[Cell]:
        column = 0
        for cell in row:
            if cell.tag not in _CELLS:
                continue
            times = _times(cell, "columns")
            text, raw = _shown(cell)
            if not text and cell.get(f"{_TABLE}formula") and not cell.get(f"{_OFFICE}value-type"):
                text = one_line(cell.get(f"{_TABLE}formula", "").removeprefix("of:"))
                where = f"{sheet}!{column_letters(column)}{number + 1}"
                reason = "the formula has no calculated value; the text has the formula"
                self._draft.leave_out("formula", where, reason)
            if text:
                for repeated in range(min(times, MOST_COLUMN - column)):
                    yield column + repeated, text, raw
            column = min(column + times, MOST_COLUMN)


def _unread(sheet: etree._Element) -> Iterator[tuple[str, str]]:
    """What is on a sheet beside its cells and is not read, with the reason (10.4)."""
    for frame in sheet.iter(f"{_DRAWING}frame"):
        inside = {local_name(one) for one in frame}
        if "object" in inside or "object-ole" in inside:
            yield "embedded object", "charts and other objects in ODS files are not read"
        elif "image" in inside:
            yield "picture", "pictures in ODS files are not read"
    if next(sheet.iter(f"{_FORM}form"), None) is not None:
        yield "form", "form fields in ODS files are not read"


def _shown(cell: etree._Element) -> Shown:
    lines = ("".join(_texts(inside)) for inside in cell if local_name(inside) == "p")
    text = one_line(" ".join(lines))
    written = next((value for name in _VALUES if (value := cell.get(_OFFICE + name))), "")
    if written and cell.get(f"{_OFFICE}value-type") in {"float", "percentage", "currency"}:
        written = _general(written)
    return text or written, written if text and written != text else ""


def _texts(paragraph: etree._Element) -> Iterator[str]:
    """The text of a paragraph, without that of notes and shapes in it."""
    yield paragraph.text or ""
    for inside in paragraph:
        name = local_name(inside)
        if name in {"s", "tab", "line-break"}:
            yield " "
        elif name not in _MOVED:
            yield from _texts(inside)
        yield inside.tail or ""


def _general(written: str) -> str:
    try:
        return general(float(written))
    except ValueError:
        return one_line(written)


def _name(sheet: etree._Element) -> str:
    return one_line(attribute(sheet, "name") or "")


def _hidden_styles(content: etree._Element) -> frozenset[str]:
    """The names of the styles whose tables are not displayed."""
    return frozenset(
        attribute(style, "name") or ""
        for style in content.iter("{*}style")
        for properties in style
        if local_name(properties) == "table-properties"
        and attribute(properties, "display") == "false"
    )


def _layout(sheet: etree._Element) -> SheetLayout:
    hidden: set[int] = set()
    column = 0
    for one in _inside(sheet, "table-column"):
        times = min(_times(one, "columns"), MOST_COLUMN - column)
        if attribute(one, "visibility") in _HIDDEN:
            hidden.update(range(column, column + times))
        column += times
    heads = sum(
        _times(row, "rows")
        for group in sheet.iterchildren(f"{_TABLE}table-header-rows")
        for row in _inside(group, "table-row")
    )
    first = next(iter(_groups(sheet)), None)
    starts = first is not None and first.tag == f"{_TABLE}table-header-rows"
    return SheetLayout(list(_merges(sheet)), frozenset(hidden), heads if starts else 0)


def _groups(sheet: etree._Element) -> Iterator[etree._Element]:
    """What holds rows, in order."""
    names = {f"{_TABLE}table-{name}" for name in ("header-rows", "rows", "row-group", "row")}
    yield from (one for one in sheet if one.tag in names)


def _merges(sheet: etree._Element) -> Iterator[Merge]:
    number = 0
    for row in _inside(sheet, "table-row"):
        column = 0
        for cell in row:
            if cell.tag not in _CELLS:
                continue
            rows, columns = _spanned(cell, "rows"), _spanned(cell, "columns")
            if rows > 1 or columns > 1:
                yield number, column, number + rows - 1, column + columns - 1
            column += _times(cell, "columns")
        number += _times(row, "rows")


def _inside(parent: etree._Element, name: str) -> Iterator[etree._Element]:
    """The rows or columns of a sheet, also those in groups."""
    for element in parent:
        if element.tag == f"{_TABLE}{name}":
            yield element
        elif element.tag in _GROUPS:
            yield from _inside(element, name)


def _times(element: etree._Element, what: str) -> int:
    return _whole(element.get(f"{_TABLE}number-{what}-repeated"))


def _spanned(element: etree._Element, what: str) -> int:
    return _whole(element.get(f"{_TABLE}number-{what}-spanned"))


def _whole(written: str | None) -> int:
    is_number = written is not None and written.isascii() and written.isdecimal()
    return min(int(written[:9]), _MOST_ROWS) if is_number and written else 1
