"""Builds a table from the lines of text in the cells of a ruled grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from documents.page.blocks import Line, TableBlock
from documents.page.cell_lines import words
from documents.page.cell_rows import divided
from documents.page.open_columns import Texts, with_columns
from documents.page.rulings import Grid, span
from documents.table import Grid as Cells

_FIRST = 6  # rows of whose cells the first lines are kept


def ruled_table(grid: Grid, texts: Texts, rows: Sequence[int] = ()) -> TableBlock:
    """The table of a grid, or of consecutive ruled rows of it.

    A cell over several fields is a span. A ruled row becomes several rows where the lines in its
    cells stand level (`cell_rows`); cells that go on in the next ruled row span all of them.
    """
    grid, texts = with_columns(grid, texts)
    some = rows or range(len(grid.ys) - 1)
    found = {row: _Row(grid, row, texts) for row in some}
    first = {some[0]: 0}
    for above, below in pairwise((*some, some[-1] + 1)):
        first[below] = first[above] + len(found[above].parts)
    built = Cells()
    lines: dict[int, dict[int, Sequence[Line]]] = {}
    for cell in dict.fromkeys(cell for row in some for cell in fields(grid, row)):
        row, column = divmod(cell, grid.columns)
        down, across = span(grid, cell)
        place, end = first.get(row, 0), first.get(row + down, first[some[-1] + 1])
        parts = found[row].parts_of(cell) if row in found else None
        down = 1 if parts else end - place
        for at, part in enumerate(parts or [texts.get(cell, ())], start=place):
            built.place(at, column, words(part), down, across)
            if part:
                lines.setdefault(at, {})[column] = part if down == 1 else ()
    left, right = grid.xs[0], grid.xs[-1]
    block = TableBlock.of(built, (left, grid.ys[some[0]], right, grid.ys[some[-1] + 1]), grid.xs)
    kept = [lines[row] for row in sorted(lines)]
    return replace(
        block,
        is_ruled=True,
        is_open_above=grid.is_open_above and some[0] == 0,
        is_open_below=grid.is_open_below and some[-1] == len(grid.ys) - 2,
        first_lines=tuple({at: own[0] for at, own in row.items() if own} for row in kept[:_FIRST]),
        last_lines={at: own[-1] for at, own in kept[-1].items() if own} if kept else {},
    )


class _Row:
    """A ruled row, divided into rows: `parts` has the lines of each cell in each of them."""

    def __init__(self, grid: Grid, row: int, texts: Texts) -> None:
        self._cells = [
            cell
            for cell in dict.fromkeys(fields(grid, row))
            if span(grid, cell)[0] == 1 and texts.get(cell)
        ]
        self.parts = divided([(texts[cell], width(grid, cell)) for cell in self._cells])

    def parts_of(self, cell: int) -> list[Sequence[Line]] | None:
        """The lines of a cell by row; None for a cell beside all rows."""
        if len(self.parts) < 2 or cell not in self._cells:
            return None
        at = self._cells.index(cell)
        return [part[at] for part in self.parts]


def fields(grid: Grid, row: int) -> tuple[int, ...]:
    """The cell of each field of a row."""
    return grid.cells[row * grid.columns : (row + 1) * grid.columns]


def width(grid: Grid, cell: int) -> float:
    column = cell % grid.columns
    return grid.xs[column + span(grid, cell)[1]] - grid.xs[column]
