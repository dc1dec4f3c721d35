"""Reconstructs paragraphs and tables from the characters of a page.

A PDF stores the positions of characters and no paragraphs. A line continues the one above it if the
distance is the usual one of the page, the size is the same, it is not indented, and its first word
had no room on the line above.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, pairwise
from math import inf
from statistics import median

from documents.document import BlockKind
from documents.page.aligned import table_rows
from documents.page.lines import LIST_MARK, is_contents_entry, is_unspaced, join
from documents.page.page_lines import Box, Glyph, Line, around, lines
from documents.page.table_heads import head_rows
from documents.table import Grid, Table, TableText

__all__ = ["Box", "Glyph", "Line", "PageBlock", "TableBlock", "blocks", "lines"]

_HYPHENS = ("\x02", "\ufffe")  # PDFium's codes for a hyphen at the end of a line
_LEAST_STEP, _MOST_STEP = 0.5, 3.0  # of two lines of text, in heights of a character
_NEIGHBORS = 3  # lines above and below
_SAME_HEIGHT = 1.15
_SENTENCE_ENDS = ("。", "；", ".", ";")
_CHINESE_ENDS = ("。", "；", "：", "！", "？")


@dataclass(frozen=True, slots=True)
class PageBlock:
    text: str
    kind: BlockKind
    box: Box


@dataclass(frozen=True, slots=True)
class TableBlock(PageBlock):
    """A table with its cells.

    `edges` are the left edges of its columns, and the right edge of the last one. A ruled table
    is open where its columns go on beyond its last line, as at a page break within a row;
    `first_lines` are the first lines of the cells in each of its first rows, and `last_lines` the
    last ones of the cells in its last row, by column.
    """

    table: Table
    edges: tuple[float, ...] = ()
    is_ruled: bool = False
    is_open_above: bool = False
    is_open_below: bool = False
    first_lines: tuple[Mapping[int, Line], ...] = ()
    last_lines: Mapping[int, Line] = field(default_factory=dict)

    @classmethod
    def of(cls, grid: TableText, box: Box, edges: Sequence[float] = ()) -> TableBlock:
        text, table = grid.finish()
        if not table.head_rows:
            head = head_rows([row.split("\t") for row in text.split("\n")], table.spans)
            table = replace(table, head_rows=head)
        left, top, right, bottom = (round(edge, 2) for edge in box)
        return cls(text, BlockKind.table, (left, top, right, bottom), table, tuple(edges))

    def finish(self) -> tuple[str, Table]:
        return self.text, self.table


def blocks(page: Sequence[Line]) -> list[PageBlock]:
    """Group the lines of a page into paragraphs, headings and tables."""
    measures = _Measures(page)
    found: list[PageBlock] = []
    group: list[Line] = []
    at = 0
    while at < len(page):
        end, rows, edges = table_rows(page, at)
        if rows:
            found += [_block(group, measures)] if group else []
            found.append(table(rows, around([line.box for line in page[at:end]]), edges))
            group, at = [], end
            continue
        if group and not measures.continues(group, at):
            found.append(_block(group, measures))
            group = []
        group.append(page[at])
        at += 1
    return found + ([_block(group, measures)] if group else [])


class _Measures:
    """The usual line distance, character height and margins of one page."""

    def __init__(self, page: Sequence[Line]) -> None:
        self._page = page
        # Weighted by characters, not by lines: half of the lines may be headings.
        heights = [line.height for line in page for _ in line.text]
        self.height = median(heights) if heights else 0.0
        # A line wholly above the one before it begins another column.
        is_next = (below.box[3] < above.box[1] for above, below in pairwise(page))
        self._columns = list(accumulate(is_next, initial=0))
        steps = [_step(above, below) for above, below in pairwise(page)]
        self._steps = [
            step if _is_alike(above, below) and _LEAST_STEP < step < _MOST_STEP else inf
            for step, (above, below) in zip(steps, pairwise(page), strict=True)
        ]
        counted = Counter(round(step, 1) for step in self._steps if step < inf)
        most = max(counted.values(), default=0)
        # Lines of one paragraph have the smallest distance, but there may be few of them.
        usual = (step for step, count in counted.items() if count >= most / 4)
        self._step = min(usual, default=1.5)

    def continues(self, group: Sequence[Line], at: int) -> bool:
        """Whether the line with this index continues a group, which ends with the line before."""
        above, line = group[-1], self._page[at]
        if is_contents_entry(above.text):
            return False
        if len(above.cells) > 1 or len(line.cells) > 1:
            return len(above.cells) > 1 and len(line.cells) > 1 and self._is_next(at)
        return (
            (self._is_next(at) or self._is_next_among_neighbors(at))
            and self._is_full(above, at)
            and self._is_flush(group, line)
        )

    def _is_next(self, at: int) -> bool:
        return self._steps[at - 1] <= self._step * 1.2 + 0.05

    def _is_next_among_neighbors(self, at: int) -> bool:
        """Whether a line follows as near as the lines around it that begin and look like it.

        Text may be wider set than other text of the page, such as its notes or a quotation.
        """
        line = self._page[at]
        near = range(max(1, at - _NEIGHBORS), min(len(self._page), at + _NEIGHBORS + 1))
        steps = [
            self._steps[other - 1]
            for other in near
            if _is_alike(self._page[other], line, _SAME_HEIGHT)
            and abs(self._page[other].box[0] - line.box[0]) <= 0.5 * line.height
        ]
        step = self._steps[at - 1]
        return step < inf and step <= 1.2 * min(steps) + 0.05

    def _is_full(self, above: Line, at: int) -> bool:
        line = self._page[at]
        space = 0.0 if is_unspaced(line.text[0]) else 0.2 * line.height
        return above.box[2] + space + line.first_word > self._right(at - 1) - 0.02 * line.height

    def _right(self, at: int) -> float:
        """The right margin of lines that begin near this line's start, without rows of tables.

        Those of other columns do not count: above or below, the page may have fewer, wider ones.
        """
        line, column = self._page[at], self._columns[at]
        near = 3 * line.height
        return max(
            other.box[2]
            for other, its_column in zip(self._page, self._columns, strict=True)
            if its_column == column
            and abs(other.box[0] - line.box[0]) <= near
            and _is_alike(other, line)
            and (len(other.cells) == 1 or other is line)
        )

    def _is_flush(self, group: Sequence[Line], line: Line) -> bool:
        """Whether the line begins where the group's lines do: not indented as a new paragraph."""
        first, above = group[0], group[-1]
        if LIST_MARK.match(line.text):
            return False
        if len(group) == 1 and LIST_MARK.match(first.text):
            return abs(line.box[0] - above.box[0]) <= 3 * line.height
        if len(group) == 1 and self._is_next_paragraph(first, line):
            return False
        if len(group) == 1:
            return -3.5 * line.height <= line.box[0] - above.box[0] <= 0.5 * line.height
        return abs(line.box[0] - above.box[0]) <= 0.5 * line.height

    def _is_next_paragraph(self, above: Line, line: Line) -> bool:
        """Whether the line starts a new Chinese paragraph.

        It does if it is indented like the line above, and that line ends a sentence.
        """
        if not (is_unspaced(line.text[0]) and above.text.endswith(_CHINESE_ENDS)):
            return False
        left = min(
            other.box[0]
            for other in self._page
            if _is_alike(other, line) and line.box[0] - other.box[0] <= 3.5 * line.height
        )
        indent = line.box[0] - left
        return indent >= line.height and abs(line.box[0] - above.box[0]) <= 0.5 * line.height


def table(rows: Sequence[Sequence[str]], box: Box, edges: Sequence[float] = ()) -> TableBlock:
    grid = Grid()
    for row in rows:
        grid.add_row((cell, 1, 1) for cell in row)
    return TableBlock.of(grid, box, edges)


def _step(above: Line, below: Line) -> float:
    """The distance of two lines in heights of a character.

    That of their middles: in other fonts the top of a line is higher, and its bottom lower.
    """
    if not above.height:
        return inf
    return (below.box[1] + below.box[3] - above.box[1] - above.box[3]) / 2 / above.height


def _is_alike(one: Line, other: Line, most: float = 1.33) -> bool:
    """Whether two lines have about the same character height."""
    return 1 / most <= one.height / other.height <= most if one.height and other.height else False


def _block(group: Sequence[Line], measures: _Measures) -> PageBlock:
    box = around([line.box for line in group])
    if len(group) > 1 and all(len(line.cells) > 1 for line in group):
        return table([line.cells for line in group], box)
    text = ""
    for line in group:
        text = _joined(text, line.text)
    text = re.sub("[\x02\ufffe]", "-", text)
    large = group[0].height > 1.2 * measures.height
    if large and len(group) <= 4 and not text.endswith(_SENTENCE_ENDS):
        return PageBlock(text, BlockKind.heading, box)
    listed = LIST_MARK.match(text) and not is_unspaced(text[0])
    return PageBlock(text, BlockKind.list_item if listed else BlockKind.paragraph, box)


def _joined(above: str, below: str) -> str:
    if above.endswith(_HYPHENS) and below[:1].islower():
        return above[:-1] + below
    return join(above, below)
