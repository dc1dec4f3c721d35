"""Fractions and roots that a page draws with rules: `1/2`, `(a+b)/2`, `√(x+1)`."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf

from documents.ooxml.equations import SIMPLE
from documents.page.page_lines import Box, Glyph, around
from documents.page.rulings import Ruling, merged
from documents.readers.pdf.raised import with_powers

_ROOT = "√"
_NO_BOX = (0.0, 0.0, 0.0, 0.0)
_LONGEST = 200.0  # points, of a rule
_MOST_RULES = 200  # a page with more has a table or a form
_MEET = 1.0  # points between two pieces of a line
_CELLS = 60.0  # points between the rules of two cells
_HIGHEST = 40.0  # points from the rule: the middle of a character
# In heights of a character:
_FROM_RULE = 0.4  # a part stands nearer to the rule
_GAP = 0.35  # characters of a part are nearer to one another
_OVERHANG = 0.3  # a part ends no further beyond the rule
_SAME_LINE = 0.2  # the middles of characters of one line are nearer
_LONGER = 1.2  # the rule is no longer than a part with this
_OFF_CENTER = 0.5  # the middle of a part is nearer to that of the rule
_BESIDE = 1.0  # the text beside is nearer
_LEVEL = (0.25, 0.75)  # of the height of the text beside: an underline is lower
# Beside a fraction that has text on one side only: a word there may be the label of two rows.
_BESIDE_ONE = re.compile(
    r"[0-9A-Za-zα-ωΑ-Ω\U0001d400-\U0001d7ff=+\-−–×÷·*/±≈≠≤≥<>√∑∏∫([{（)\]}）%]"
)
_AT_ROOT = 0.5  # a rule begins nearer to the upper right corner of its root


@dataclass(frozen=True, slots=True)
class _Place:
    """A character by its index, and its edge next to a rule."""

    edge: float
    index: int
    box: Box


@dataclass(frozen=True, slots=True)
class _Part:
    """The characters above or below a rule, by their indexes."""

    indexes: tuple[int, ...]
    box: Box
    height: float


def with_equations(
    glyphs: Sequence[Glyph], along: Sequence[Ruling], down: Sequence[Ruling]
) -> Sequence[Glyph]:
    """The characters with each fraction in one line, level with the text beside it, and with what
    is beneath a root in parentheses.

    `along` and `down` are the horizontal and vertical lines of the page. Without text beside it a
    rule can be an underline or that of a sum: what is above and below it stays two lines.
    """
    rules = merged(along, _MEET)
    short = [rule for rule in rules if rule.end - rule.start <= _LONGEST]
    if not short or len(short) > _MOST_RULES:
        return glyphs
    page = _Page(glyphs)
    # The shortest first: a fraction or root can be a part of another.
    for rule in sorted(short, key=lambda one: one.end - one.start):
        if any(_meets(rule, one) for one in down):
            continue  # the edge of a cell
        found = page.with_root(rule)
        if found is None and not any(page.is_one_row(rule, one) for one in rules):
            found = page.with_fraction(rule)
        page = _Page(found) if found else page
    return page.glyphs


def _meets(rule: Ruling, column: Ruling) -> bool:
    return (
        rule.start - _MEET <= column.at <= rule.end + _MEET
        and column.start - _MEET <= rule.at <= column.end + _MEET
    )


class _Page:
    """The characters of a page, to be found by their place. `glyphs` has them all."""

    def __init__(self, glyphs: Sequence[Glyph]) -> None:
        self.glyphs = glyphs
        places = [
            ((one.box[1] + one.box[3]) / 2, index, one.box)
            for index, one in enumerate(glyphs)
            if one.box is not None and not one.is_space
        ]
        self._places = sorted(places)
        self._middles = [middle for middle, _, _ in self._places]

    def with_root(self, rule: Ruling) -> list[Glyph] | None:
        """The characters with those beneath a root in parentheses; None without a root."""
        for index, box in self._near(rule):
            reach = _AT_ROOT * (box[3] - box[1])
            is_near = abs(box[2] - rule.start) < reach and abs(box[1] - rule.at) < reach
            if self.glyphs[index].char == _ROOT and is_near:
                return self._with_parentheses(index + 1, rule)
        return None

    def _with_parentheses(self, start: int, rule: Ruling) -> list[Glyph]:
        inside: list[Glyph] = []
        stop = start
        for index, glyph in enumerate(self.glyphs[start:], start):
            if glyph.box is not None:
                if not _is_over(glyph.box, rule):
                    break
                stop = index + 1
                inside.append(glyph)
        found = list(self.glyphs)
        if inside and not SIMPLE.fullmatch("".join(glyph.char for glyph in inside)):
            left, right = inside[0].box or _NO_BOX, inside[-1].box or _NO_BOX
            found.insert(stop, Glyph(")", (right[2], right[1], right[2], right[3])))
            found.insert(start, Glyph("(", (left[0], left[1], left[0], left[3])))
        return found

    def is_one_row(self, rule: Ruling, other: Ruling) -> bool:
        """Whether two rules are the edges of cells: level, with no text at this level between."""
        left, right = sorted((rule, other), key=lambda one: one.start)
        if other is rule or abs(rule.at - other.at) > _MEET or right.start - left.end > _CELLS:
            return False
        return not any(
            _is_level(box, rule) and left.end - _MEET < (box[0] + box[2]) / 2 < right.start + _MEET
            for _, box in self._near(rule)
        )

    def with_fraction(self, rule: Ruling) -> list[Glyph] | None:
        """The characters with the fraction of a rule in one line; None if it has none."""
        near = self._near(rule)
        if any(_is_over(box, rule) and _is_level(box, rule) for _, box in near):
            return None  # text that is struck out
        above = _part([one for one in near if _middle(one[1]) < rule.at], rule, way=-1)
        below = _part([one for one in near if _middle(one[1]) > rule.at], rule, way=1)
        if above is None or below is None or not _is_fraction(above, below, rule):
            return None
        if any(self._goes_on(part, one, rule) for part in (above, below) for one in near):
            return None
        height = max(above.height, below.height)
        beside = [one for one in near if above.box[1] < _middle(one[1]) < below.box[3]]
        left, right = (_beside(beside, rule, height, way=way) for way in (-1, 1))
        level = [[one for one in side if _is_level(one.box, rule)][:1] for side in (left, right)]
        if not (all(level) or any(self._is_of_equation(one) for side in level for one in side)):
            return None
        ends = [side[0].index if side else None for side in (left, right)]
        return self._replaced((above, below), rule, (level[0] or level[1])[0].box, ends)

    def _goes_on(self, part: _Part, place: tuple[int, Box], rule: Ruling) -> bool:
        """Whether a digit or letter beside a part belongs to the same line."""
        index, box = place
        gap = max(box[0] - part.box[2], part.box[0] - box[2])
        return (
            not _is_over(box, rule)
            and gap < _OVERHANG * part.height
            and abs(_middle(box) - _middle(part.box)) < _SAME_LINE * part.height
            and self.glyphs[index].char.isalnum()
        )

    def _is_of_equation(self, place: _Place) -> bool:
        return _BESIDE_ONE.fullmatch(self.glyphs[place.index].char) is not None

    def _near(self, rule: Ruling) -> list[tuple[int, Box]]:
        start = bisect_left(self._middles, rule.at - _HIGHEST)
        stop = bisect_right(self._middles, rule.at + _HIGHEST)
        return [(index, box) for _, index, box in self._places[start:stop]]

    def _replaced(
        self, parts: tuple[_Part, _Part], rule: Ruling, level: Box, ends: Sequence[int | None]
    ) -> list[Glyph]:
        """The characters with those of both parts between the two at their ends."""
        left, right = ends
        above, below = (self._operand(part.indexes) for part in parts)
        text = [*above, Glyph("/", None), *below]
        taken = {index for part in parts for index in part.indexes}
        ends_of_text = [index for index in (left, right) if index is not None]
        dropped = taken | set(_generated_between(self.glyphs, {*taken, *ends_of_text}))
        place = min(taken)
        if left is not None and not left < place < (inf if right is None else right):
            place = left + 1
        elif right is not None and place > right:
            place = right
        before, after = (
            [self.glyphs[index] for index in indexes if index not in dropped]
            for indexes in (range(place), range(place, len(self.glyphs)))
        )
        text = list(_spread(text, rule, level))
        return [*before, *_space(before[-1:]), *text, *_space(after[:1]), *after]

    def _operand(self, indexes: Sequence[int]) -> list[Glyph]:
        """A part of a fraction, in parentheses if it is more than a number or a word."""
        found: list[Glyph] = []
        for index in indexes:
            glyph = self.glyphs[index]
            is_word = index and self.glyphs[index - 1].is_space and found
            if is_word and _is_ascii_word(found[-1]) and _is_ascii_word(glyph):
                found.append(Glyph(" ", None))
            found.append(glyph)
        found = with_powers(found)
        if SIMPLE.fullmatch("".join(glyph.char for glyph in found)):
            return found
        return [Glyph("(", None), *found, Glyph(")", None)]


def _middle(box: Box) -> float:
    return (box[1] + box[3]) / 2


def _is_over(box: Box, rule: Ruling) -> bool:
    return rule.start <= (box[0] + box[2]) / 2 <= rule.end


def _is_level(box: Box, rule: Ruling) -> bool:
    """Whether a rule is at the level of the middle of a character."""
    top, bottom = (box[1] + share * (box[3] - box[1]) for share in _LEVEL)
    return top < rule.at < bottom


def _part(places: Sequence[tuple[int, Box]], rule: Ruling, *, way: int) -> _Part | None:
    """The line next to a rule; `way` is -1 above it and 1 below."""
    over = [one for one in places if _is_over(one[1], rule)]
    nearest = [
        box
        for _, box in over
        if abs((box[3] if way < 0 else box[1]) - rule.at) < _FROM_RULE * (box[3] - box[1])
    ]
    if not nearest:
        return None
    line = around(nearest)
    found = [(index, box) for index, box in over if line[1] < _middle(box) < line[3]]
    if not found:
        return None
    height = max(box[3] - box[1] for _, box in found)
    across = sorted(box[::2] for _, box in found)
    if any(right[0] - left[1] > _GAP * height for left, right in pairwise(across)):
        return None  # cells of a table
    indexes = tuple(sorted(index for index, _ in found))
    return _Part(indexes, around([box for _, box in found]), height)


def _is_fraction(above: _Part, below: _Part, rule: Ruling) -> bool:
    """Whether two parts are as wide as the rule between them, and at its middle."""
    longest = max(part.box[2] - part.box[0] for part in (above, below))
    if rule.end - rule.start > longest + _LONGER * max(above.height, below.height):
        return False
    return all(
        part.box[0] >= rule.start - _OVERHANG * part.height
        and part.box[2] <= rule.end + _OVERHANG * part.height
        and abs(part.box[0] + part.box[2] - rule.start - rule.end) < 2 * _OFF_CENTER * part.height
        for part in (above, below)
    )


def _beside(
    places: Sequence[tuple[int, Box]], rule: Ruling, height: float, *, way: int
) -> list[_Place]:
    """The characters near a rule, left (`way` -1) or right (1) of it, from the nearest."""
    found = []
    for index, box in places:
        edge = box[2] if way < 0 else box[0]
        gap = rule.start - edge if way < 0 else edge - rule.end
        if -_OVERHANG * height < gap < _BESIDE * height:
            found.append(_Place(edge, index, box))
    return sorted(found, key=lambda one: way * one.edge)


def _generated_between(glyphs: Sequence[Glyph], indexes: Collection[int]) -> Iterator[int]:
    """The spaces and line ends that PDFium added between two of some characters."""
    run: list[int] = []
    is_after = False
    for index, glyph in enumerate(glyphs):
        if glyph.is_space:
            run += [index] if glyph.is_generated else []
            continue
        if is_after and index in indexes:
            yield from run
        is_after, run = index in indexes, []


def _spread(text: Sequence[Glyph], rule: Ruling, level: Box) -> Iterator[Glyph]:
    """Characters beside one another along a rule, at the level of a box."""
    width = (rule.end - rule.start) / len(text)
    for at, glyph in enumerate(text):
        left = rule.start + at * width
        yield glyph._replace(box=(left, level[1], left + width, level[3]))


def _space(beside: Sequence[Glyph]) -> list[Glyph]:
    """A space between a fraction and a digit or letter beside it: `3 1/2`."""
    is_word = any(_is_ascii_word(one) for one in beside)
    return [Glyph(" ", None, is_generated=True)] if is_word else []


def _is_ascii_word(glyph: Glyph) -> bool:
    return glyph.char.isascii() and glyph.char.isalnum()
