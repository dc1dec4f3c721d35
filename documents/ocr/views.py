"""The text of a scan in several views, each with the place of every character.

A number can be contiguous in one view and split in the others: it is wrapped to the next line of a
paragraph, or of a cell beside which other cells stand, or it runs downwards. So every view is
searched.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from documents.ocr.layout import Frame, columns
from documents.ocr.scan import OcrLine, Scan
from documents.page.lines import is_unspaced
from documents.page.reading_order import Box, in_rows

_FULL = 2.0  # in heights of a line: one that ends nearer to the edge may continue below
_GAP = 1.5  # likewise: a wider gap separates two cells
_BELOW = 1.2  # likewise: the line below is nearer
_OVERLAP = 0.5  # of the narrower of two lines that are one above the other


@dataclass(frozen=True, slots=True)
class View:
    """A text, and for each character the index of its line and its index in that line.

    White space that was put between lines has no place.
    """

    text: str
    places: tuple[tuple[int, int] | None, ...]


def views(scan: Scan) -> list[View]:
    """All views: wrapped lines joined, lines that stand one above the other, and plain lines."""
    boxes = _boxes(scan)
    columns = _columns(scan, boxes)
    stacks = list(_stacks(scan.lines, boxes))
    return [
        _view(scan.lines, _in_rows(scan.lines, boxes, columns, joined=True)),
        _view(scan.lines, _in_stacks(scan.lines, boxes, stacks)),
        _view(scan.lines, _in_rows(scan.lines, boxes, columns, joined=False)),
    ]


def reading_order(scan: Scan) -> list[int]:
    """The indexes of the lines in reading order."""
    return [at for column in _columns(scan, _boxes(scan)) for row in column for at in row]


def _boxes(scan: Scan) -> list[Box]:
    """The boxes of the lines on the straightened picture."""
    frame = Frame(scan, 1.0, scan.lean)
    return [frame.straight(line) for line in scan.lines]


def _columns(scan: Scan, boxes: Sequence[Box]) -> list[list[list[int]]]:
    """Columns of rows of indexes; each line that runs downwards is a column."""
    level = [at for at, line in enumerate(scan.lines) if not line.is_vertical]
    chosen = [boxes[at] for at in level]
    found = [
        [[level[at] for at in row] for row in in_rows(chosen, column)] for column in columns(chosen)
    ]
    return found + [[[at]] for at, line in enumerate(scan.lines) if line.is_vertical]


def _in_rows(
    lines: Sequence[OcrLine],
    boxes: Sequence[Box],
    columns: Sequence[Sequence[Sequence[int]]],
    *,
    joined: bool,
) -> Iterator[tuple[str, int]]:
    """Each line, after the white space that separates it from the line before it."""
    for column in columns:
        right = max(boxes[at][2] for row in column for at in row)
        before: int | None = None
        for row in column:
            for position, at in enumerate(row):
                if before is None:
                    separator = "\n\n"
                elif position:
                    is_cell = boxes[at][0] - boxes[before][2] > _GAP * _height(boxes[before])
                    separator = "\t" if is_cell else _space(lines[before], lines[at])
                elif joined and _is_full(boxes[before], right):
                    separator = _space(lines[before], lines[at])
                else:
                    separator = "\n"
                yield separator, at
                before = at


def _in_stacks(
    lines: Sequence[OcrLine], boxes: Sequence[Box], stacks: Sequence[Sequence[int]]
) -> Iterator[tuple[str, int]]:
    for stack in stacks:
        right = max(boxes[at][2] for at in stack)
        yield "\n\n", stack[0]
        for before, at in pairwise(stack):
            if _runs_down(lines[before], boxes[before]) or _is_full(boxes[before], right):
                yield _space(lines[before], lines[at]), at
            else:
                yield "\n", at


def _is_full(box: Box, right: float) -> bool:
    return right - box[2] < _FULL * _height(box)


def _stacks(lines: Sequence[OcrLine], boxes: Sequence[Box]) -> Iterator[list[int]]:
    """Chains of lines of which each is the nearest below the one before it."""
    above: dict[int, int] = {}
    gaps: dict[int, float] = {}
    order = sorted(range(len(boxes)), key=lambda at: boxes[at][1])
    for position, at in enumerate(order):
        em = _em(lines[at], boxes[at])
        for other in order[position + 1 :]:
            gap = boxes[other][1] - boxes[at][3]
            if gap > _BELOW * em:
                break
            if gap > -em / 2 and _overlap(boxes[at], boxes[other]):
                if gap < gaps.get(other, math.inf):
                    gaps[other], above[other] = gap, at
                break
    below = {one: other for other, one in above.items()}
    for start in order:
        if start not in above:
            chain = [start]
            while chain[-1] in below:
                chain.append(below[chain[-1]])
            yield chain


def _overlap(one: Box, other: Box) -> bool:
    common = min(one[2], other[2]) - max(one[0], other[0])
    return common > _OVERLAP * min(one[2] - one[0], other[2] - other[0])


def _runs_down(line: OcrLine, box: Box) -> bool:
    """Whether a line can be a part of text that runs downwards: high, or one character."""
    return line.is_vertical or (len(line.text) == 1 and box[2] - box[0] < 2 * _height(box))


def _em(line: OcrLine, box: Box) -> float:
    return box[2] - box[0] if line.is_vertical else _height(box)


def _height(box: Box) -> float:
    return box[3] - box[1]


def _space(one: OcrLine, other: OcrLine) -> str:
    """The white space between two parts of one text: none in Chinese or in a number."""
    edges = (one.text[-1], other.text[0])
    is_number = all(char.isdecimal() for char in edges)
    return "" if is_number or any(is_unspaced(char) for char in edges) else " "


def _view(lines: Sequence[OcrLine], pieces: Iterator[tuple[str, int]]) -> View:
    texts: list[str] = []
    places: list[tuple[int, int] | None] = []
    for separator, at in pieces:
        texts += [separator, lines[at].text]
        places += [None] * len(separator)
        places += [(at, index) for index in range(len(lines[at].text))]
    return View("".join(texts), tuple(places))
