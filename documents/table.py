"""A table as a grid of cells, some of which span several rows or columns."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

# Tabs separate cells, and line feeds separate rows.
_BREAKS = re.compile(r"[\t\n\r\v\f\x85\u2028\u2029]+")
MOST_COLUMNS = 1_000
"""A wider span is cut: it would make every row of the text as long."""
# Empty positions below and beside cells with spans. Where there are more, spans are left out: a
# short file could otherwise say that a text has billions of them.
_MOST_EMPTY = 1_000_000


@dataclass(frozen=True, slots=True)
class Span:
    """A cell that covers `rows` rows from `row`, and `columns` columns from `column` (from 0)."""

    row: int
    column: int
    rows: int
    columns: int


@dataclass(frozen=True, slots=True)
class TablePart:
    """The part of a table on one page: its first row, and the offset of that row's text, both from
    the table's start. A row that begins on the page before belongs to that page.
    """

    row: int
    offset: int
    page: int
    box: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Table:
    """What a table's text does not say. `start` is the offset of its block in the document's text.

    In the text each row is a line and cells are separated by tabs. A cell with a span has its text
    at its first position, and the other positions are empty. `head_rows` is the number of rows at
    the top that are headers, as far as the format says so. `raw` has lines and tabs like the text,
    and at the position of a cell the value that the file stores, where the text shows it in another
    form, such as `0.853` for `85.30%`; empty if no cell has one. `parts` are those of a table over
    several pages; empty for any other.
    """

    start: int
    spans: tuple[Span, ...] = ()
    head_rows: int = 0
    raw: str = ""
    parts: tuple[TablePart, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether the text says everything."""
        return not (self.spans or self.head_rows or self.raw or self.parts)


class TableText(Protocol):
    """A table that has been collected: its text, and the rest with `start` 0."""

    def finish(self) -> tuple[str, Table]: ...


class Grid:
    """Collects the cells of a table. `head_rows`: how many rows at the top are headers."""

    def __init__(self, head_rows: int = 0) -> None:
        self.head_rows = head_rows
        self._texts: dict[int, dict[int, str]] = {}
        self._spans: list[Span] = []
        # The first row of each column that no cell covers.
        self._free: dict[int, int] = {}
        self._next_row = 0
        self._empty = 0

    def add_row(self, cells: Iterable[tuple[str, int, int]]) -> None:
        """Append a row of cells: text, rows and columns. Positions that a cell of an earlier row
        covers are skipped, as in HTML.
        """
        row, column = self._next_row, 0
        for text, rows, columns in cells:
            while self._free.get(column, 0) > row and self._empty < _MOST_EMPTY:
                column += 1
                self._empty += 1
            width = max(1, min(columns, MOST_COLUMNS, _MOST_EMPTY - self._empty))
            self._empty += width - 1
            self.place(row, column, text, rows, width)
            column += width
        self._next_row = row + 1

    def place(self, row: int, column: int, text: str, rows: int = 1, columns: int = 1) -> None:
        """Set the text of a cell, and what it covers."""
        rows, columns = max(1, rows), max(1, min(columns, MOST_COLUMNS))
        self._texts.setdefault(row, {})[column] = _one_line(text)
        for covered in range(column, column + columns):
            self._free[covered] = max(self._free.get(covered, 0), row + rows)
        if rows > 1 or columns > 1:
            self._spans.append(Span(row, column, rows, columns))
        self._next_row = max(self._next_row, row + 1)

    def finish(self) -> tuple[str, Table]:
        """The text, and the rest with `start` 0. Rows without text are left out of both."""
        kept = [row for row in sorted(self._texts) if any(self._texts[row].values())]
        text = "\n".join(_line(self._texts[row]) for row in kept)
        spans = tuple(filter(None, (_moved(span, kept) for span in self._spans)))
        return text, Table(0, spans, bisect_left(kept, self.head_rows))


def _one_line(text: str) -> str:
    return " ".join(filter(None, map(str.strip, _BREAKS.split(text))))


def _line(cells: dict[int, str]) -> str:
    last = max(column for column, text in cells.items() if text)
    return "\t".join(cells.get(column, "") for column in range(last + 1))


def _moved(span: Span, kept: Sequence[int]) -> Span | None:
    """A span among the rows that are kept; None if it covers one position or none."""
    row, end = bisect_left(kept, span.row), bisect_left(kept, span.row + span.rows)
    if end == row or (end - row == 1 and span.columns == 1):
        return None
    return Span(row, span.column, end - row, span.columns)
