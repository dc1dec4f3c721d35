"""The reading order of lines on a page.

A page is read from the top line by line, or column by column if it has two columns. Short lines
beside each other are cells of a table and not columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

Box = tuple[float, float, float, float]
_LEAST_LINES = 3  # of a column
_LEAST_WIDTH = 10.0  # of a column, in heights of a line
_LEAST_GUTTER = 0.8  # likewise
_FULL = 0.6  # of a column's width: most lines of running text are longer


def in_columns(boxes: Sequence[Box]) -> list[list[int]]:
    """The indexes of `boxes` in groups in reading order: columns, or the whole page."""
    everything = sorted(range(len(boxes)), key=lambda at: boxes[at][1])
    gutter = _gutter(boxes, everything)
    if gutter is None:
        return [everything] if everything else []
    return _bands(boxes, everything, gutter)


def in_rows(boxes: Sequence[Box], indexes: Sequence[int]) -> list[list[int]]:
    """Group `indexes` into rows from the top, each from the left."""
    rows: list[list[int]] = []
    for index in sorted(indexes, key=lambda at: (boxes[at][1] + boxes[at][3]) / 2):
        if rows and all(_is_beside(boxes[index], boxes[other]) for other in rows[-1]):
            rows[-1].append(index)
        else:
            rows.append([index])
    return [sorted(row, key=lambda at: boxes[at][0]) for row in rows]


def _is_beside(one: Box, other: Box) -> bool:
    """Whether two boxes overlap in height by half, and not in width."""
    common = min(one[3], other[3]) - max(one[1], other[1])
    lower = min(one[3] - one[1], other[3] - other[1])
    across = min(one[2], other[2]) - max(one[0], other[0])
    return common > lower / 2 and across < lower


def _gutter(boxes: Sequence[Box], indexes: Sequence[int]) -> float | None:
    """The x of the vertical line that crosses the fewest boxes, if it can separate two columns."""
    if len(indexes) < 2 * _LEAST_LINES:
        return None
    left, right = min(boxes[at][0] for at in indexes), max(boxes[at][2] for at in indexes)
    height = median(boxes[at][3] - boxes[at][1] for at in indexes)
    middle = [
        boxes[at][2] + _LEAST_GUTTER * height / 2
        for at in indexes
        if 0.25 < (boxes[at][2] - left) / max(right - left, 1.0) < 0.75
    ]
    if not middle:
        return None
    best = min(middle, key=lambda x: (_crossed(boxes, indexes, x, height), -x))
    return best if _crossed(boxes, indexes, best, height) <= len(indexes) / 3 else None


def _crossed(boxes: Sequence[Box], indexes: Sequence[int], x: float, height: float) -> int:
    half = _LEAST_GUTTER * height / 2 * 0.9
    return sum(boxes[at][0] < x + half and boxes[at][2] > x - half for at in indexes)


def _bands(boxes: Sequence[Box], indexes: Sequence[int], gutter: float) -> list[list[int]]:
    """Groups in reading order: a line across the gutter ends the columns above it."""
    groups: list[list[int]] = []
    band: list[int] = []
    open_group: list[int] = []  # lines over the whole width, table rows among them
    for index in [*indexes, None]:
        if index is not None and not boxes[index][0] < gutter < boxes[index][2]:
            band.append(index)
            continue
        columns = _columns(boxes, band, gutter)
        if columns:
            groups += [open_group, *columns]
            open_group = []
        else:
            open_group += band
        band = []
        if index is not None:
            open_group.append(index)
    return [group for group in [*groups, open_group] if group]


def _columns(boxes: Sequence[Box], band: Sequence[int], gutter: float) -> list[list[int]]:
    """The two columns of a band; empty if it has no columns."""
    left = [at for at in band if boxes[at][2] <= gutter]
    right = [at for at in band if boxes[at][2] > gutter]
    return [left, right] if _is_column(boxes, left) and _is_column(boxes, right) else []


def _is_column(boxes: Sequence[Box], side: Sequence[int]) -> bool:
    if len(side) < _LEAST_LINES:
        return False
    width = max(boxes[at][2] for at in side) - min(boxes[at][0] for at in side)
    height = median(boxes[at][3] - boxes[at][1] for at in side)
    full = sum(boxes[at][2] - boxes[at][0] >= _FULL * width for at in side)
    return width >= _LEAST_WIDTH * height and 2 * full >= len(side)
