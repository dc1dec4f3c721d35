"""Finds tables by the lines drawn around their cells."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from documents.page.blocks import Box, PageBlock

_MOST_CELLS = 20_000
_LEAST_ROW = 4.0  # the least height of an open row, in distances at which lines meet


@dataclass(frozen=True, slots=True)
class Ruling:
    """A horizontal or vertical line from `start` to `end`, at `at` on the other axis."""

    at: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Grid:
    """A ruled table: the positions of its lines, and the cell of each field.

    Fields are numbered row by row. `cells` has, for each field, the first field of its cell. A
    table that is open above or below has no line at that end of its columns.
    """

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    cells: tuple[int, ...]
    is_open_above: bool = False
    is_open_below: bool = False

    @property
    def box(self) -> Box:
        return self.xs[0], self.ys[0], self.xs[-1], self.ys[-1]

    @property
    def columns(self) -> int:
        return len(self.xs) - 1

    def cell_at(self, x: float, y: float) -> int | None:
        """The cell that contains a point; None outside the table."""
        column, row = bisect_right(self.xs, x) - 1, bisect_right(self.ys, y) - 1
        if not (0 <= column < self.columns and 0 <= row < len(self.ys) - 1):
            return None
        return self.cells[row * self.columns + column]


def grids(along: Sequence[Ruling], down: Sequence[Ruling], near: float) -> list[Grid]:
    """The tables of at least two rows and two columns that lines form.

    Lines closer than `near` are considered to meet.
    """
    rows, columns = merged(along, near), merged(down, near)
    found = []
    for some_rows, some_columns in _meeting(rows, columns, near):
        grid = _grid(some_rows, some_columns, near)
        if grid is not None:
            found.append(grid)
    return found


def span(grid: Grid, cell: int) -> tuple[int, int]:
    """The rows and columns that a cell covers."""
    columns, cells = grid.columns, grid.cells
    row, column = divmod(cell, columns)
    right = column
    while right + 1 < columns and cells[row * columns + right + 1] == cell:
        right += 1
    below = row
    while (below + 1) * columns + column < len(cells) and (
        cells[(below + 1) * columns + column] == cell
    ):
        below += 1
    return below - row + 1, right - column + 1


def insert_tables(blocks: Sequence[PageBlock], tables: Iterable[PageBlock]) -> list[PageBlock]:
    """The blocks of a page with each table inserted after what is above it, and
    before what is below."""
    found = list(blocks)
    for table in tables:
        beside = [(at, one) for at, one in enumerate(found) if _share_width(one.box, table.box)]
        above = [at for at, block in beside if block.box[1] < table.box[1]]
        # A running head can follow the text in the file.
        below = [at for at, block in beside if block.box[1] >= table.box[3]]
        place = above[-1] + 1 if above else 0
        found.insert(min(place, below[0]) if below else place, table)
    return found


def _share_width(one: Box, other: Box) -> bool:
    return min(one[2], other[2]) > max(one[0], other[0])


def merged(rulings: Sequence[Ruling], near: float) -> list[Ruling]:
    """Join the pieces of a line: often each cell draws its own edge."""
    lines: list[list[Ruling]] = []
    for ruling in sorted(rulings, key=lambda one: one.at):
        if lines and ruling.at - lines[-1][0].at <= near:
            lines[-1].append(ruling)
        else:
            lines.append([ruling])
    merged: list[Ruling] = []
    for line in lines:
        pieces = sorted(line, key=lambda one: one.start)
        merged.append(pieces[0])
        for piece in pieces[1:]:
            last = merged[-1]
            if piece.start <= last.end + near:
                merged[-1] = Ruling(last.at, last.start, max(last.end, piece.end))
            else:
                merged.append(Ruling(last.at, piece.start, piece.end))
    return merged


def _meeting(
    rows: Sequence[Ruling], columns: Sequence[Ruling], near: float
) -> list[tuple[list[Ruling], list[Ruling]]]:
    """Groups of lines that are connected."""
    unused = set(range(len(columns)))
    todo = set(range(len(rows)))
    groups = []
    while todo:
        some_rows, some_columns, fresh = set[int](), set[int](), {todo.pop()}
        while fresh:
            some_rows |= fresh
            met = {at for at in unused if any(_meet(rows[row], columns[at], near) for row in fresh)}
            unused -= met
            some_columns |= met
            fresh = {row for row in todo if any(_meet(rows[row], columns[at], near) for at in met)}
            todo -= fresh
        groups.append(([rows[at] for at in some_rows], [columns[at] for at in some_columns]))
    return groups


def _meet(row: Ruling, column: Ruling, near: float) -> bool:
    return (
        row.start - near <= column.at <= row.end + near
        and column.start - near <= row.at <= column.end + near
    )


def _grid(rows: Sequence[Ruling], columns: Sequence[Ruling], near: float) -> Grid | None:
    xs, ys = _positions(columns, near), _positions(rows, near)
    if len(xs) < 2 or not ys:
        return None
    top, bottom = (
        _open_edge(columns, xs, edge, near, way) for edge, way in ((ys[0], -1), (ys[-1], 1))
    )
    ys = [*top, *ys, *bottom]
    across, down = len(xs) - 1, len(ys) - 1
    if across < 2 or down < 2 or across * down > _MOST_CELLS:
        return None
    cells = list(range(across * down))
    for row in range(down):
        for column in range(across):
            at = row * across + column
            x, y = (xs[column] + xs[column + 1]) / 2, (ys[row] + ys[row + 1]) / 2
            if column and not _divided(columns, xs[column], y, near):
                cells[at] = cells[at - 1]
            elif row and not _divided(rows, ys[row], x, near):
                cells[at] = cells[at - across]
    if len(set(cells)) <= 3:
        return None
    return Grid(tuple(xs), tuple(ys), tuple(cells), bool(top), bool(bottom))


def _open_edge(
    columns: Sequence[Ruling], xs: Sequence[float], edge: float, near: float, way: int
) -> list[float]:
    """Where the vertical lines of a table end beyond its outermost horizontal one.

    A row that a page break divides has no line there. `way` is -1 above the table and 1 below it.
    """
    ends = [
        max(way * (one.start if way < 0 else one.end) for one in columns if abs(one.at - x) <= near)
        for x in xs
    ]
    beyond = [end for end in ends if end > way * edge + _LEAST_ROW * near]
    if len(beyond) < max(2, len(xs) - 1) or max(beyond) - min(beyond) > 2 * near:
        return []
    return [way * max(beyond)]


def _positions(rulings: Sequence[Ruling], near: float) -> list[float]:
    positions: list[float] = []
    for at in sorted(ruling.at for ruling in rulings):
        if not positions or at - positions[-1] > 2 * near:
            positions.append(at)
    return positions


def _divided(rulings: Sequence[Ruling], position: float, middle: float, near: float) -> bool:
    return any(
        abs(ruling.at - position) <= 2 * near and ruling.start <= middle <= ruling.end
        for ruling in rulings
    )
