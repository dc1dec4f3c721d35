"""The tables of an OFD page: text between rules, in rows and columns.

Forms such as invoices rule some cells and only align others: the lines of a ruled row are split
into rows where several cells begin a line at the same height, and a cell over the whole width is a
table of its own if its words stand in columns.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from documents import table
from documents.document import BlockKind
from documents.page.blocks import Box, Glyph, Line, PageBlock, TableBlock, lines
from documents.page.cell_lines import continues
from documents.page.lines import is_unspaced, join
from documents.page.ruled_tables import fields, ruled_table, width
from documents.page.rulings import Grid
from documents.readers.ofd.directions import Size, on_page, upright
from documents.readers.ofd.page import Run, around, in_order, lines_in_order, segments_of

Cells = Mapping[int, Sequence[Run]]
"""The text in the cells of a ruled grid, by the cell's first field."""

_MOST_GRIDS = 100  # on a page
_MOST_LINES = 2_000  # in a cell whose columns are looked for
_LEAST_COLUMNS = 3  # of a table without rules
_BESIDE = 0.2  # in character heights: the most between characters that are not apart
_NARROW = 0.8  # in character heights: the least gap between columns
_CLOSE = 1.9  # in character heights: the most from a line to the rest of its cell
_SPREAD = 2.5  # in character heights: the most between the characters of a spread heading
_OUTER = 0.8  # of the space around it: likewise


def split(texts: Sequence[Run], found: Sequence[Grid]) -> tuple[list[Run], list[Cells]]:
    """Split the text of a page into what is outside of grids, and the cells of each."""
    outside: list[Run] = []
    cells: list[dict[int, list[Run]]] = [{} for _ in found]
    for run in texts:
        near = [at for at, grid in enumerate(found[:_MOST_GRIDS]) if _overlap(run.box, grid.box)]
        for key, piece in _pieces(run, near, found) if near else [(None, run)]:
            if key is None:
                outside.append(piece)
            else:
                cells[key[0]].setdefault(key[1], []).append(piece)
    return outside, list(cells)


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _pieces(
    run: Run, near: Sequence[int], found: Sequence[Grid]
) -> Iterator[tuple[tuple[int, int] | None, Run]]:
    """The parts of a run in different cells, each with the grid and the cell."""

    def place(box: Box) -> tuple[int, int] | None:
        left, top, right, bottom = box
        for at in near:
            cell = found[at].cell_at((left + right) / 2, (top + bottom) / 2)
            if cell is not None:
                return at, cell
        return None

    some: list[Glyph] = []
    key: tuple[int, int] | None = None
    last: Box | None = None
    for glyph in run.glyphs:
        if glyph.box and not glyph.is_space:
            own = place(glyph.box)
            # Text that is too long for its cell runs on over the rule.
            if last is not None and own != key and _are_apart(last, glyph.box, run.size):
                if piece := _part(run, tuple(some)):
                    yield key, piece
                some, last = [], None
            key = own if last is None else key
            last = glyph.box
        some.append(glyph)
    if piece := _part(run, tuple(some)):
        yield key, piece


def _are_apart(one: Box, other: Box, size: float) -> bool:
    """Whether there is a gap between two characters of a run."""
    across = max(one[0], other[0]) - min(one[2], other[2])
    return max(across, max(one[1], other[1]) - min(one[3], other[3])) > _BESIDE * size


def _part(run: Run, glyphs: tuple[Glyph, ...]) -> Run | None:
    boxes = [glyph.box for glyph in glyphs if glyph.box and not glyph.is_space]
    return replace(run, glyphs=glyphs, box=around(boxes)) if boxes else None


def table_blocks(grid: Grid, cells: Cells, size: Size) -> list[PageBlock]:
    """The tables of a ruled grid, from the top. `size` is the page's, in points."""
    found: list[PageBlock] = []
    part = _Part(grid, cells, size)
    last = -1  # of the rows that are done
    for row in range(len(grid.ys) - 1):
        if row <= last:
            continue
        first = row * grid.columns
        aligned = _aligned(cells.get(first, ())) if set(fields(grid, row)) == {first} else None
        if aligned is None:
            part.rows.append(row)
            continue
        found += part.finish()
        last = max(at for at, cell in enumerate(grid.cells) if cell == first) // grid.columns
        box = (grid.xs[0], grid.ys[row], grid.xs[-1], grid.ys[last + 1])
        found.append(TableBlock.of(aligned, box))
        part = _Part(grid, cells, size)
    return found + part.finish()


class _Part:
    """Consecutive rows of a ruled grid."""

    def __init__(self, grid: Grid, cells: Cells, size: Size) -> None:
        self.rows: list[int] = []
        self._grid = grid
        self._size = size
        self._cells = cells

    def finish(self) -> list[PageBlock]:
        """The table of these rows; paragraphs, if a single cell has text."""
        texts = {
            cell: _cell_lines(self._cells[cell], self._size)
            for row in self.rows
            for cell in dict.fromkeys(fields(self._grid, row))
            if cell in self._cells
        }
        texts = {cell: found for cell, found in texts.items() if found}
        if not texts:
            return []
        if len(texts) == 1:
            ((cell, found),) = texts.items()
            return [
                PageBlock(text, BlockKind.paragraph, _around(some))
                for text, some in _paragraphs(found, width(self._grid, cell))
            ]
        return [ruled_table(self._grid, texts, self.rows)]


def _cell_lines(runs: Sequence[Run], size: Size) -> list[Line]:
    """The lines of a cell from the top. Their `cells` are joined."""
    found: list[Line] = []
    for turn in sorted({run.turn or 0 for run in runs}):
        drawn = upright((run for run in runs if run.turn == turn), size)
        for line in lines(in_order(drawn)):
            text = " ".join(line.text.split())
            found.append(replace(line, cells=(text,), box=on_page(line.box, turn, size)))
    return sorted(found, key=lambda line: line.box[1]) if len(found) > 1 else found


def _paragraphs(found: Sequence[Line], width: float) -> Iterator[tuple[str, list[Line]]]:
    """The lines of a cell joined where one continues the one above it."""
    text, some = "", list[Line]()
    for line in found:
        if some and not continues(some[-1], line, width):
            yield text, some
            text, some = "", []
        text, some = join(text, line.text), [*some, line]
    if some:
        yield text, some


def _aligned(runs: Sequence[Run]) -> table.Grid | None:
    """The table that words in a cell form without rules; None if they do not stand in columns."""
    if not 0 < len(runs) <= _MOST_LINES or any(run.turn for run in runs):
        return None
    rows = [
        [_words(segment) for segment in segments_of(line, _NARROW)]
        for line in lines_in_order([piece for run in runs for piece in _words_of(run)])
    ]
    rows[:1] = [_joined_headings(row, rows[1:]) for row in rows[:1]]
    edges = _columns(rows)
    if len(edges) < _LEAST_COLUMNS or sum(len(row) > 1 for row in rows) < 2:
        return None
    placed: list[dict[int, str]] = []
    bottom = 0.0
    for row in rows:
        texts: dict[int, str] = {}
        for text, box in row:
            column = _column(edges, box)
            texts[column] = join(texts[column], text) if column in texts else text
        box = around([box for _, box in row])
        column = next(iter(texts))
        is_near = box[3] - bottom <= _CLOSE * (box[3] - box[1])
        if len(row) == 1 and placed and is_near and column in placed[-1]:
            placed[-1][column] = join(placed[-1][column], texts[column])
        else:
            placed.append(texts)
        bottom = box[3]
    built = table.Grid()
    for at, texts in enumerate(placed):
        for column, text in texts.items():
            built.place(at, column, text)
    return built


_Words = tuple[str, Box]


def _words(segment: Sequence[Run]) -> _Words:
    text = "".join(glyph.char for glyph in in_order(segment))
    return " ".join(text.split()), around([run.box for run in segment])


def _joined_headings(head: Sequence[_Words], rows: Sequence[Sequence[_Words]]) -> list[_Words]:
    """The words of a head row, with headings of spread characters as one: `单  位`.

    Their characters are nearer to each other than to the next heading, and no row has a word below
    each of them.
    """
    found: list[_Words] = []
    at = 0
    while at < len(head):
        end = at + 1
        while end < len(head) and _is_spread(head[end - 1], head[end]):
            end += 1
        box = around([own for _, own in head[at:end]])
        gaps = [head[index][1][0] - head[index - 1][1][2] for index in range(at + 1, end)]
        around_it = [box[0] - head[at - 1][1][2]] if at else []
        around_it += [head[end][1][0] - box[2]] if end < len(head) else []
        is_apart = bool(gaps and around_it) and max(gaps) < _OUTER * min(around_it)
        if is_apart and not any(
            sum(own[0] < box[2] and box[0] < own[2] for _, own in row) > 1 for row in rows
        ):
            found.append(("".join(text for text, _ in head[at:end]), box))
        else:
            found += head[at:end]
        at = end
    return found


def _is_spread(one: _Words, other: _Words) -> bool:
    """Whether two words are ideographs that may belong to one spread heading."""
    (_, left), (_, right) = one, other
    is_near = right[0] - left[2] <= _SPREAD * (right[3] - right[1])
    return is_near and all(
        len(text) == 1 and text.isalpha() and is_unspaced(text) for text, _ in (one, other)
    )


def _columns(rows: Sequence[Sequence[_Words]]) -> list[float]:
    """The left edges of the columns in which the words of rows stand."""
    spans: list[tuple[float, float]] = []
    for left, _, right, _ in sorted(box for row in rows if len(row) > 1 for _, box in row):
        if spans and left < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], right))
        else:
            spans.append((left, right))
    edges = [left for left, _ in spans]
    if len(edges) < _LEAST_COLUMNS:
        return edges
    used: list[set[int]] = [set() for _ in edges]
    for at, row in enumerate(rows):
        for _, box in row:
            used[_column(edges, box)].add(at)
    # A heading can stand beside the values of its column instead of above them.
    kept: list[float] = []
    last: set[int] = set()
    for edge, filled in zip(edges, used, strict=True):
        if kept and not last & filled and (last == {0} or filled == {0}):
            last |= filled
        else:
            kept.append(edge)
            last = filled
    return kept


def _column(edges: Sequence[float], box: Box) -> int:
    return max(0, bisect_right(edges, box[0]) - 1)


def _words_of(run: Run) -> Iterator[Run]:
    """The parts of a run between wide gaps: some programs write a whole row as one."""
    some: list[Glyph] = []
    right = run.box[2]
    for glyph in run.glyphs:
        if some and glyph.box and not glyph.is_space and glyph.box[0] - right > _NARROW * run.size:
            if piece := _part(run, tuple(some)):
                yield piece
            some = []
        some.append(glyph)
        right = glyph.box[2] if glyph.box and not glyph.is_space else right
    if piece := _part(run, tuple(some)):
        yield piece


def _around(found: Sequence[Line]) -> Box:
    return _rounded(around([line.box for line in found]))


def _rounded(box: Box) -> Box:
    left, top, right, bottom = (round(edge, 2) for edge in box)
    return left, top, right, bottom
