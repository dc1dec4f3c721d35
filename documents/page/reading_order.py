"""The reading order of lines on a page.

A page is read from the top line by line, or column by column where it has columns. Short lines
beside each other are cells of a table and not columns.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from documents.page.gutters import LEAST_LINES, around, gutters
from documents.page.side_heads import with_side_heads

Box = tuple[float, float, float, float]
_LEAST_WIDTH = 10.0  # of a column, in heights of a line
_FULL = 0.6  # of a column's width: most lines of running text are longer
# A narrower column has more lines, and they are justified.
_NARROW_WIDTH, _NARROW_LINES, _NARROW_FULL = 6.0, 6, 0.9
# Columns of shorter lines stand apart: few lines of one are level with one of the other.
_UNLIKE_LINES = 6
_LEVEL = 0.25  # in heights of a line: the most between the middles of lines of one row
_MOST_LEVEL = 0.4  # of the lines of the shorter column, and half of those level by chance
_APART = 0.9  # in heights of a line: the least above or below what is no line of the columns
_LARGE = 1.25  # in heights of a line: a title is higher
_MOST_DEPTH = 4  # columns within columns; two of them give four columns
_MOST_LINES = 5_000  # of a page that is looked at for columns


def in_columns(boxes: Sequence[Box]) -> list[list[int]]:
    """The indexes of `boxes` in groups in reading order: columns, or the whole page."""
    everything = sorted(range(len(boxes)), key=lambda at: boxes[at][1])
    if len(everything) > _MOST_LINES:
        return [everything]
    return _ordered(boxes, everything, _MOST_DEPTH) if everything else []


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
    lower = min(one[3] - one[1], other[3] - other[1])
    return _is_level(one, other) and min(one[2], other[2]) - max(one[0], other[0]) < lower


@dataclass(frozen=True, slots=True)
class _Band:
    """Lines between two that cross the gutter, or those and what stands level with them.

    `sides` are the groups left and right of the gutter; empty if the lines form no columns.
    """

    indexes: list[int]
    sides: tuple[list[list[int]], ...] = ()


def _ordered(boxes: Sequence[Box], indexes: list[int], depth: int) -> list[list[int]]:
    """The groups of lines that are sorted from the top."""
    first, indexes, last = _set_apart(boxes, indexes)
    if first or last:
        return [
            *([first] if first else []),
            *_ordered(boxes, indexes, depth),
            *([last] if last else []),
        ]
    heads = _beside_heads(boxes, indexes, 2, depth)
    if heads:
        return heads
    best: list[_Band] = []
    most = 0
    for gutter in gutters(boxes, indexes) if depth else ():
        bands = _bands(boxes, indexes, gutter, depth)
        covered = sum(len(band.indexes) for band in bands if band.sides)
        if covered > most:
            best, most = bands, covered
    if not most:
        return _beside_heads(boxes, indexes, 1, depth) or [indexes]
    groups: list[list[int]] = []
    across: list[int] = []  # lines over the whole width, table rows among them
    for band in best:
        if not band.sides:
            across += band.indexes
            continue
        groups += _ordered(boxes, across, depth - 1) if across else []
        groups += [group for side in band.sides for group in side]
        across = []
    return groups + (_ordered(boxes, across, depth - 1) if across else [])


def _beside_heads(
    boxes: Sequence[Box], indexes: list[int], least: int, depth: int
) -> list[list[int]]:
    """The groups of lines with `least` heads left of the text beside them; empty if none has.

    Several heads are no column, since each begins with a paragraph of the text.
    """
    for gutter in gutters(boxes, indexes) if depth else ():
        parts: list[tuple[list[int], bool]] = []  # and whether it is a group by itself
        for run, crosses in _runs(boxes, indexes, gutter):
            groups = [] if crosses else with_side_heads(boxes, run, gutter, least)
            if groups or not parts or parts[-1][1]:
                parts += [(group, True) for group in groups] or [(run, False)]
            else:
                parts[-1][0].extend(run)
        if any(is_group for _, is_group in parts):
            return [
                group
                for part, is_group in parts
                for group in ([part] if is_group else _ordered(boxes, part, depth - 1))
            ]
    return []


def _set_apart(boxes: Sequence[Box], indexes: list[int]) -> tuple[list[int], list[int], list[int]]:
    """A title above all other lines, those, and a line below them such as a page number.

    Over an odd number of columns they would otherwise be in the middle one.
    """
    if len(indexes) < 2 * LEAST_LINES:
        return [], indexes, []
    height = median(boxes[at][3] - boxes[at][1] for at in indexes)
    first, *others = indexes
    space = boxes[others[0]][1] - boxes[first][3]
    # Columns begin level with one another, a title above them alone.
    is_over = space >= 0 and _is_level(boxes[others[0]], boxes[others[1]])
    if (space > _APART * height or is_over) and (
        _begins_elsewhere(boxes, first, others, height)
        or (space > 0 and boxes[first][3] - boxes[first][1] > _LARGE * height)
    ):
        return [first], others, []
    last = max(indexes, key=lambda at: boxes[at][3])
    others = [at for at in indexes if at != last]
    if _begins_elsewhere(boxes, last, others, height) and all(
        boxes[last][1] - boxes[at][3] > _APART * height for at in others
    ):
        return [], others, [last]
    return [], indexes, []


def _begins_elsewhere(boxes: Sequence[Box], one: int, others: Sequence[int], height: float) -> bool:
    return all(abs(boxes[at][0] - boxes[one][0]) > height for at in others)


def _bands(boxes: Sequence[Box], indexes: Sequence[int], gutter: float, depth: int) -> list[_Band]:
    """The lines between those across the gutter, with what stands on either side of it."""
    runs = [
        (some, crosses)
        for run, crosses in _runs(boxes, indexes, gutter)
        for some in ([run] if crosses else _without_tables(boxes, run, gutter))
    ]
    sides = [() if crosses else _sides(boxes, some, gutter, depth) for some, crosses in runs]
    widths = _widths(boxes, [found for found in sides if found])
    return [
        _Band(some, found or (() if crosses else _few(boxes, some, gutter, widths)))
        for (some, crosses), found in zip(runs, sides, strict=True)
    ]


def _runs(
    boxes: Sequence[Box], indexes: Sequence[int], gutter: float
) -> list[tuple[list[int], bool]]:
    """The lines from the top, divided where some begin or end to run over the gutter.

    Each run has whether its lines run over it, or stand level with one that does.
    """
    over = {at for at in indexes if boxes[at][0] < gutter < boxes[at][2]}
    runs: list[tuple[list[int], bool]] = []
    for place, index in enumerate(indexes):
        near = (at for at in around(indexes, place) if at in over)
        crosses = index in over or any(_is_level(boxes[index], boxes[at]) for at in near)
        if runs and runs[-1][1] is crosses:
            runs[-1][0].append(index)
        else:
            runs.append(([index], crosses))
    return runs


def _without_tables(boxes: Sequence[Box], band: Sequence[int], gutter: float) -> list[list[int]]:
    """The parts of a band, divided where a table stands above or below its columns."""
    height = median(boxes[at][3] - boxes[at][1] for at in band)
    chunks: list[list[int]] = []
    bottom = 0.0
    for at in band:
        if not chunks or boxes[at][1] - bottom > _APART * height:
            chunks.append([])
        chunks[-1].append(at)
        bottom = max(bottom, boxes[at][3]) if len(chunks[-1]) > 1 else boxes[at][3]
    parts: list[list[int]] = []
    was_table = True
    sides = _divided(boxes, band, gutter)
    for chunk in chunks:
        is_table = _is_table(boxes, chunk, gutter, sides)
        if is_table is was_table and parts:
            parts[-1] += chunk
        else:
            parts.append(list(chunk))
        was_table = is_table
    return parts


def _is_table(
    boxes: Sequence[Box],
    chunk: Sequence[int],
    gutter: float,
    sides: tuple[Sequence[int], Sequence[int]],
) -> bool:
    """Whether lines stand in rows of which each side is short for the columns of the band."""
    short = 0
    own_sides = _divided(boxes, chunk, gutter)
    if not all(own_sides) or _are_apart(boxes, *own_sides):
        return False
    for side, own in zip(sides, own_sides, strict=True):
        width = max(boxes[at][2] - boxes[at][0] for at in side)
        short += sum(boxes[at][2] - boxes[at][0] < _FULL * width for at in own)
    return 2 * short > len(chunk)


def _sides(
    boxes: Sequence[Box], band: Sequence[int], gutter: float, depth: int
) -> tuple[list[list[int]], ...]:
    """The groups left and right of the gutter; empty if one of them is no column."""
    sides = _divided(boxes, band, gutter)
    fewest = min(map(len, sides))
    if fewest < LEAST_LINES:
        return ()
    are_columns = [_is_column(boxes, side, len(side)) for side in sides]
    are_apart = fewest >= _UNLIKE_LINES and _are_apart(boxes, *sides)
    found = []
    for side, is_column in zip(sides, are_columns, strict=True):
        groups = [side] if is_column else _ordered(boxes, side, depth - 1)
        # Beside a column, one with a table in it is a column too.
        if not (
            is_column
            or are_apart
            or len(groups) > 1
            or (any(are_columns) and _is_column(boxes, side, len(in_rows(boxes, side))))
        ):
            return ()
        found.append(groups)
    return tuple(found)


def _are_apart(boxes: Sequence[Box], left: Sequence[int], right: Sequence[int]) -> bool:
    """Whether two sides of a gutter are no rows: few of their lines are level, or as by chance."""
    fewer, more = sorted((left, right), key=len)
    middles = sorted(_middle(boxes[at]) for at in more)
    reach = _LEVEL * median(boxes[at][3] - boxes[at][1] for at in fewer)
    level = 0
    for at in fewer:
        near = bisect_left(middles, _middle(boxes[at]))
        around = middles[max(0, near - 1) : near + 1]
        level += any(abs(_middle(boxes[at]) - other) < reach for other in around)
    covered = sum(min(below - above, 2 * reach) for above, below in pairwise(middles))
    chance = covered / max(middles[-1] - middles[0], reach)
    return level < (_MOST_LEVEL + chance / 2) * len(fewer)


def _middle(box: Box) -> float:
    return (box[1] + box[3]) / 2


def _divided(
    boxes: Sequence[Box], band: Sequence[int], gutter: float
) -> tuple[list[int], list[int]]:
    return (
        [at for at in band if boxes[at][2] <= gutter],
        [at for at in band if boxes[at][2] > gutter],
    )


def _is_column(boxes: Sequence[Box], side: Sequence[int], rows: int) -> bool:
    """Whether half of the rows of a side are lines as long as it is wide."""
    width = max(boxes[at][2] for at in side) - min(boxes[at][0] for at in side)
    height = median(boxes[at][3] - boxes[at][1] for at in side)
    lengths = [boxes[at][2] - boxes[at][0] for at in side]
    if width >= _LEAST_WIDTH * height:
        return 2 * sum(length >= _FULL * width for length in lengths) >= rows
    if width < _NARROW_WIDTH * height or len(side) < _NARROW_LINES:
        return False
    return 2 * sum(length >= _NARROW_FULL * width for length in lengths) >= rows


def _widths(
    boxes: Sequence[Box], found: Sequence[tuple[list[list[int]], ...]]
) -> tuple[float, ...]:
    """The widths of the two columns where both are single; empty if they are not."""
    widths = []
    for number in (0, 1):
        sides = [at for sides in found for group in sides[number] for at in group]
        if not sides or any(len(one[number]) > 1 for one in found):
            return ()
        widths.append(max(boxes[at][2] for at in sides) - min(boxes[at][0] for at in sides))
    return tuple(widths)


def _few(
    boxes: Sequence[Box], band: Sequence[int], gutter: float, widths: Sequence[float]
) -> tuple[list[list[int]], ...]:
    """The two sides of a band of few lines on a page with columns of these widths elsewhere."""
    sides = _divided(boxes, band, gutter)
    for side, width in zip(sides, widths, strict=False):
        full = sum(boxes[at][2] - boxes[at][0] >= _FULL * width for at in side)
        if not side or 2 * full < len(side):
            return ()
    return tuple([side] for side in sides) if widths else ()


def _is_level(one: Box, other: Box) -> bool:
    common = min(one[3], other[3]) - max(one[1], other[1])
    return common > min(one[3] - one[1], other[3] - other[1]) / 2
