"""The order in which a reader reads the lines of a text page.

Most programs write a page in the order in which it is read. The order of the file is kept unless it
goes back and forth between columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise

from documents.page.page_lines import Line, together
from documents.page.reading_order import in_columns, in_rows

_LEAST = 3  # lines over two columns, or returns to a column


def in_reading_order(found: Sequence[Line]) -> list[Line]:
    """The lines of a page; those that are lines of several columns are divided."""
    if len(found) < _LEAST:
        return list(found)
    parts = [(at, part) for at, line in enumerate(found) for part in line.parts or (line,)]
    boxes = [part.box for _, part in parts]
    groups = in_columns(boxes)
    if len(groups) < 2 or not _is_mixed([at for at, _ in parts], groups):
        return list(found)
    ordered: list[Line] = []
    for group in groups:
        for row in in_rows(boxes, group):
            # Parts of one line stay together; lines that only stand level do not.
            for at, some in groupby(row, key=lambda index: parts[index][0]):
                pieces = [parts[index][1] for index in some]
                whole = len(pieces) == max(1, len(found[at].parts))
                ordered.append(found[at] if whole else together(pieces))
    return ordered


def by_place(found: Sequence[Line]) -> list[Line]:
    """The lines of a page by their place alone."""
    boxes = [line.box for line in found]
    return [
        found[at] for column in in_columns(boxes) for row in in_rows(boxes, column) for at in row
    ]


def _is_mixed(lines: Sequence[int], groups: Sequence[Sequence[int]]) -> bool:
    """Whether lines run over several columns, or the file returns to columns it has left.

    `lines` are the lines of the parts that the groups list. One line is enough where the file is
    in the order of the groups: a head and the first line of the text beside it.
    """
    group_of = {index: number for number, group in enumerate(groups) for index in group}
    order = [group_of[index] for index in range(len(lines))]
    changes = [
        lines[index] == lines[index + 1]
        for index, (one, other) in enumerate(pairwise(order))
        if one != other
    ]
    if any(changes) and order == sorted(order):
        return True
    return sum(changes) >= _LEAST or len(changes) > 2 * len(groups) + _LEAST
