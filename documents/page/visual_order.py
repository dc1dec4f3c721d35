"""The characters of a line in the order in which they are read, from where they stand.

Programs write the characters of one font after those of another, such as the boxes of a form after
its words, and lines of Arabic or Hebrew from either end.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby, pairwise
from math import inf
from statistics import median
from typing import NamedTuple
from unicodedata import bidirectional

from documents.page.glyphs import Box, Glyph

# Hebrew, Arabic, Syriac, Thaana, N'Ko and others, and the presentation forms of two of them.
_FROM_THE_RIGHT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff]")
_RIGHT, _NUMBERS = ("R", "AL"), ("EN", "AN")
_IN_NUMBERS = ("ES", "CS", "ET")  # UAX 9, table 4: + - , . : / %
_BACK = 0.5  # in heights: the least way back to the left to a character that was written late


class _Cluster(NamedTuple):
    """A character with the marks written after it, and the number of its word in the file."""

    glyphs: tuple[Glyph, ...]
    box: Box
    word: int

    @property
    def direction(self) -> str:
        return bidirectional(self.glyphs[0].char) or "L"


def is_from_the_right(row: Sequence[Glyph]) -> bool:
    """Whether a line has characters of a script that is written from the right."""
    return _FROM_THE_RIGHT.search("".join([glyph.char for glyph in row])) is not None


def from_the_left(row: Sequence[Glyph], word: float) -> list[Glyph]:
    """The characters of a line by place, if some were written late; else in their order.

    Of those, a gap wider than `word` is a space. Characters that would stand on one another, as in
    text printed twice or written down the page, keep their order.
    """
    boxes = [glyph.box for glyph in row if glyph.box and not glyph.is_space]
    if len(boxes) < 2:
        return list(row)
    back = _BACK * median([bottom - top for _, top, _, bottom in boxes])
    if not any(other[0] < one[0] - back for one, other in pairwise(boxes)):
        return list(row)
    ordered = sorted(_clusters(row), key=lambda one: one.box[0])
    if any(_is_upon(one.box, other.box) for one, other in pairwise(ordered)):
        return list(row)
    return [glyph for one in _spaced(ordered, word) for glyph in one.glyphs]


def as_read(row: Sequence[Glyph], word: float, column: float) -> list[list[Glyph]]:
    """The cells of a line with words from the right, each in the order in which it is read.

    The cells are those between gaps wider than `column`, from the left. There is a space where a
    gap is wider than `word` and between words of the file: programs write spaces at either end of a
    word. The order is the reverse of the rules I1, I2 and L2 of the Unicode Bidirectional Algorithm
    (UAX 9), with the direction of most letters as that of the cell.
    """
    cells: list[list[_Cluster]] = []
    right = -inf
    for one in sorted(_clusters(row), key=lambda one: one.box[0]):
        if one.glyphs[0].is_space:
            continue
        if one.box[0] - right > column:
            cells.append([])
        cells[-1].append(one)
        right = max(right, one.box[2])
    return [_in_order(_spaced(cell, word, by_word=True)) for cell in cells]


def _in_order(clusters: Sequence[_Cluster]) -> list[Glyph]:
    directions = [one.direction for one in clusters]
    letters = sum(one in _RIGHT for one in directions) - directions.count("L")
    levels = _levels(directions, base=1 if letters >= 0 else 0)
    order = list(range(len(clusters)))
    for least in (1, 2):
        order = _reversed_runs(order, levels, least)
    return [glyph for at in order for glyph in clusters[at].glyphs]


def _clusters(row: Sequence[Glyph]) -> list[_Cluster]:
    found: list[_Cluster] = []
    word = 0
    for glyph in row:
        word += glyph.is_space
        if glyph.box is None and glyph.is_space:
            continue
        if found and (glyph.box is None or bidirectional(glyph.char) == "NSM"):
            found[-1] = _Cluster((*found[-1].glyphs, glyph), found[-1].box, found[-1].word)
        elif glyph.box:
            found.append(_Cluster((glyph,), glyph.box, word))
    return found


def _spaced(clusters: Sequence[_Cluster], word: float, *, by_word: bool = False) -> list[_Cluster]:
    """The characters by place with a space in each gap wider than `word`, and no others.

    `by_word`: also between words of the file.
    """
    found: list[_Cluster] = []
    for one in clusters:
        if one.glyphs[0].is_space:
            continue
        if found and (
            one.box[0] - found[-1].box[2] > word or (by_word and one.word != found[-1].word)
        ):
            space = Glyph(" ", one.box, is_generated=True)
            found.append(_Cluster((space,), one.box, one.word))
        found.append(one)
    return found


def _is_upon(one: Box, other: Box) -> bool:
    width = min(one[2] - one[0], other[2] - other[0])
    return width > 0 and min(one[2], other[2]) - max(one[0], other[0]) > width / 2


def _levels(directions: Sequence[str], base: int) -> list[int]:
    """The embedding level of each character of a line, from the left."""
    kinds = _kinds(directions)
    before = _nearest(kinds, base)
    after = _nearest(kinds[::-1], base)[::-1]
    of_left = 2 * base
    levels = []
    for kind, *sides in zip(kinds, before, after, strict=True):
        among_right = all(side != "L" for side in sides)
        if kind == "R":
            levels.append(1)
        elif kind == "N":
            levels.append(2 if base or among_right else 0)
        elif kind == "L" or all(side == "L" for side in sides):
            levels.append(of_left)
        else:
            levels.append(1 if among_right else base)
    return levels


def _kinds(directions: Sequence[str]) -> list[str]:
    """Left, right, number or nothing; the signs in numbers are parts of them."""
    kinds = [
        "R" if one in _RIGHT else "L" if one == "L" else "N" if one in _NUMBERS else ""
        for one in directions
    ]
    for at in range(1, len(kinds) - 1):
        in_number = directions[at] in _IN_NUMBERS and directions[at + 1] in _NUMBERS
        if in_number and kinds[at - 1] == "N":
            kinds[at] = "N"
    return kinds


def _nearest(kinds: Sequence[str], base: int) -> list[str]:
    """The kind of the last letter or number before each character."""
    found = []
    last = "R" if base else "L"
    for kind in kinds:
        found.append(last)
        last = kind or last
    return found


def _reversed_runs(order: Sequence[int], levels: Sequence[int], least: int) -> list[int]:
    found: list[int] = []
    for is_run, run in groupby(order, key=lambda at: levels[at] >= least):
        some = list(run)
        found += some[::-1] if is_run else some
    return found
