"""Finds the head rows of a table whose file does not name them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from documents.table import Span

_LONGEST = 40  # characters of a cell in a head
_MOST_ROWS = 5
_FIGURE = re.compile(
    r"[-+(（]?[¥￥$€£]?\s?\d[\d.,:：/\-–—\s]*[%％)）]?\s?(?:[\u4e00-\u9fff]{1,2})?|[-–—/]{1,2}"
)
_YEAR = re.compile(r"(?:19|20)\d\d(?:[-–—/]\d{2,4})?")
# What heads of columns with figures say. In a form the cell above a figure is a value.
_QUANTITY = re.compile(
    r"[数量额价率比号年月日期费元计总积分次龄度%％]|[A-Za-z]{2}|(?:19|20)\d\d", re.IGNORECASE
)


def head_rows(rows: Sequence[Sequence[str]], spans: Sequence[Span]) -> int:
    """How many rows at the top of a table are its head; 0 if that is not known.

    A head has words over every column, and figures stand below one that names a quantity. Cells
    over several columns have further rows of the head below them.
    """
    columns = max(map(len, rows), default=0)
    if columns < 3 or len(rows) < 3:
        return 0
    count = _count(spans)
    head, body = rows[:count], rows[count:]
    if not body or any(not _is_word(cell) for row in head for cell in row if cell):
        return 0
    if not _covers(head, spans, columns):
        return 0
    names = ["".join(_column(head, at)) for at in range(columns)]
    if names[0] == "序号":
        return count
    return count if any(_has_figures(names[at], _column(body, at)) for at in range(columns)) else 0


def _count(spans: Sequence[Span]) -> int:
    """The rows that cells of the head cover, a title over all columns among them."""
    count = 1
    while count < _MOST_ROWS:
        own = [span for span in spans if span.row < count]
        deepest = max((span.row + span.rows for span in own), default=count)
        is_grouped = any(span.columns > 1 and span.row == count - 1 for span in own)
        following = max(count, deepest, count + 1 if is_grouped else 0)
        if following == count:
            break
        count = following
    return min(count, _MOST_ROWS)


def _covers(head: Sequence[Sequence[str]], spans: Sequence[Span], columns: int) -> bool:
    """Whether each column but the first has a cell with words in the head."""
    covered = {at for row in head for at, cell in enumerate(row) if cell}
    for span in spans:
        if span.row < len(head) and span.columns < columns:
            covered.update(range(span.column, span.column + span.columns))
    return covered >= set(range(1, columns))


def _is_word(cell: str) -> bool:
    return len(cell) <= _LONGEST and (not _FIGURE.fullmatch(cell) or bool(_YEAR.fullmatch(cell)))


def _column(rows: Sequence[Sequence[str]], at: int) -> list[str]:
    return [row[at] for row in rows if at < len(row) and row[at]]


def _has_figures(name: str, cells: Sequence[str]) -> bool:
    figures = sum(bool(_FIGURE.fullmatch(cell)) for cell in cells)
    return bool(_QUANTITY.search(name)) and figures >= 2 and figures >= 0.7 * len(cells)
