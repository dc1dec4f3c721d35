"""The rows of a sheet as tables of a document; what is hidden is kept apart."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from documents.document import BlockKind
from documents.draft import Draft, too_many_chars
from documents.limits import MOST_BLOCKS, ReadLimits
from documents.table import MOST_COLUMNS, Span, Table

Cell = tuple[int, str, str]
"""Column from 0, text as shown, and the value beside it where it differs, else empty."""
Merge = tuple[int, int, int, int]
"""First row, first column, last row and last column of merged cells, from 0."""


@dataclass(frozen=True, slots=True)
class SheetLayout:
    """What a sheet says about its rows and columns, all counted from 0.

    `head_rows` is the number of rows at the top that stay in view.
    """

    merges: Sequence[Merge] = ()
    hidden_columns: Collection[int] = frozenset()
    head_rows: int = 0


@dataclass(slots=True)
class _Hidden:
    """Hidden rows and columns with cells, cells whose format shows nothing, and their text."""

    rows: int = 0
    columns: set[int] = field(default_factory=set)
    cells: int = 0
    lines: list[str] = field(default_factory=list)

    def names(self) -> Iterable[tuple[str, int]]:
        return ("row", self.rows), ("column", len(self.columns)), ("cell", self.cells)


class SheetTables:
    """Adds rows to a draft. Rows without an empty row between them are a table.

    Args:
        name: The name of the sheet.
        kind: `hidden` for a hidden sheet: all its rows are hidden content.
    """

    def __init__(
        self,
        draft: Draft,
        limits: ReadLimits,
        name: str,
        layout: SheetLayout,
        kind: BlockKind = BlockKind.table,
    ) -> None:
        self._draft, self._limits, self._name, self._kind = draft, limits, name, kind
        self._layout = layout
        self._merges = {(top, left): (bottom, right) for top, left, bottom, right in layout.merges}
        is_hidden = kind is BlockKind.hidden
        self._hidden_columns = [] if is_hidden else sorted(layout.hidden_columns)
        self._table = _SheetTable(layout.head_rows)
        self._covered = -1  # the last row that merged cells of this table cover
        self._carried: dict[int, tuple[Cell, tuple[int, int]]] = {}
        self._characters = 0
        self._hidden = _Hidden()
        self._hidden_rows: set[int] = set()

    def add(
        self,
        number: int,
        cells: list[Cell],
        unshown: Sequence[Cell] = (),
        *,
        is_hidden: bool = False,
    ) -> None:
        """Append a row, which has a higher number than the one before, with its cells in order.

        `unshown` are the cells whose format shows nothing. Raises `DocumentTooLong`.
        """
        if unshown:
            self._hidden.cells += len(unshown)
            self._keep_hidden(unshown)
        if is_hidden and self._kind is not BlockKind.hidden:
            self._hidden_rows.add(number)
            self._hide_row(number, cells)
            return
        if self._carried:
            cells = self._with_carried(number, cells)
        if self._hidden_columns:
            cells = self._shown(number, cells)
        if not cells:
            return
        if self._table.numbers and self._is_apart(number):
            self._end_table()
        self._add_line(number, cells)
        for column, _, _ in cells if self._merges else ():
            if corner := self._merges.get((number, column)):
                self._covered = max(self._covered, corner[0])
                left, right = self._place(column), self._place(corner[1] + 1)
                self._table.merges.append((number, left, corner[0], right - left))

    def _add_line(self, number: int, cells: list[Cell]) -> None:
        columns, texts, raws = zip(*cells, strict=True)
        if self._hidden_columns:
            columns = tuple(map(self._place, columns))
        width = columns[-1] - columns[0] + 1
        line, raw = "\t".join(texts), ""
        if width > len(cells):
            line = _with_gaps(columns, texts)
        self._count(len(line) + 1)
        if any(raws):
            raw = "\t".join(raws) if width == len(cells) else _with_gaps(columns, raws)
        self._table.add(number, columns[0], line, raw)

    def _place(self, column: int) -> int:
        """The index of a column among the columns that are not hidden."""
        return column - bisect_left(self._hidden_columns, column)

    def finish(self) -> list[str]:
        """Add the last table, and name what is hidden. Returns the hidden cells as lines."""
        self._end_table()
        is_named = self._kind is not BlockKind.hidden and not self._limits.hidden
        for what, count in self._hidden.names():
            if count and is_named:
                words = f"{count:,} hidden {what}{'' if count == 1 else 's'}"
                self._draft.leave_out(f"hidden {what}s", self._name, f"{words} not read")
        return self._hidden.lines

    def _is_apart(self, number: int) -> bool:
        """Whether an empty row is between this one and the last."""
        start = max(self._table.numbers[-1], self._covered) + 1
        return start < number and any(
            between not in self._hidden_rows for between in range(start, number)
        )

    def _end_table(self) -> None:
        if self._table.numbers:
            self._count(self._table.indents())
            self._draft.add_table(self._table, self._kind)
        self._table, self._covered = _SheetTable(self._layout.head_rows), -1

    def _shown(self, number: int, cells: Iterable[Cell]) -> list[Cell]:
        """The cells that are shown; the others are kept apart."""
        shown: list[Cell] = []
        hidden: list[Cell] = []
        for cell in cells:
            column = self._shown_column(number, cell[0])
            if column is None:
                self._hidden.columns.add(cell[0])
                hidden.append(cell)
            else:
                shown.append((column, *cell[1:]))
        self._keep_hidden(hidden)
        return shown

    def _shown_column(self, number: int, column: int) -> int | None:
        """The column in which a cell is shown: of merged cells the first that is not hidden."""
        if column not in self._layout.hidden_columns:
            return column
        bottom, right = self._merges.get((number, column), (number, column))
        for other in range(column + 1, min(right, column + MOST_COLUMNS) + 1):
            if other not in self._layout.hidden_columns:
                self._merges[number, other] = bottom, right
                return other
        return None

    def _hide_row(self, number: int, cells: Sequence[Cell]) -> None:
        hidden = []
        for cell in cells:
            corner = self._merges.get((number, cell[0]), (number, cell[0]))
            if corner[0] > number:
                # Merged cells are shown in the rows that are not hidden.
                self._carried[cell[0]] = cell, corner
            else:
                hidden.append(cell)
        self._hidden.rows += bool(hidden)
        self._keep_hidden(hidden)

    def _with_carried(self, number: int, cells: Sequence[Cell]) -> list[Cell]:
        """The cells with those of merged cells that begin in a hidden row."""
        carried = {column: one for column, one in self._carried.items() if one[1][0] >= number}
        self._carried = {}
        for column, (_, corner) in carried.items():
            self._merges[number, column] = corner
        others = [cell for cell in cells if cell[0] not in carried]
        return sorted([*others, *(cell for cell, _ in carried.values())])

    def _keep_hidden(self, cells: Sequence[Cell]) -> None:
        if cells and self._limits.hidden:
            texts = [text or raw for _, text, raw in cells]
            line = "\t".join(texts)
            self._count(len(line) + 1)
            self._hidden.lines.append(line)

    def _count(self, characters: int) -> None:
        """Raises `DocumentTooLong` before the text of a table takes the memory."""
        self._characters += characters
        # One line end is counted too many for each table.
        if self._characters > self._limits.max_chars + MOST_BLOCKS:
            raise too_many_chars(self._limits)


class _SheetTable:
    """Collects the lines of a table, each with the column where it begins."""

    def __init__(self, head_rows: int) -> None:
        self._head_rows = head_rows
        self.numbers: list[int] = []
        self._starts: list[int] = []
        self._lines: list[str] = []
        self._raw: list[str] = []
        # First row and column, last row, and number of columns.
        self.merges: list[Merge] = []

    def add(self, number: int, start: int, line: str, raw: str) -> None:
        self.numbers.append(number)
        self._starts.append(start)
        self._lines.append(line)
        self._raw.append(raw)

    def indents(self) -> int:
        """The number of tabs before the lines."""
        return sum(self._starts) - min(self._starts) * len(self._starts)

    def finish(self) -> tuple[str, Table]:
        first = min(self._starts)
        raw = self._joined(self._raw, first) if any(self._raw) else ""
        spans = filter(None, (self._span(*merge, first) for merge in self.merges))
        heads = bisect_left(self.numbers, self._head_rows)
        is_known = heads < len(self.numbers)
        return self._joined(self._lines, first), Table(
            0, tuple(spans), heads if is_known else 0, raw
        )

    def _joined(self, lines: Sequence[str], first: int) -> str:
        starts = self._starts
        return "\n".join(
            ["\t" * (at - first) + line for at, line in zip(starts, lines, strict=True)]
        )

    def _span(self, top: int, left: int, bottom: int, columns: int, first: int) -> Span | None:
        row = bisect_left(self.numbers, top)
        rows = max(1, bisect_left(self.numbers, bottom + 1) - row)
        columns = max(1, min(columns, MOST_COLUMNS))
        return Span(row, left - first, rows, columns) if rows > 1 or columns > 1 else None


def _with_gaps(columns: Sequence[int], texts: Sequence[str]) -> str:
    """The texts of cells between which others are empty."""
    pieces, at = [], columns[0]
    for column, text in zip(columns, texts, strict=True):
        pieces.append("\t" * (column - at) + text)
        at = column
    return "".join(pieces)
