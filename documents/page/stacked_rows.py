"""The rows of a table whose cells wrap, told by the distances of their lines.

The lines of one cell follow one another at a fixed distance, and the next row begins further below.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median

from documents.page.cell_lines import continues
from documents.page.page_lines import Line

_LEAST_ROWS = 3
_STEP = 0.07  # in heights of a line: how much the distances of lines of one cell differ
_LEAST_STEPS = 2  # between lines of one cell
_MOST_TRIES = 3
_CONTINUING = 0.7  # of the lines at this distance: those that had no room on the line above
_LEVEL = 0.35  # in heights: how far the tops, middles or bottoms of cells of a row may differ
_GOOD = 0.8  # of the rows: those whose cells are level, one in each column
Cell = list[Line]


def stacked_rows(
    columns: Sequence[Sequence[Line]], widths: Sequence[float]
) -> list[list[Cell]] | None:
    """The rows of a table: for each, the lines of its cell in each column.

    `columns` are the lines of each column, one for each line of a cell, and `widths` how wide they
    are. None if the distances of the lines show no rows: no cell wraps, lines of one cell are as
    far apart as rows, or the columns are those of running text.
    """
    stands = [sorted(column, key=_middle) for column in columns]
    every = [line for column in stands for line in column]
    height = median([line.height for line in every] or [0.0])
    for most in _most_steps(stands, widths, height):
        rows = _rows([list(_stacks(column, most)) for column in stands], height)
        several = [row for row in rows if sum(map(bool, row)) > 1]
        good = sum(_is_row(row, height) for row in several)
        if good >= max(_LEAST_ROWS, _GOOD * len(rows)) and _are_wrapped(rows):
            return [[[line for stack in cell for line in stack] for cell in row] for row in rows]
    return None


def _middle(line: Line) -> float:
    return (line.box[1] + line.box[3]) / 2


def _step(above: Line, below: Line) -> float:
    """The distance of two lines: some characters reach lower than others, or begin lower."""
    return min(below.box[1] - above.box[1], _middle(below) - _middle(above))


def _most_steps(
    columns: Sequence[Sequence[Line]], widths: Sequence[float], height: float
) -> Iterator[float]:
    """The largest distance of two lines of one cell, as the most usual distances suggest it."""
    steps = sorted(
        (_step(above, below), continues(above, below, width))
        for column, width in zip(columns, widths, strict=True)
        for above, below in pairwise(column)
    )
    inner = [step for step, is_rest in steps if is_rest]
    reach = _STEP * height
    for _ in range(_MOST_TRIES):
        counts = [bisect_right(inner, step + reach) - at for at, step in enumerate(inner)]
        count = max(counts, default=0)
        if count < _LEAST_STEPS:
            return
        at = counts.index(count)
        most = inner[at] + reach
        near = [is_rest for step, is_rest in steps if step <= most]
        if len(near) < len(steps) and sum(near) >= _CONTINUING * len(near):
            yield most
        del inner[at : at + count]


def _stacks(column: Sequence[Line], most: float) -> Iterator[Cell]:
    """The lines of each cell of a column."""
    stack: Cell = []
    for line in column:
        if stack and _step(stack[-1], line) > most:
            yield stack
            stack = []
        stack.append(line)
    if stack:
        yield stack


def _rows(stacks: Sequence[Sequence[Cell]], height: float) -> list[list[list[Cell]]]:
    """The cells that stand beside one another: for each column, those in it."""
    placed = sorted(
        ((cell[0].box[1], at, cell) for at, column in enumerate(stacks) for cell in column),
        key=lambda one: one[0],
    )
    rows: list[list[list[Cell]]] = []
    bottom = 0.0
    for top, at, cell in placed:
        if not rows or top > bottom - _STEP * height:
            rows.append([[] for _ in stacks])
        rows[-1][at].append(cell)
        bottom = max(bottom, cell[-1].box[3])
    return rows


def _are_wrapped(rows: Sequence[Sequence[Sequence[Cell]]]) -> bool:
    """Whether most rows with lines of one cell are no rows of one line each, nor columns of text.

    Cells wrap to different numbers of lines, and in other rows than the first and the last, which
    may be text above and below the table.
    """
    inner = [
        len(set(lengths)) > 1
        for row in rows[1:-1]
        if max(lengths := [len(cell) for cells in row for cell in cells]) > 1
    ]
    return bool(inner) and 2 * sum(inner) >= len(inner)


def _is_row(row: Sequence[Sequence[Cell]], height: float) -> bool:
    """Whether there is one cell in each column, and they are level at one of their edges."""
    if any(len(cells) > 1 for cells in row):
        return False
    tops, bottoms = zip(
        *((_middle(cells[0][0]), _middle(cells[0][-1])) for cells in row if cells), strict=True
    )
    middles = [(top + bottom) / 2 for top, bottom in zip(tops, bottoms, strict=True)]
    return any(max(ends) - min(ends) <= _LEVEL * height for ends in (tops, middles, bottoms))
