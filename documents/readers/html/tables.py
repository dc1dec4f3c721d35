"""Tables of data as grids: cells that span others, hidden rows and cells, and header rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from selectolax.lexbor import LexborNode

from documents.table import MOST_COLUMNS, Grid

_ORDER = {"thead": 0, "tfoot": 2}
# A cell's text, or None if the cell takes no room; and whether a row is displayed.
CellText = Callable[[LexborNode], str | None]
IsShown = Callable[[LexborNode], bool]


class _Row(NamedTuple):
    cells: list[LexborNode]
    rows_below: int
    is_head: bool


def is_data(table: LexborNode) -> bool:
    """Whether a table holds data. Many pages use tables only for layout.

    One with other tables in it holds data if it has headers, a caption or a border.
    """
    if (table.attributes.get("role") or "").strip().lower() in {"presentation", "none"}:
        return False
    rows = [row for section in _sections(table) for row in section.iter() if row.tag == "tr"]
    has_heads = any(cell.tag == "th" for row in rows for cell in _cells(row))
    if any(inside != table for inside in table.css("table")):
        border = (table.attributes.get("border") or "").strip()
        is_named = any(part.tag == "caption" for part in table.iter())
        if not (has_heads or is_named or border.strip("0 px")):
            return False
    if not has_heads and table.css_first("h1, h2, h3, h4, h5, h6"):
        return False
    return len(rows) > 1 and any(len(_cells(row)) > 1 for row in rows)


def grid(table: LexborNode, text_of: CellText, is_shown: IsShown) -> Grid:
    """The cells of a table. A head is at the top and a foot at the bottom, wherever they stand."""
    rows = [
        row for section in _sections(table) if is_shown(section) for row in _rows(section, is_shown)
    ]
    made = Grid(_head_rows(rows))
    for row in rows:
        cells = []
        for cell in row.cells:
            text = text_of(cell)
            if text is not None:
                below = _span(cell, "rowspan", row.rows_below)
                cells.append((text, below, _span(cell, "colspan", MOST_COLUMNS)))
        made.add_row(cells)
    return made


def _sections(table: LexborNode) -> list[LexborNode]:
    sections = [part for part in table.iter() if part.tag in {"thead", "tbody", "tfoot"}]
    return sorted(sections, key=lambda part: _ORDER.get(part.tag or "", 1))


def _rows(section: LexborNode, is_shown: IsShown) -> list[_Row]:
    """The displayed rows of a section. A cell spans rows of its own section only."""
    rows = [row for row in section.iter() if row.tag == "tr" and is_shown(row)]
    cells = list(map(_cells, rows))
    return [
        _Row(inside, len(rows) - at, section.tag == "thead" or _is_head(inside))
        for at, inside in enumerate(cells)
    ]


def _cells(row: LexborNode) -> list[LexborNode]:
    return [cell for cell in row.iter() if cell.tag in {"td", "th"}]


def _is_head(cells: list[LexborNode]) -> bool:
    return bool(cells) and all(cell.tag == "th" for cell in cells)


def _head_rows(rows: list[_Row]) -> int:
    """How many rows at the top are headers; none if all are."""
    return next((at for at, row in enumerate(rows) if not row.is_head), 0)


def _span(cell: LexborNode, name: str, most: int) -> int:
    """A span as written; 0 for rows means all that follow in the section (HTML, 4.9.11)."""
    value = (cell.attributes.get(name) or "").strip()[:6]
    if not (value.isascii() and value.isdecimal()):
        return 1
    number = int(value)
    if number == 0:
        return most if name == "rowspan" else 1
    return min(number, most)
