"""Divides the cells of a ruled grid whose words stand in columns that other rows have rules for."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace

from documents.page.page_lines import Line, together
from documents.page.rulings import Grid, span

_LEAST = 3  # cells: the words of fewer may stand so by chance
_OVER = 0.2  # in heights: how far words may reach over a rule that is not drawn
Texts = Mapping[int, Sequence[Line]]


def with_columns(grid: Grid, texts: Texts) -> tuple[Grid, Texts]:
    """The grid and the lines of its cells, with cells divided whose rules are missing.

    Often only the head of a table has rules between columns. A cell over several columns is divided
    if each of its words stands in one of them, and so do those of several other cells.
    """
    found = {
        cell: pieces
        for cell in dict.fromkeys(grid.cells)
        if texts.get(cell) and span(grid, cell)[1] > 1 and span(grid, cell)[0] == 1
        if len(pieces := _by_column(grid, texts[cell])) > 1
    }
    if len(found) < _LEAST:
        return grid, texts
    cells, divided = list(grid.cells), dict(texts)
    for cell, pieces in found.items():
        across, row = span(grid, cell)[1], cell // grid.columns
        cells[cell : cell + across] = range(cell, cell + across)
        del divided[cell]
        divided.update({row * grid.columns + column: own for column, own in pieces.items()})
    return replace(grid, cells=tuple(cells)), divided


def _by_column(grid: Grid, lines: Sequence[Line]) -> dict[int, list[Line]]:
    """The lines of a cell by column; empty if words stand in several columns."""
    found: dict[int, list[Line]] = {}
    for line in lines:
        own: dict[int, list[Line]] = {}
        for piece in line.parts or (line,):
            over = _OVER * line.height
            first = bisect_right(grid.xs, piece.box[0] + over) - 1
            last = bisect_right(grid.xs, piece.box[2] - over) - 1
            if first != last:
                return {}
            own.setdefault(first, []).append(piece)
        for column, pieces in own.items():
            found.setdefault(column, []).append(together(pieces))
    return found
