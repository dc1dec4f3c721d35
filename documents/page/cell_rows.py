"""The rows that the words of a ruled row form where rules between them are missing."""

from __future__ import annotations

from collections.abc import Sequence

from documents.page.cell_lines import continues, is_figure, is_labelled
from documents.page.page_lines import Line
from documents.page.stacked_rows import stacked_rows

_OVERLAP = 0.15  # in heights of a line: lines that overlap by more are in one row
_LEAST_ROWS = 3
_MOST_LINES = 1_000  # of a ruled row that is divided


def divided(cells: Sequence[tuple[Sequence[Line], float]]) -> list[list[list[Line]]]:
    """The lines of a ruled row, row by row: for each, the lines of each cell.

    `cells` are the lines of each cell from the top, and its width. A row begins where several cells
    begin a line that had room on the line above it. Two such rows are one, because its cells may
    each hold two lines, unless a cell holds a figure in both. So is a row with several labels.
    """
    every = [line for found, _ in cells for line in found]
    whole = [[list(found) for found, _ in cells]]
    if len(every) > _MOST_LINES or sum(is_labelled(line.text) for line in every) > 1:
        return whole
    by_distance = stacked_rows([found for found, _ in cells], [width for _, width in cells])
    if by_distance:
        return by_distance
    rows: list[list[list[Line]]] = []
    for level in _levels(every):
        own = set(map(id, level))
        band = [[line for line in found if id(line) in own] for found, _ in cells]
        if rows and not _begins(rows[-1], band, [width for _, width in cells]):
            rows[-1] = [above + below for above, below in zip(rows[-1], band, strict=True)]
        else:
            rows.append(band)
    return rows if len(rows) >= _LEAST_ROWS or _has_figures(rows) else whole


def _has_figures(rows: Sequence[Sequence[Sequence[Line]]]) -> bool:
    """Whether some cell has a figure in each of several rows."""
    return len(rows) > 1 and any(
        all(len(cell) == 1 and is_figure(cell[0].text) for cell in column)
        for column in zip(*rows, strict=True)
    )


def _levels(found: Sequence[Line]) -> list[list[Line]]:
    levels: list[list[Line]] = []
    bottom = 0.0
    for line in sorted(found, key=lambda one: one.box[1]):
        if levels and line.box[1] < bottom - _OVERLAP * line.height:
            levels[-1].append(line)
        else:
            levels.append([line])
        bottom = max(bottom, line.box[3])
    return levels


def _begins(
    above: Sequence[Sequence[Line]], below: Sequence[Sequence[Line]], widths: Sequence[float]
) -> bool:
    """Whether a row begins below: at least two cells, and most of those with text, do not continue
    the cell above.
    """
    begun = [
        not (one and continues(one[-1], other[0], width))
        for one, other, width in zip(above, below, widths, strict=True)
        if other
    ]
    return sum(begun) >= 2 and 2 * sum(begun) > len(begun)
