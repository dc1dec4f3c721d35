"""The XML of a worksheet: its cells as written, and what it says about rows and columns.

Most programs write cells in the same way, and a regular expression finds these several times
quicker than an XML parser. A row that is written in another way is parsed.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from lxml import etree

from documents.errors import CorruptDocument
from documents.ooxml.sheet_rows import SPREADSHEET, row_groups, without_rows
from documents.ooxml.workbook import text_of
from documents.ooxml.xml import attribute, child, local_name
from documents.readers.sheets.tables import Merge, SheetLayout

MOST_COLUMN = 16_384
TRUE = frozenset(("1", "true", "on"))
# The type of a cell whose value is a picture or linked data. The error stored is not shown.
RICH = "rich"
_MOST_MERGES = 200_000
_OPEN, _CLOSE, _END = b"<sheetData>", b"</sheetData>", b"</row>"
_ROOT = re.compile(rb"<(worksheet)\s[^<>]*>")
_ROW = re.compile(r"""<row(?: r="([0-9]{1,7})")?((?:\s[\w:.]{1,40}="[^"<>&]{0,200}")*)\s?(/?)>""")
_ATTRIBUTE = re.compile(r"""\s([\w:.]{1,40})="([^"<>&]{0,200})\"""")
# A cell, or all that follows in the row, without groups.
_CELL = re.compile(
    r'<c r="([A-Z]{1,3})[0-9]{1,7}"([^<>]*)(?:>(<f(?:\s[^<>]*)?(?:/>|>[^<]*</f>))?'
    r'(?:<v>([^<]*)</v>|<v ?/>|<is><t(?: xml:space="preserve")?>([^<]*)</t></is>)?</c>|/>)|.+',
    re.DOTALL,
)
_LOOK = re.compile(r'(?: s="([0-9]{1,5})")?(?: t="(\w{1,9})")?(?: s="([0-9]{1,5})")?')
_MOST_LOOKS = 10_000
_AT_ONCE = 1 << 16
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})(?::\$?([A-Z]{1,3})\$?([0-9]{1,7}))?")

Look = tuple[str, str]
"""The style and the type of a cell."""
RawCell = tuple[int, Look, str | None, str]
"""Column from 0, look, formula if there is one, and the value or text as written."""


class RawRow(NamedTuple):
    """A row as written. `number` counts from 0, and is -1 where the file does not say it."""

    number: int
    is_hidden: bool
    cells: Sequence[RawCell]


class Worksheet:
    """A worksheet. Raises `CorruptDocument`, also while its rows are read."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._columns: dict[str, int] = {}
        self._looks: dict[str, Look] = {}
        self._start, self._stop = data.find(_OPEN), data.rfind(_CLOSE)
        root = _ROOT.search(data, 0, max(0, self._start))
        self._root = root[0] if root else b""
        parts = self._usual_parts()
        self._is_usual = parts is not None
        self._settings = parts or [without_rows(data)]

    def layout(self) -> SheetLayout:
        hidden: set[int] = set()
        heads = end = 0
        for column in self._elements("cols", "col"):
            if attribute(column, "hidden") in TRUE or attribute(column, "width") == "0":
                first, last = _whole(column, "min"), min(_whole(column, "max"), MOST_COLUMN)
                # Ranges are in order: those that overlap would take long.
                hidden.update(range(max(first - 1, end), last))
                end = max(end, last)
        for view in self._elements("sheetViews", "sheetView"):
            pane = child(view, "pane")
            if pane is not None and pane.get("state") in {"frozen", "frozenSplit"}:
                heads = _whole(pane, "ySplit")
        merges: list[Merge] = []
        for merge in self._elements("mergeCells", "mergeCell"):
            if len(merges) < _MOST_MERGES:
                merges += cell_range(merge.get("ref") or "")
        return SheetLayout(merges, frozenset(hidden), heads)

    def rows(self) -> Iterator[RawRow]:
        if self._is_usual:
            yield from self._usual_rows()
            return
        for group in row_groups(self._data):
            yield from map(self._parsed, group)

    def after_rows(self) -> bytes:
        """The XML that follows the rows, or all of it."""
        return self._data[self._stop :] if self._is_usual else self._data

    def _elements(self, parent: str, name: str) -> Iterator[etree._Element]:
        for root in self._settings:
            holder = child(root, parent)
            yield from (
                one for one in (holder if holder is not None else ()) if local_name(one) == name
            )

    def _usual_parts(self) -> list[etree._Element] | None:
        """What is before and after the rows; None if the worksheet is written in another way."""
        if not self._root or self._stop < self._start or b"<!" in self._data[: self._start]:
            return None
        head, tail = self._data[: self._start], self._data[self._stop + len(_CLOSE) :]
        try:
            parts = [
                etree.fromstring(one, _parser())
                for one in (head + b"</worksheet>", self._root + tail)
            ]
        except etree.XMLSyntaxError:
            return None
        is_usual = all(part.tag in _WORKSHEETS for part in parts)
        is_utf8 = parts[0].getroottree().docinfo.encoding in {None, "UTF-8", "utf-8"}
        return parts if is_usual and is_utf8 else None

    def _usual_rows(self) -> Iterator[RawRow]:
        at = self._start + len(_OPEN)
        while at < self._stop:
            end = self._data.rfind(_END, at, min(at + _AT_ONCE, self._stop))
            if end < 0:
                end = self._data.find(_END, at, self._stop)
            if end < 0:
                end = self._stop
            for row in self._text(at, end).split(_END.decode()):
                yield from self._rows_in(row)
            at = end + len(_END)

    def _text(self, start: int, end: int) -> str:
        try:
            return self._data[start:end].decode()
        except UnicodeDecodeError as error:
            raise _damaged() from error

    def _rows_in(self, text: str) -> Iterator[RawRow]:
        """Empty rows and at most one other, without its end tag."""
        text = text.strip()
        at = 0
        while at < len(text):
            start = _ROW.match(text, at)
            if start is None:
                yield from self._fragment(f"{text[at:]}</row>")
                return
            at = start.end()
            number, is_hidden, is_empty = _row_settings(*start.groups())
            if is_empty:
                yield RawRow(number, is_hidden, ())
                continue
            cells = self._cells(_CELL.findall(text, at))
            if cells is None:
                yield from self._fragment(f"{text[start.start() :]}</row>")
            else:
                yield RawRow(number, is_hidden, cells)
            return

    def _cells(self, found: Sequence[tuple[str, ...]]) -> list[RawCell] | None:
        """The cells of a row; None if one is written in another way."""
        columns, looks = self._columns, self._looks
        cells: list[RawCell] = []
        for letters, attributes, calculation, value, text in found:
            look = looks.get(attributes) or self._look(attributes)
            if look is None or not letters:
                return None
            column = columns.get(letters)
            if column is None:
                column = columns[letters] = column_number(letters)
            written = value or text
            if "&" in written:
                written = html.unescape(written)
            cells.append((column, look, _formula(calculation) if calculation else None, written))
        return cells

    def _look(self, attributes: str) -> Look | None:
        match = _LOOK.fullmatch(attributes)
        if match is None:
            return None
        look = match[1] or match[3] or "", match[2] or ""
        if len(self._looks) < _MOST_LOOKS:
            self._looks[attributes] = look
        return look

    def _fragment(self, rows: str) -> Iterator[RawRow]:
        try:
            xml = self._root + rows.encode() + b"</worksheet>"
            root = etree.fromstring(xml, _parser())
        except etree.XMLSyntaxError as error:
            raise _damaged() from error
        yield from (self._parsed(row) for row in root if local_name(row) == "row")

    def _parsed(self, row: etree._Element) -> RawRow:
        written = row.get("r") or ""
        number = int(written[:9]) - 1 if written.isascii() and written.isdecimal() else -1
        is_hidden = row.get("hidden") in TRUE or row.get("ht") == "0"
        cells: list[RawCell] = []
        column = -1
        for cell in row:
            if local_name(cell) == "c":
                match = _REFERENCE.fullmatch(cell.get("r") or "")
                column = column_number(match[1]) if match else column + 1
                cells.append(_parsed_cell(cell, column))
        return RawRow(number, is_hidden, cells)


_WORKSHEETS = frozenset(f"{{{namespace}}}worksheet" for namespace in SPREADSHEET)


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True,
        remove_pis=True,
    )  # fmt: skip


def _parsed_cell(cell: etree._Element, column: int) -> RawCell:
    written, formula = "", None
    for inside in cell:
        name = local_name(inside)
        if name == "v":
            written = inside.text or ""
        elif name == "f":
            formula = inside.text or ""
        elif name == "is":
            written = text_of(inside)
    style = cell.get("s") or ""
    if cell.get("vm") and cell.get("t") == "e":
        return column, (style, RICH), formula or "", ""
    return column, (style, cell.get("t") or ""), formula, written


def _formula(element: str) -> str:
    """The text of an `f` element as written."""
    return html.unescape(element.partition(">")[2].removesuffix("</f>"))


def _row_settings(number: str | None, attributes: str, end: str) -> tuple[int, bool, bool]:
    """The number of a row, whether it is hidden, and whether it has no cells."""
    if number and "h" not in attributes:  # neither `hidden` nor `ht`
        return int(number) - 1, False, bool(end)
    values = dict(_ATTRIBUTE.findall(attributes))
    written = number or values.get("r", "")
    place = int(written[:9]) - 1 if written.isascii() and written.isdecimal() else -1
    return place, values.get("hidden") in TRUE or values.get("ht") == "0", bool(end)


def _whole(element: etree._Element, name: str) -> int:
    value = (element.get(name) or "").partition(".")[0]
    return int(value[:7]) if value.isascii() and value.isdecimal() else 0


def cell_range(reference: str) -> Sequence[Merge]:
    """The range of a reference such as `A2:B3`; nothing for anything else."""
    match = _REFERENCE.fullmatch(reference)
    if match is None or match[3] is None:
        return ()
    left, right = column_number(match[1]), column_number(match[3])
    return [(int(match[2]) - 1, left, int(match[4]) - 1, right)]


def column_number(letters: str) -> int:
    """The number of a column from 0: `A` is 0, `AA` 26."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return min(number, MOST_COLUMN) - 1


def column_letters(column: int) -> str:
    letters = ""
    column += 1
    while column > 0:
        column, letter = divmod(column - 1, 26)
        letters = chr(65 + letter) + letters
    return letters


def _damaged() -> CorruptDocument:
    return CorruptDocument("A worksheet is not well-formed XML. Save it again.")
