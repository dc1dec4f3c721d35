"""Reconstructs paragraphs and tables from the characters of a page.

A PDF stores the positions of characters and no paragraphs. A line continues the one above it if the
distance is the usual one of the page, the size is the same, it is not indented, and its first word
had no room on the line above.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from documents.document import BlockKind
from documents.page.lines import LIST_MARK, is_unspaced, join

Box = tuple[float, float, float, float]

_HYPHENS = ("\x02", "\ufffe")  # PDFium's codes for a hyphen at the end of a line
_SENTENCE_ENDS = ("。", "；", ".", ";")
_CHINESE_ENDS = ("。", "；", "：", "！", "？")
_GAP = 2.0  # in line heights: a wider gap separates two columns of a table


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character. `box` is None for one that PDFium generated, such as a line end."""

    char: str
    box: Box | None
    is_known: bool = True
    is_generated: bool = False

    @property
    def is_space(self) -> bool:
        return self.char.isspace()


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page.

    `cells` are its parts between wide gaps, `height` is that of a character, `first_word` is the
    width of the first word.
    """

    cells: tuple[str, ...]
    box: Box
    height: float
    first_word: float

    @property
    def text(self) -> str:
        return "\t".join(self.cells)


@dataclass(frozen=True, slots=True)
class PageBlock:
    text: str
    kind: BlockKind
    box: Box


def lines(glyphs: Iterable[Glyph]) -> list[Line]:
    """The lines of a page, in the order of its text."""
    found: list[Line] = []
    row: list[Glyph] = []
    last: Box | None = None  # the last box in the row
    is_ended = False
    for glyph in glyphs:
        if glyph.char in "\r\n":
            is_ended = True
            continue
        if (is_ended and not _is_adjacent(row, glyph)) or _is_elsewhere(last, glyph):
            found += _line(row)
            row, last = [], None
        is_ended = False
        row.append(glyph)
        last = glyph.box or last
    return found + _line(row)


def blocks(page: Sequence[Line]) -> list[PageBlock]:
    """Group the lines of a page into paragraphs, headings and tables."""
    measures = _Measures(page)
    groups: list[list[Line]] = []
    for line in page:
        if groups and measures.continues(groups[-1], line):
            groups[-1].append(line)
        else:
            groups.append([line])
    return [_block(group, measures) for group in groups]


def _is_elsewhere(last: Box | None, glyph: Glyph) -> bool:
    """Whether the glyph is on another line than the box before it."""
    if glyph.box is None or last is None or glyph.is_space:
        return False
    # Characters of vertical text are above one another.
    return not _overlap(last, glyph.box, 1) and not _overlap(last, glyph.box, 0)


def _is_adjacent(row: Sequence[Glyph], glyph: Glyph) -> bool:
    """Whether the glyph follows the last one of `row` without a gap.

    On pages rotated by 270 degrees PDFium ends a line after each object whose font is installed.
    """
    last = row[-1].box if row else None
    if glyph.box is None or last is None:
        return False
    height = min(last[3] - last[1], glyph.box[3] - glyph.box[1])
    level = min(last[3], glyph.box[3]) - max(last[1], glyph.box[1])
    return level > 0.8 * height and abs(glyph.box[0] - last[2]) < 0.2 * height


def _overlap(one: Box, other: Box, axis: int) -> bool:
    """Whether two boxes overlap on an axis by more than a third; lines close together touch."""
    common = min(one[axis + 2], other[axis + 2]) - max(one[axis], other[axis])
    return common > min(one[axis + 2] - one[axis], other[axis + 2] - other[axis]) / 3


def _line(row: Sequence[Glyph]) -> list[Line]:
    inked = [glyph for glyph in row if glyph.box and not glyph.is_space]
    if not inked:
        return []
    box = _around([glyph.box for glyph in inked if glyph.box])
    height = median(glyph.box[3] - glyph.box[1] for glyph in inked if glyph.box)
    cells, right = [""], None
    for glyph in row:
        if glyph.box and not glyph.is_space:
            if right is not None and glyph.box[0] - right > _GAP * height:
                cells.append("")
            right = glyph.box[2]
        elif glyph.box and glyph.char == "\u3000":
            right = glyph.box[2]
        cells[-1] += glyph.char
    return [Line(tuple(map(str.strip, cells)), box, height, _first_word(inked, row))]


def _first_word(inked: Sequence[Glyph], row: Sequence[Glyph]) -> float:
    """The width of the first word. In Chinese, two characters: punctuation stays with the first."""
    start = inked[0].box or (0.0, 0.0, 0.0, 0.0)
    if is_unspaced(inked[0].char):
        return 2 * (start[2] - start[0])
    end = start
    for glyph in row[row.index(inked[0]) :]:
        if glyph.is_space or is_unspaced(glyph.char):
            break
        end = glyph.box or end
    return end[2] - start[0]


class _Measures:
    """The usual line distance, character height and margins of one page."""

    def __init__(self, page: Sequence[Line]) -> None:
        self._page = page
        # Weighted by characters, not by lines: half of the lines may be headings.
        heights = [line.height for line in page for _ in line.text]
        self.height = median(heights) if heights else 0.0
        steps = [
            (below.box[1] - above.box[1]) / above.height
            for above, below in pairwise(page)
            if _is_alike(above, below) and 0.5 < (below.box[1] - above.box[1]) / above.height < 3
        ]
        counted = Counter(round(step, 1) for step in steps)
        most = max(counted.values(), default=0)
        # Lines of one paragraph have the smallest distance, but there may be few of them.
        usual = (step for step, count in counted.items() if count >= most / 4)
        self._step = min(usual, default=1.5)

    def continues(self, group: Sequence[Line], line: Line) -> bool:
        above = group[-1]
        if len(above.cells) > 1 or len(line.cells) > 1:
            return len(above.cells) > 1 and len(line.cells) > 1 and self._is_next(above, line)
        return (
            self._is_next(above, line)
            and self._is_full(above, line)
            and self._is_flush(group, line)
        )

    def _is_next(self, above: Line, line: Line) -> bool:
        if not _is_alike(above, line):
            return False
        step = (line.box[1] - above.box[1]) / above.height
        return 0.5 < step <= self._step * 1.2 + 0.05

    def _is_full(self, above: Line, line: Line) -> bool:
        space = 0.0 if is_unspaced(line.text[0]) else 0.2 * line.height
        return above.box[2] + space + line.first_word > self._right(above) - 0.02 * line.height

    def _right(self, line: Line) -> float:
        """The right margin of lines that begin near this line's start."""
        near = 3 * line.height
        return max(
            other.box[2]
            for other in self._page
            if abs(other.box[0] - line.box[0]) <= near and _is_alike(other, line)
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


def _is_alike(one: Line, other: Line) -> bool:
    """Whether two lines have about the same character height."""
    return 0.75 <= one.height / other.height <= 1.33 if one.height and other.height else False


def _block(group: Sequence[Line], measures: _Measures) -> PageBlock:
    box = _around([line.box for line in group])
    if len(group) > 1 and all(len(line.cells) > 1 for line in group):
        return PageBlock("\n".join(line.text for line in group), BlockKind.table, box)
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


def _around(boxes: Sequence[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return (
        round(min(lefts), 2), round(min(tops), 2), round(max(rights), 2), round(max(bottoms), 2),
    )  # fmt: skip
