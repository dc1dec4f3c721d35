"""XLSB workbooks: the parts of XLSX as binary records (MS-XLSB). Numbers are sections of it."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence

from documents.document import BlockKind
from documents.draft import Draft
from documents.ooxml.formats.styles import Styles, code_of
from documents.ooxml.formats.values import (
    Shown,
    number_writer,
    one_line,
    shown_bool,
    shown_text,
)
from documents.ooxml.package import Package
from documents.readers.sheets.binary_records import (
    ERRORS,
    real_number,
    records,
    rk_number,
    unsigned,
    wide_string,
)
from documents.readers.sheets.books import BookSheet, SheetRow, sorted_cells
from documents.readers.sheets.comments import page_line_sections
from documents.readers.sheets.rich_text import rich_text
from documents.readers.sheets.sizes import damaged
from documents.readers.sheets.tables import Cell, Merge, SheetLayout
from documents.readers.sheets.worksheet import MOST_COLUMN

# Records by their numbers (2.3.1).
_ROW, _BLANK, _RK, _ERROR, _BOOL, _REAL, _TEXT, _SHARED_TEXT = range(8)
_FORMULA_TEXT, _FORMULA_NUMBER, _FORMULA_BOOL, _FORMULA_ERROR, _RICH_TEXT = 8, 9, 10, 11, 62
_CELLS = frozenset((*range(_BLANK, _FORMULA_ERROR + 1), _RICH_TEXT))
# The same from blank cells to shared texts, without a column: the next one.
_NEXT_CELLS = range(12, 19)
_SHARED_STRING, _FORMAT, _STYLE, _COLUMNS, _PANE, _BOOK, _SHEET = 19, 44, 47, 60, 151, 153, 156
_MERGE, _PAGE_LINES, _STYLES, _END_STYLES, _COMMENT = 176, 479, 617, 618, 637
_FONT = 43
_FONTS = frozenset((_FONT,))
_SHEET_DATA_END = 146
_OF_LAYOUT = frozenset((_COLUMNS, _PANE, _MERGE, _PAGE_LINES))
_PAGE_LINE_KINDS = (BlockKind.header, BlockKind.footer)
_MOST_MERGES = 200_000
_MOST_KNOWN = 50_000
_MOST_LOOKS = 10_000
_LONG = 12  # characters
# A cell with a number: its column, its style with flags, its value (2.4.726).
_REAL_CELL = struct.Struct("<IId")
_STYLE_BITS = 0xFFFFFF
_FLAGS = 2  # bytes before the texts of headers and footers


class XlsbBook:
    """The parts of a workbook that its sheets share. Raises a `DocumentError`."""

    def __init__(self, package: Package, main: str) -> None:
        self._package = package
        self._from_1904 = False
        self.sheets: Sequence[BookSheet] = list(self._read(main))
        self.styles = _styles(self._related(main, "/styles"), from_1904=self._from_1904)
        self.positions = _positions(self._related(main, "/styles"))
        self.strings = [
            rich_text(body, 0, self.positions)
            for kind, body in records(self._related(main, "/sharedStrings"))
            if kind == _SHARED_STRING
        ]

    def content(self, sheet: BookSheet, draft: Draft) -> XlsbSheet:  # noqa: ARG002 - as a `Book`
        return XlsbSheet(self, self._data(sheet.part))

    def comments(self, *, is_hidden: bool) -> Iterator[str]:
        """The comments on cells of the hidden sheets, or of the others (2.4.331)."""
        for sheet in self.sheets:
            if sheet.is_hidden is not is_hidden:
                continue
            for part in self._package.all_related(sheet.part, "/comments"):
                for kind, body in records(self._data(part)):
                    if kind == _COMMENT:
                        yield wide_string(body, 1)[0]

    def _read(self, main: str) -> Iterator[BookSheet]:
        parts = {
            id_: (target, type_.rpartition("/")[2])
            for id_, type_, target, is_external in self._package.relations(main)
            if not is_external
        }
        for kind, body in records(self._data(main)):
            if kind == _BOOK:
                self._from_1904 = bool(unsigned(body, 0, 1) & 1)
            elif kind == _SHEET:
                state = unsigned(body, 0)
                relation, at = wide_string(body, 8)
                part, type_ = parts.get(relation, ("", ""))
                if part not in self._package:
                    raise damaged()
                yield BookSheet(one_line(wide_string(body, at)[0]), part, type_, state != 0)

    def _related(self, main: str, kind: str) -> bytes:
        part = self._package.related(main, kind)
        return self._data(part) if part else b""

    def _data(self, part: str) -> bytes:
        data = self._package.data(part)
        if data is None:
            raise damaged()
        return data


def _styles(data: bytes, *, from_1904: bool) -> Styles:
    """The number formats of the styles of cells (2.1.7.51)."""
    written: dict[int, str] = {}
    codes: list[int] = []
    are_cells = False
    for kind, body in records(data):
        if kind == _FORMAT:
            written[unsigned(body, 0, 2)] = wide_string(body, 2)[0]
        elif kind in {_STYLES, _END_STYLES}:
            are_cells = kind == _STYLES
        elif kind == _STYLE and are_cells:
            codes.append(unsigned(body, 2, 2))
    return Styles([code_of(str(one), written) for one in codes], from_1904=from_1904)


def _positions(data: bytes) -> Sequence[int]:
    """Whether the fonts of cells are raised (1) or lowered (2), by their numbers (2.4.149)."""
    return [unsigned(body, 6, 2) for kind, body in records(data, _FONTS) if kind == _FONT]


class XlsbSheet:
    """One sheet. Raises `CorruptDocument`."""

    def __init__(self, book: XlsbBook, data: bytes) -> None:
        self._strings, self._styles = book.strings, book.styles
        self._positions = book.positions
        self._data = data
        self._page_lines: list[str] = []
        self._layout = self._read_layout()
        self._writers: dict[int, Callable[[str], Shown]] = {}
        self._room = iter(range(_MOST_KNOWN))

    def layout(self) -> SheetLayout:
        return self._layout

    def page_lines(self) -> Iterator[tuple[BlockKind, str]]:
        for at, line in enumerate(self._page_lines):
            kind = _PAGE_LINE_KINDS[at % len(_PAGE_LINE_KINDS)]
            yield from ((kind, section) for section in page_line_sections(line))

    def rows(self) -> Iterator[SheetRow]:
        number, is_hidden = -1, False
        cells: list[Cell] = []
        unshown: list[Cell] = []
        column = -1
        for kind, body in records(self._data):
            if kind == _REAL and len(body) == _REAL_CELL.size:  # most cells
                column, style, value = _REAL_CELL.unpack(body)
                text, raw = self._number(style & _STYLE_BITS, value)
                if column < MOST_COLUMN and (text or raw):
                    (cells if text else unshown).append((column, text, raw))
            elif kind in {_ROW, _SHEET_DATA_END}:
                yield SheetRow(number, sorted_cells(cells), unshown, is_hidden)
                if kind == _SHEET_DATA_END:
                    return
                number = max(number + 1, unsigned(body, 0))
                # A row of no height (2.4.750).
                is_hidden = bool(unsigned(body, 11, 1) & 0x10)
                cells, unshown, column = [], [], -1
            elif kind in _CELLS or kind in _NEXT_CELLS:
                if kind in _CELLS:
                    column = unsigned(body, 0)
                    text, raw = self._shown(kind, body, 4)
                else:
                    column += 1
                    text, raw = self._shown(kind - _NEXT_CELLS.start + _BLANK, body, 0)
                if column < MOST_COLUMN and (text or raw):
                    (cells if text else unshown).append((column, text, raw))
        yield SheetRow(number, sorted_cells(cells), unshown, is_hidden)

    def _shown(self, kind: int, body: bytes, at: int) -> Shown:
        """The text of a cell as shown, and its value where it differs (2.5.9).

        `at` is the place of its style in the record.
        """
        style, at = unsigned(body, at, 3), at + 4
        if kind in {_REAL, _FORMULA_NUMBER}:
            return self._number(style, real_number(body, at))
        if kind == _RK:
            return self._number(style, rk_number(unsigned(body, at)))
        if kind == _SHARED_TEXT:
            index = unsigned(body, at)
            text = self._strings[index] if index < len(self._strings) else ""
        elif kind == _RICH_TEXT:
            text = rich_text(body, at, self._positions)
        elif kind in {_TEXT, _FORMULA_TEXT}:
            text = one_line(wide_string(body, at)[0])
        elif kind in {_BOOL, _FORMULA_BOOL}:
            return shown_bool(value=unsigned(body, at, 1) != 0), ""
        elif kind in {_ERROR, _FORMULA_ERROR}:
            return ERRORS.get(unsigned(body, at, 1), "#ERROR!"), ""
        else:
            return "", ""
        return shown_text(text, self._styles.of(str(style)))

    def _number(self, style: int, value: float) -> Shown:
        writer = self._writers.get(style)
        if writer is None:
            writer = number_writer(self._styles.of(str(style)), self._room)
            if len(self._writers) < _MOST_LOOKS:
                self._writers[style] = writer
        written = repr(value)
        # As other programs write whole numbers, unless they are long.
        return writer(written[:-2] if written[-2:] == ".0" and len(written) < _LONG else written)

    def _read_layout(self) -> SheetLayout:
        merges: list[Merge] = []
        hidden: set[int] = set()
        heads = end = 0
        for kind, body in records(self._data, _OF_LAYOUT):
            if kind == _COLUMNS:
                if unsigned(body, 16, 1) & 1 or not unsigned(body, 8):
                    first, last = unsigned(body, 0), min(unsigned(body, 4), MOST_COLUMN - 1)
                    # Ranges are in order: those that overlap would take long.
                    hidden.update(range(max(first, end), last + 1))
                    end = max(end, last + 1)
            elif kind == _PANE:
                if unsigned(body, 28, 1) & 1:
                    heads = int(min(max(real_number(body, 8), 0), 1 << 20))
            elif kind == _MERGE and len(merges) < _MOST_MERGES:
                top, bottom, left, right = (unsigned(body, at) for at in (0, 4, 8, 12))
                merges.append((top, left, bottom, right))
            elif kind == _PAGE_LINES:
                at = _FLAGS
                for _ in range(6):  # of odd, even and first pages
                    line, at = wide_string(body, at)
                    self._page_lines.append(line)
        return SheetLayout(merges, frozenset(hidden), heads)
