"""The lines of a page from its characters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf
from statistics import median

from documents.page.glyphs import Box, Glyph
from documents.page.lines import is_unspaced
from documents.page.visual_order import as_read, from_the_left, is_from_the_right

__all__ = ["Box", "Glyph", "Line", "around", "lines", "together"]

_GAP = 2.0  # in line heights: a wider gap separates two columns of a table
_WORD = 0.2  # likewise: a wider gap is between words
_NEIGHBORS = 8  # characters before one that tell how high text is
_OF_WORD = 32  # characters before one that may be a word written from either end
_NARROW = 0.45  # likewise: a wider gap may be between columns, if other lines have one there


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page.

    `cells` are its texts between wide gaps, `height` is that of a character, `first_word` is the
    width of the first word. `parts` are the pieces between gaps that may be narrower, each of one
    cell; empty if there is no such gap.
    """

    cells: tuple[str, ...]
    box: Box
    height: float
    first_word: float
    parts: tuple[Line, ...] = ()

    @property
    def text(self) -> str:
        return "\t".join(self.cells)


def lines(glyphs: Iterable[Glyph]) -> list[Line]:
    """The lines of a page, in the order of its text."""
    found: list[Line] = []
    row: list[Glyph] = []
    last: Box | None = None  # the last box in the row
    is_ended = is_across = False
    for glyph in glyphs:
        char, box, _, _ = glyph
        if char in "\r\n":
            is_ended = True
            continue
        inked = None if char.isspace() else box
        apart = _distance(row, glyph) if is_ended else 0.0
        if apart >= _NARROW or (inked and last and _is_elsewhere(last, inked, is_across=is_across)):
            found += _line(row)
            row, last, is_across = [], None, False
        elif apart >= _WORD and not row[-1].is_space:
            row.append(Glyph(" ", None, is_generated=True))
        is_ended = False
        row.append(glyph)
        if inked and last and not is_across:
            is_across = _overlap(last, inked, 1) and not _overlap(last, inked, 0)
        # The box of a space that PDFium adds has no size.
        last = box if box and box[3] > box[1] else last
    return found + _line(row)


def _is_elsewhere(last: Box, box: Box, *, is_across: bool) -> bool:
    """Whether a character's box is on another line than the box before it.

    `is_across`: characters of the line stand beside one another. Those of vertical text are above
    one another.
    """
    return not (_overlap(last, box, 1) or (_overlap(last, box, 0) and not is_across))


def _distance(row: Sequence[Glyph], glyph: Glyph) -> float:
    """How far the glyph follows the last one of `row`, in heights; infinite if it is not level.

    PDFium ends a line after each object of some fonts, and on pages rotated by 270 degrees.
    """
    last = row[-1].box if row else None
    if glyph.box is None or last is None:
        return inf
    height = min(last[3] - last[1], glyph.box[3] - glyph.box[1])
    level = min(last[3], glyph.box[3]) - max(last[1], glyph.box[1])
    # In some fonts the box of 一 or a hyphen is as flat as its stroke.
    near = [one.box for one in (*row[-_NEIGHBORS:], glyph) if one.box]
    highest = max(bottom - top for _, top, _, bottom in near)
    if not (level > 0.8 * height and highest):
        return inf
    if is_from_the_right([row[-1], glyph]):
        # Of a word that is written from its left end, the last character is not the nearest.
        near = [one.box for one in row[-_OF_WORD:] if one.box]
        left, right = min(box[0] for box in near), max(box[2] for box in near)
        return max(glyph.box[0] - right, left - glyph.box[2], 0.0) / highest
    return abs(glyph.box[0] - last[2]) / highest


def _overlap(one: Box, other: Box, axis: int) -> bool:
    """Whether two boxes overlap on an axis by more than a third; lines close together touch."""
    start, end, other_start, other_end = one[axis], one[axis + 2], other[axis], other[axis + 2]
    if start == other_start and end == other_end:
        return end > start
    size, other_size = end - start, other_end - other_start
    common = min(end, other_end) - max(start, other_start)
    return 3 * common > min(size, other_size)


def together(parts: Sequence[Line]) -> Line:
    """The line of some parts of a line, from the left."""
    first, *others = parts
    cells, right = list(first.cells), first.box[2]
    for part in others:
        if part.box[0] - right > _GAP * first.height:
            cells += part.cells
        else:
            cells[-1] += part.cells[0]
            cells += part.cells[1:]
        right = part.box[2]
    box = around([part.box for part in parts])
    texts = tuple(map(str.strip, cells))
    return Line(texts, box, first.height, first.first_word, tuple(parts) if others else ())


def _line(row: Sequence[Glyph]) -> list[Line]:
    inked = _inked(row)
    if not inked:
        return []
    boxes = [glyph.box for glyph in inked if glyph.box]
    height = median([bottom - top for _, top, _, bottom in boxes])
    if is_from_the_right(row):
        return [_from_the_right(row, height)]
    row = from_the_left(row, _WORD * height)
    pieces = _divided(row, _NARROW * height, 2 * height)
    parts = tuple(_piece(piece, height) for piece in pieces) if len(pieces) > 1 else ()
    found = _divided(row, _GAP * height) if parts else pieces
    cells = tuple("".join([glyph.char for glyph in cell]).strip() for cell in found)
    return [Line(cells, around(boxes), height, _first_word(inked, row), parts)]


def _from_the_right(row: Sequence[Glyph], height: float) -> Line:
    """A line with words from the right. Its cells and parts are in the order of all lines."""
    # Most letters of some Arabic fonts are low, and between those the gaps are small.
    word = _WORD * max(one.box[3] - one.box[1] for one in row if one.box)
    parts = [_piece(cell, height) for cell in as_read(row, word, _GAP * height)]
    return together(parts) if len(parts) > 1 else parts[0]


def _inked(row: Sequence[Glyph]) -> list[Glyph]:
    return [glyph for glyph in row if glyph.box and not glyph.char.isspace()]


def _piece(row: Sequence[Glyph], height: float) -> Line:
    inked = _inked(row)
    box = around([glyph.box for glyph in inked if glyph.box])
    # A space at its end is one before the next part: parts of a word may stand apart.
    text = "".join(glyph.char for glyph in row)
    return Line((text,), box, height, _first_word(inked, row))


def _divided(row: Sequence[Glyph], wide: float, back: float = inf) -> list[list[Glyph]]:
    """The characters of a line between gaps wider than `wide`, or more than `back` to the left."""
    found: list[list[Glyph]] = [[]]
    right: float | None = None
    for glyph in row:
        char, box, _, _ = glyph
        if box and not char.isspace():
            apart = box[0] - right if right is not None else 0.0
            if apart > wide or apart < -back:
                found.append([])
            right = box[2]
        elif box and char == "\u3000" and right is not None:
            right = box[2]
        found[-1].append(glyph)
    return found


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


def around(boxes: Sequence[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return (
        round(min(lefts), 2), round(min(tops), 2), round(max(rights), 2), round(max(bottoms), 2),
    )  # fmt: skip
