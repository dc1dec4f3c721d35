"""Finds tables without rules whose cells wrap, by the places of their lines alone.

A program may write such a table cell by cell or line by line. To the order of lines it looks like
columns of text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median

from documents.page.blocks import TableBlock, table
from documents.page.cell_lines import words
from documents.page.page_lines import Line, around, together
from documents.page.stacked_rows import stacked_rows

_LEAST_COLUMNS = 3
_GUTTER = 0.3  # in heights of a line: the least space between columns
_STEP = 3.0  # likewise: the most space between two rows
_LAP = 0.07  # likewise: how far lines of two rows may overlap
_SURE = 3  # bands with words on both sides of a gutter: a line across it is below the table
_MOST_LINES = 1_000  # of a page that is searched
_MOST_BANDS = 200  # of a table
Span = tuple[float, float]
Band = list[Line]


def wrapped_tables(page: Sequence[Line]) -> tuple[list[Line], list[TableBlock]]:
    """The lines of a page outside such tables, and the tables from the top.

    A table has three columns and three rows, a white space between its columns, and larger ones
    between its rows than between the lines of a cell.
    """
    if len(page) > _MOST_LINES:
        return list(page), []
    bands = _bands(page)
    found: list[TableBlock] = []
    used: set[int] = set()
    at = 0
    while at < len(bands):
        start, end, columns = _region(bands, at)
        made = _table([part for band in bands[start:end] for part in band], columns)
        if made:
            built, lines = made
            found.append(built)
            used |= set(map(id, lines))
        # Lines above a table may have gaps of their own, which the table closes.
        at = end if len(columns) >= _LEAST_COLUMNS else at + 1
    left = [line for line in page if not any(id(part) in used for part in line.parts or (line,))]
    return left, found


def _bands(page: Sequence[Line]) -> list[Band]:
    """The parts of the lines between horizontal white spaces over the whole page."""
    parts = sorted((part for line in page for part in line.parts or (line,)), key=_top)
    bands: list[Band] = []
    bottom = 0.0
    for part in parts:
        if not bands or part.box[1] > bottom - _LAP * part.height:
            bands.append([])
        bands[-1].append(part)
        bottom = max(bottom, part.box[3])
    return bands


def _top(part: Line) -> float:
    return part.box[1]


def _region(bands: Sequence[Band], at: int) -> tuple[int, int, list[Span]]:
    """The first band, the end and the columns of what may be a table with a row in band `at`."""
    height = median(part.height for part in bands[at])
    columns = _joined([], bands[at], height)
    if len(columns) < 2:
        return at, at + 1, []
    end = at + 1
    most = min(len(bands), at + _MOST_BANDS)
    while end < most and _space(bands[end - 1], bands[end]) <= _STEP * height:
        more = _joined(columns, bands[end], height)
        is_across = any(_is_sure(bands[at:end], gutter) for gutter in _lost(columns, more))
        if len(more) < 2 or is_across:
            break
        columns, end = more, end + 1
    start = at
    while start and _space(bands[start - 1], bands[start]) <= height:
        if len(_joined(columns, bands[start - 1], height)) != len(columns):
            break
        start -= 1
    return start, end, columns


def _space(above: Band, below: Band) -> float:
    return min(part.box[1] for part in below) - max(part.box[3] for part in above)


def _joined(columns: Sequence[Span], band: Band, height: float) -> list[Span]:
    """The columns with the parts of a band in them."""
    found: list[Span] = []
    for left, right in sorted([*columns, *((part.box[0], part.box[2]) for part in band)]):
        if found and left - found[-1][1] < _GUTTER * height:
            found[-1] = (found[-1][0], max(right, found[-1][1]))
        else:
            found.append((left, right))
    return found


def _lost(before: Sequence[Span], after: Sequence[Span]) -> Iterator[Span]:
    """The gutters between columns that are closed afterwards."""
    for (_, left), (right, _) in pairwise(before):
        if any(start <= left and right <= end for start, end in after):
            yield left, right


def _is_sure(bands: Sequence[Band], gutter: Span) -> bool:
    left, right = gutter
    both = (
        any(part.box[2] <= left for part in band) and any(part.box[0] >= right for part in band)
        for band in bands
    )
    return sum(both) >= _SURE


def _table(parts: Sequence[Line], columns: Sequence[Span]) -> tuple[TableBlock, list[Line]] | None:
    """The table of lines in columns, and those of them that are in it; None if it is none."""
    if len(columns) < _LEAST_COLUMNS:
        return None
    stands: list[list[Line]] = [[] for _ in columns]
    for part in parts:
        at = next(at for at, (_, right) in enumerate(columns) if part.box[0] <= right)
        stands[at].append(part)
    # Parts of one line of a cell may stand apart.
    level = [[_whole(line) for line in _levels(stand)] for stand in stands]
    rows = stacked_rows(level, [right - left for left, right in columns])
    if rows is None:
        return None
    while rows and sum(map(bool, rows[0])) < 2:
        del rows[0]
    while rows and sum(map(bool, rows[-1])) < 2:
        del rows[-1]
    lines = [line for row in rows for cell in row for line in cell]
    box = around([line.box for line in lines])
    edges = (*(left for left, _ in columns), columns[-1][1])
    built = table([[words(cell) for cell in row] for row in rows], box, edges)
    return built, [part for line in lines for part in line.parts or (line,)]


def _whole(parts: Sequence[Line]) -> Line:
    return together(parts) if len(parts) > 1 else parts[0]


def _levels(stand: Sequence[Line]) -> list[list[Line]]:
    levels: list[list[Line]] = []
    for part in sorted(stand, key=lambda one: one.box[1] + one.box[3]):
        if levels and part.box[1] + part.box[3] < 2 * levels[-1][-1].box[3]:
            levels[-1].append(part)
        else:
            levels.append([part])
    return [sorted(level, key=lambda one: one.box[0]) for level in levels]
