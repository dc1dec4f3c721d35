"""Tables of a Word document as grids (ECMA-376 part 1, 17.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import takewhile
from typing import NamedTuple

from lxml import etree

from documents.ooxml.text import WRAPPERS, is_covered
from documents.ooxml.xml import attribute, child, has, local_name, value
from documents.table import Grid

# Word has 63. More would make each row of the text as long.
_MOST_COLUMNS = 100


class _Cell(NamedTuple):
    text: str
    columns: int
    is_continued: bool


def table_grid(table: etree._Element, cell_text: Callable[[etree._Element], str]) -> Grid:
    """The cells of a table at their columns. `cell_text` is called once for each cell, in order.

    Cells that a merged cell covers have no text. Deleted and hidden rows are left out.
    """
    elements = list(_rows(table))
    heads = takewhile(lambda row: has(child(row, "trPr"), "tblHeader"), elements)
    grid = Grid(sum(1 for _ in heads))
    rows = [_cells(row, cell_text) for row in elements]
    for at, (cells, heights) in enumerate(zip(rows, _heights(rows), strict=True)):
        for column, cell in cells.items():
            if not cell.is_continued:
                grid.place(at, column, cell.text, heights[column], cell.columns)
    return grid


def framed(table: etree._Element) -> etree._Element | None:
    """The cell of a table that is only a frame around other tables; None for another table."""
    cells = [cell for row in _rows(table) for cell in _unwrapped(row, "tc")]
    is_frame = len(cells) == 1 and next(_unwrapped(cells[0], "tbl"), None) is not None
    return cells[0] if is_frame else None


def is_shown_row(row: etree._Element) -> bool:
    """Whether a row is neither hidden nor deleted."""
    properties = child(row, "trPr")
    return not (has(properties, "del") or has(properties, "hidden"))


def _cells(row: etree._Element, cell_text: Callable[[etree._Element], str]) -> dict[int, _Cell]:
    """The cells of a row by their column."""
    column = _number(value(child(row, "trPr"), "gridBefore"), 0)
    cells: dict[int, _Cell] = {}
    last: int | None = None
    for element in _unwrapped(row, "tc"):
        properties = child(element, "tcPr")
        if has(properties, "cellDel"):
            continue
        columns = max(1, _number(value(properties, "gridSpan"), 1))
        if last is not None and _is_covered_beside(properties):
            cells[last] = cells[last]._replace(columns=cells[last].columns + columns)
        else:
            covered = is_covered(element)
            cells[column] = _Cell("" if covered else cell_text(element), columns, covered)
            last = column
        column += columns
    return cells


def _is_covered_beside(properties: etree._Element | None) -> bool:
    """Whether a cell continues the one before it, as programs before Word 2007 wrote it."""
    merge = child(properties, "hMerge") if properties is not None else None
    return merge is not None and attribute(merge, "val") != "restart"


def _heights(rows: list[dict[int, _Cell]]) -> list[dict[int, int]]:
    """The number of rows that each cell covers, by row and column."""
    heights: list[dict[int, int]] = []
    below: dict[int, int] = {}
    for cells in reversed(rows):
        heights.append({column: 1 + below.get(column, 0) for column in cells})
        below = {column: heights[-1][column] for column, cell in cells.items() if cell.is_continued}
    return heights[::-1]


def _rows(table: etree._Element) -> Iterator[etree._Element]:
    return filter(is_shown_row, _unwrapped(table, "tr"))


def _unwrapped(parent: etree._Element, name: str) -> Iterator[etree._Element]:
    for element in parent:
        if local_name(element) == name:
            yield element
        elif local_name(element) in WRAPPERS:
            yield from _unwrapped(element, name)


def _number(text: str | None, default: int) -> int:
    return min(int(text), _MOST_COLUMNS) if text and text.isdecimal() and len(text) < 6 else default
