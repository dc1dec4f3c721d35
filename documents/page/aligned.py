"""Tables without rules: rows whose words stand in columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from documents.page.lines import is_contents_entry, join
from documents.page.page_lines import Line, together

_STEP = 2.0  # in heights of a line: the most space between rows
_TALL = 6.0  # likewise: before the rest of a row is known, the first lines of a tall cell
_ALIKE = 0.6  # the least ratio of the heights of two rows
_JUMP = 0.15  # in heights: how much closer the lines of a cell are than rows
_MOST_LINES = 500  # of a table on one page
_LEAST_ROWS = 4  # of a table whose columns may stand closer than cells of a single line
_MOST_SPANS = 2
_ROWS_OF_SPAN = 5  # rows for each one that may have a cell over several columns
_LABEL = re.compile(r"[^，。；]{1,18}[：:]")
_NUMBER = re.compile(r"[-+(（]?[¥￥$€£]?[\d.,%/:：-]+[)）%]?")


def table_rows(page: Sequence[Line], start: int) -> tuple[int, list[list[str]], tuple[float, ...]]:
    """The end of the table that begins at a line, its rows, and the edges of its columns.

    The end is `start` if no table begins there.
    """
    nothing = start, list[list[str]](), ()
    if len(page[start].cells) < 2:
        return nothing
    end = _connected(page, start, _end(page, start))
    if end - start < 2:
        return nothing
    run = page[start:end]
    several = len(run)
    columns = _columns([_pieces(line, several) for line in run])
    if len(columns) < 2:
        return nothing
    rows = [
        _placed(band, columns)
        for band in _bands([_by_column(line, columns, several) for line in run], columns)
    ]
    if sum(len(row) > 1 for row in rows) < 2:
        return nothing
    edges = (*(left for left, _ in columns), columns[-1][1])
    return end, [[row.get(at, "") for at in range(len(columns))] for row in _merged(rows)], edges


def _end(page: Sequence[Line], start: int) -> int:
    """The end of the lines from one on that stand in its columns.

    Lines of one cell may follow one another, and the next cell begins above the last of them.
    """
    end = at = start
    bottom = page[start].box[3]
    gaps = _gaps([page[start]])
    while at < len(page) and gaps:
        line = page[at]
        is_several = len(line.cells) > 1
        if not _is_near(line, page[start], bottom) or at - start >= _MOST_LINES:
            break
        # Its leader dots are no columns.
        if is_contents_entry(line.text):
            break
        if is_several:
            spans = [(piece.box[0], piece.box[2]) for piece in _cells(line)]
            gaps = _narrowed(gaps, spans) or gaps
        elif any(_crosses(part, gaps) for part in line.parts or (line,)):
            break
        if is_several or line.box[1] < bottom - 0.5 * line.height or line.box[0] > gaps[0][0]:
            end = at + 1
        bottom = max(bottom, line.box[3])
        at += 1
    return end


def _connected(page: Sequence[Line], start: int, end: int) -> int:
    """The end of the lines above the first wide space."""
    bottom = page[start].box[3]
    for at in sorted(range(start, end), key=lambda index: page[index].box[1]):
        line = page[at]
        if line.box[1] - bottom > _STEP * line.height:
            return next(index for index in range(start, end) if page[index].box[1] >= line.box[1])
        bottom = max(bottom, line.box[3])
    return end


def _is_near(line: Line, first: Line, bottom: float) -> bool:
    ratio = min(first.height, line.height) / max(first.height, line.height, 0.1)
    is_below = line.box[1] >= first.box[1] - _STEP * first.height
    return is_below and line.box[1] - bottom <= _TALL * line.height and ratio >= _ALIKE


def _narrowed(
    gaps: Sequence[tuple[float, float]], spans: Sequence[tuple[float, float]]
) -> list[tuple[float, float]]:
    """What is left of the gaps between columns beside another row."""
    found = list(gaps)
    for left, right in spans:
        cut: list[tuple[float, float]] = []
        for start, end in found:
            if right <= start or left >= end:
                cut.append((start, end))
                continue
            if left > start and right < end:
                cut += [(start, left), (right, end)]
            elif left > start:
                cut.append((start, left))
            elif right < end:
                cut.append((right, end))
        found = cut
    return found


def _by_column(line: Line, columns: Sequence[tuple[float, float]], several: int) -> list[Line]:
    """The pieces of a line, those of one column together."""
    groups: dict[int, list[Line]] = {}
    for piece in _pieces(line, several):
        groups.setdefault(_column(piece, columns), []).append(piece)
    return [together(group) for group in groups.values()]


def _bands(
    run: Sequence[Sequence[Line]], columns: Sequence[tuple[float, float]]
) -> list[list[Line]]:
    """The pieces of each row: lines that overlap in height, and those closer than rows are."""
    pieces = sorted((piece for line in run for piece in line), key=lambda one: one.box[1])
    bands: list[list[Line]] = []
    bottom = 0.0
    gaps: list[float] = []
    for piece in pieces:
        gap = piece.box[1] - bottom
        if bands and gap <= -0.15 * piece.height:
            bands[-1].append(piece)
        else:
            gaps += [gap] if bands else []
            bands.append([piece])
        bottom = max(bottom, piece.box[3])
    least = _row_gap(gaps, max(piece.height for piece in pieces))
    rows = bands[:1]
    for gap, band in zip(gaps, bands[1:], strict=True):
        full = (len(_placed(one, columns)) for one in (rows[-1], band))
        if gap < least and min(full) < len(columns):
            rows[-1] = rows[-1] + band
        else:
            rows.append(band)
    return [sorted(row, key=lambda one: (one.box[1], one.box[0])) for row in rows]


def _row_gap(gaps: Sequence[float], height: float) -> float:
    """The least space between rows where lines of one cell are closer; else none is too small."""
    ordered = sorted(gaps)
    for one, other in pairwise(ordered):
        if other - one >= _JUMP * height:
            return other if one < 0.6 * height else -height
    return -height


def _gaps(rows: Sequence[Line]) -> list[tuple[float, float]]:
    """The spaces between cells that are common to all rows with several cells."""
    spans = sorted(
        (piece.box[0], piece.box[2]) for row in rows if len(row.cells) > 1 for piece in _cells(row)
    )
    found: list[tuple[float, float]] = []
    right = spans[0][1] if spans else 0.0
    for left, end in spans:
        if left > right:
            found.append((right, left))
        right = max(right, end)
    return found


def _crosses(line: Line, gaps: Sequence[tuple[float, float]]) -> bool:
    return any(line.box[0] < left and line.box[2] > right for left, right in gaps)


def _pieces(line: Line, rows: int) -> list[Line]:
    return list(line.parts or (line,)) if rows >= _LEAST_ROWS else _cells(line)


def _cells(line: Line) -> list[Line]:
    """The cells of a line as lines."""
    if len(line.cells) < 2 or not line.parts:
        return [line]
    groups: list[list[Line]] = []
    for part in line.parts:
        if groups and len(together([*groups[-1], part]).cells) == 1:
            groups[-1].append(part)
        else:
            groups.append([part])
    return [together(group) for group in groups]


def _columns(rows: Sequence[Sequence[Line]]) -> list[tuple[float, float]]:
    """The columns: where more rows have words than may have cells over several columns."""
    several = [row for row in rows if len(row) > 1]
    allowed = min(_MOST_SPANS, len(several) // _ROWS_OF_SPAN)
    edges = sorted(
        edge for row in rows for piece in row for edge in ((piece.box[0], 1), (piece.box[2], -1))
    )
    found: list[tuple[float, float]] = []
    count, left = 0, 0.0
    for at, change in edges:
        before, count = count, count + change
        if before <= allowed < count:
            left = at
        elif count <= allowed < before:
            found.append((left, at))
    height = max((piece.height for row in several for piece in row), default=0.0)
    columns: list[tuple[float, float]] = []
    for left, right in found:
        if columns and left - columns[-1][1] < 0.3 * height:
            columns[-1] = (columns[-1][0], right)
        else:
            columns.append((left, right))
    return columns


def _placed(row: Sequence[Line], columns: Sequence[tuple[float, float]]) -> dict[int, str]:
    """The words of a row by column."""
    found: dict[int, str] = {}
    for piece in row:
        column = _column(piece, columns)
        text = " ".join(piece.text.split())
        found[column] = join(found[column], text) if column in found else text
    return found


def _column(piece: Line, columns: Sequence[tuple[float, float]]) -> int:
    """The first column that a piece is over, or the nearest one."""
    over = [at for at, edges in enumerate(columns) if _common(piece, edges) > 0]
    return over[0] if over else max(range(len(columns)), key=lambda at: _common(piece, columns[at]))


def _common(piece: Line, column: tuple[float, float]) -> float:
    """How far a piece overlaps a column; the distance, below 0, if it does not."""
    return min(piece.box[2], column[1]) - max(piece.box[0], column[0])


def _merged(rows: Sequence[dict[int, str]]) -> list[dict[int, str]]:
    """Rows with the rest of their cells: lines without a first cell, numbers and labels."""
    found = [dict(rows[0])]
    for row in rows[1:]:
        above = found[-1]
        is_rest = 0 not in row and row.keys() <= above.keys() and len(row) < len(above)
        if is_rest and not any(map(_begins_cell, row.values())):
            for column, text in row.items():
                above[column] = join(above[column], text)
        else:
            found.append(dict(row))
    return found


def _begins_cell(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text) or _LABEL.match(text))
