"""The characters of an OFD page, their positions and their order.

A text object has codes and their distances (GB/T 33190-2016, 11). Where it draws glyphs by number,
a code can be a placeholder, which is an unknown character unless the font says which it is.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from lxml import etree

from documents.page.blocks import Box, Glyph
from documents.page.lines import columns, is_unspaced
from documents.page.reading_order import in_columns
from documents.readers.ofd.glyphs import Characters, characters
from documents.readers.ofd.looks import is_pale, look_of
from documents.readers.ofd.objects import Matrix, Placed, applied, placed_objects
from documents.readers.ofd.package import children, numbers

POINTS = 72 / 25.4

_ASCENT, _DESCENT = 0.88, 0.12  # of the font size: a character's box above and below the base line
_WIDTHS = (
    (frozenset("ijl.,:;'|!` "), 0.25), (frozenset("frtI()[]{}-/\\"), 0.33),
    (frozenset("ABCDEFGHJKLNOPQRSTUVXYZ&"), 0.68), (frozenset("mwMW@%"), 0.85),
)  # fmt: skip
_OTHER_WIDTH = 0.53
_FAINT_SIZE = 2.0  # points
_REPEATED = 0.25  # of the font size: how far bold text is from the same text below it
_MOST_REPEATED = 1.0  # points
_SLANT = 0.15  # of a line's length: how far a straight line may rise or fall
_LINE_OF_PROSE = 10
_MOST_SEGMENTS = 500  # on a page that can have columns; looking for them takes their square
_GAP = 1.5  # in character heights: a wider one separates columns


@dataclass(frozen=True, slots=True)
class Run:
    """The characters of one `TextCode`, in points from the page's top left corner.

    `turn` is how its line runs, in quarter turns clockwise: 1 for a line that runs down; None for
    a slanted one, such as a watermark. `glyphs` are in reading order; `order` are their positions
    in the code if that has them in another order, or has characters twice at one place, which are
    read once: `repeats` are the positions of the others, by that of the first. `is_faint`: it
    cannot be seen on white paper. `look` is the same for runs that are painted alike.
    """

    code: etree._Element
    glyphs: tuple[Glyph, ...]
    box: Box
    size: float
    is_shown: bool
    turn: int | None = 0
    order: tuple[int, ...] = ()
    is_faint: bool = False
    repeats: Mapping[int, Sequence[int]] = field(default_factory=dict)
    look: str = ""

    @property
    def text(self) -> str:
        return "".join(glyph.char for glyph in self.glyphs)


def runs(parent: etree._Element, origin: tuple[float, float]) -> Iterator[Run]:
    """The text objects below `parent`, in drawing order, without those of composite objects."""
    for placed in placed_objects(parent, origin):
        if placed.kind == "TextObject":
            yield from text_runs(placed)


def text_runs(placed: Placed, character: Characters | None = None) -> Iterator[Run]:
    """The runs of one text object. `character` tells which character a glyph of the font is."""
    element = placed.element
    size = abs((numbers(element.get("Size"), 1) or (0.0,))[0])
    if not size:
        return
    flow = _Flow(
        placed.matrix,
        size,
        (numbers(element.get("HScale"), 1) or (1.0,))[0],
        _quarters(element, "ReadDirection"),
        _quarters(element, "CharDirection"),
    )
    codes = list(children(element, "TextCode"))
    x = y = 0.0
    for code, chars in zip(codes, characters(element, codes, character), strict=True):
        x = (numbers(code.get("X"), 1) or (x,))[0]
        y = (numbers(code.get("Y"), 1) or (y,))[0]
        points, glyphs = flow.placed(code, chars, x, y)
        boxes = [glyph.box for glyph in glyphs if glyph.box and not glyph.is_space]
        if boxes:
            tall = math.hypot(*placed.matrix[2:4]) * size * POINTS
            order = flow.reading_order(points, glyphs)
            repeats = _repeats(glyphs, order, tall)
            if repeats:
                again = {at for some in repeats.values() for at in some}
                order = tuple(at for at in order or range(len(glyphs)) if at not in again)
            if order:
                points, glyphs = [points[at] for at in order], tuple(glyphs[at] for at in order)
            turn = flow.turn(points)
            is_faint = tall < _FAINT_SIZE or is_pale(element)
            yield Run(
                code, glyphs, around(boxes), tall, placed.is_shown, turn, order, is_faint, repeats,
                look_of(element),
            )  # fmt: skip


def _repeats(
    glyphs: Sequence[Glyph], order: Sequence[int], size: float
) -> Mapping[int, Sequence[int]]:
    """The positions of characters that are drawn again at the same place, as for bold text."""
    found: dict[int, list[int]] = {}
    first = -1
    for at in order or range(len(glyphs)):
        one, other = glyphs[first], glyphs[at]
        if first >= 0 and one.char == other.char and _is_same_place(one.box, other.box, size):
            found.setdefault(first, []).append(at)
        else:
            first = at
    return found


def _width(char: str) -> float:
    """About the width of a character in ems: the file stores distances, but no widths."""
    if columns(char) == 2:
        return 1.0
    return next((width for chars, width in _WIDTHS if char in chars), _OTHER_WIDTH)


def _quarters(element: etree._Element, name: str) -> int:
    """A direction in quarter turns clockwise; 0 for a value that the standard does not have."""
    degrees = (numbers(element.get(name), 1) or (0.0,))[0]
    return round(degrees / 90) % 4


_LEFTWARDS = frozenset(("R", "AL"))
_ALONG = ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))  # by quarter turns


@dataclass(frozen=True, slots=True)
class _Flow:
    """How a text object places its characters. `read` and `char` are in quarter turns."""

    matrix: Matrix
    size: float
    stretch: float
    read: int
    char: int

    def placed(
        self, code: etree._Element, chars: Sequence[tuple[str, bool]], x: float, y: float
    ) -> tuple[list[tuple[float, float]], tuple[Glyph, ...]]:
        """The origins and the boxes of characters, each of which is known or not."""
        across, down = steps(code.get("DeltaX"), len(chars)), steps(code.get("DeltaY"), len(chars))
        along_x, along_y = _ALONG[self.read]
        origins: list[tuple[float, float]] = []
        glyphs: list[Glyph] = []
        for index, (char, is_known) in enumerate(chars):
            wide = self.size * self.stretch * _width(char)
            if across or down:
                step = (across[index] if across else 0.0, down[index] if down else 0.0)
            else:
                step = (along_x * wide, along_y * self.size)
            inked = min(wide, step[0]) if step[0] > 0.3 * wide else wide
            glyphs.append(Glyph(char, self._box(x, y, inked), is_known=is_known))
            origins.append((x, y))
            x, y = x + step[0], y + step[1]
        return origins, tuple(glyphs)

    def _box(self, x: float, y: float, wide: float) -> Box:
        """The box of a character on the page, in points."""
        over, under = _ASCENT * self.size, _DESCENT * self.size
        a, b, c, d, e, f = self.matrix
        if a > 0 and d > 0 and wide >= 0 and not (b or c or self.char):
            left, top = a * x + e, d * (y - over) + f
            right, bottom = a * (x + wide) + e, d * (y + under) + f
            return left * POINTS, top * POINTS, right * POINTS, bottom * POINTS
        left, top, right, bottom = (
            (0.0, -over, wide, under), (-under, 0.0, over, wide),
            (-wide, -under, 0.0, over), (-over, -wide, under, 0.0),
        )[self.char]  # fmt: skip
        corners = [
            applied(self.matrix, x + along, y + down)
            for along in (left, right)
            for down in (top, bottom)
        ]
        xs, ys = zip(*corners, strict=True)
        return min(xs) * POINTS, min(ys) * POINTS, max(xs) * POINTS, max(ys) * POINTS

    def reading_order(
        self, origins: Sequence[tuple[float, float]], glyphs: Sequence[Glyph]
    ) -> tuple[int, ...]:
        """The positions of upright characters from left to right; empty if they are so already.

        Scripts that run to the left keep their order.
        """
        a, b, c, d, *_ = self.matrix
        if not (a > 0 and d > 0) or b or c or self.char or self.read or self.stretch <= 0:
            return ()
        if all(left[0] <= right[0] for left, right in pairwise(origins)):
            return ()
        lines = {round(y, 3) for _, y in origins}
        if len(lines) > 1 or any(unicodedata.bidirectional(one.char) in _LEFTWARDS
                                 for one in glyphs if len(one.char) == 1):  # fmt: skip
            return ()
        return tuple(sorted(range(len(origins)), key=lambda at: origins[at][0]))

    def turn(self, origins: Sequence[tuple[float, float]]) -> int | None:
        """How the line runs on the page, by its first and last character."""
        (x, y), (last_x, last_y) = origins[0], origins[-1]
        along = (last_x - x, last_y - y)
        if abs(along[0]) + abs(along[1]) < 0.1 * self.size:
            along = _ALONG[self.read]
        a, b, c, d, *_ = self.matrix
        right, below = a * along[0] + c * along[1], b * along[0] + d * along[1]
        if min(abs(right), abs(below)) > _SLANT * max(abs(right), abs(below)):
            return None
        if abs(right) >= abs(below):
            return 0 if right >= 0 else 2
        return 1 if below > 0 else 3


def without_repeats(drawn: Iterable[Run]) -> list[Run]:
    """The runs without those drawn again at the same place, as bold text often is."""
    return repeated(drawn)[0]


def repeated(drawn: Iterable[Run]) -> tuple[list[Run], list[Run]]:
    """The runs that are drawn for the first time at their place, and the others."""
    once: list[Run] = []
    again: list[Run] = []
    places: dict[tuple[str, int, int], Run] = {}
    for run in drawn:
        text, x, y = run.text, int(run.box[0]), int(run.box[1])
        near = (places.get((text, x + right, y + down)) for down in _NEAR for right in _NEAR)
        if any(other and _is_same_place(other.box, run.box, run.size) for other in near):
            again.append(run)
        else:
            places[text, x, y] = run
            once.append(run)
    return once, again


_NEAR = (0, -1, 1)  # points


def _is_same_place(one: Box | None, other: Box | None, size: float) -> bool:
    if one is None or other is None:
        return False
    return math.dist(one[:2], other[:2]) < min(_REPEATED * size, _MOST_REPEATED)


def in_order(drawn: Iterable[Run]) -> list[Glyph]:
    """The characters of a page in reading order, with a line end after each line."""
    return _glyphs(lines_in_order(without_repeats(drawn)))


def in_page_order(drawn: Iterable[Run]) -> list[Glyph]:
    """The same for text without repeats, column by column in whatever order it is drawn."""
    return _glyphs(_lines(_ordered(list(drawn), _by_columns)))


def _glyphs(lines: Iterable[Sequence[Run]]) -> list[Glyph]:
    found: list[Glyph] = []
    for line in lines:
        for before, run in zip((None, *line), line, strict=False):
            if before is not None and needs_space(before, run):
                found.append(Glyph(" ", None, is_generated=True))
            found += run.glyphs
        found.append(Glyph("\n", None, is_generated=True))
    return found


def lines_in_order(drawn: list[Run]) -> list[list[Run]]:
    """The lines of a page in reading order, each from left to right."""
    return _lines(_ordered(drawn, _by_lines))


def _ordered(drawn: list[Run], order: Callable[[list[Run]], list[Run]]) -> list[Run]:
    """In drawing order if that goes down the page or down its columns, else by `order`."""
    flows: list[list[Run]] = []
    for run in drawn:
        if flows and _continues(flows[-1][-1], run):
            flows[-1].append(run)
        else:
            flows.append([run])
    if len(flows) <= 1 or (all(map(_is_prose, flows)) and _are_side_by_side(flows)):
        return drawn
    return order(drawn)


def _by_lines(drawn: list[Run]) -> list[Run]:
    return [run for line in _lines(sorted(drawn, key=_base)) for run in line]


def _by_columns(drawn: list[Run]) -> list[Run]:
    segments = [
        segment for line in _lines(sorted(drawn, key=_base)) for segment in segments_of(line)
    ]
    if len(segments) > _MOST_SEGMENTS:
        return [run for segment in segments for run in segment]
    groups = in_columns([around([run.box for run in segment]) for segment in segments])
    return [
        run for group in groups for run in _by_lines([run for at in group for run in segments[at]])
    ]


def segments_of(line: Sequence[Run], gap: float = _GAP) -> list[list[Run]]:
    """The parts of a line between gaps wider than `gap` character heights."""
    found: list[list[Run]] = []
    for run in line:
        if found and run.box[0] - found[-1][-1].box[2] <= gap * run.size:
            found[-1].append(run)
        else:
            found.append([run])
    return found


def _continues(before: Run, run: Run) -> bool:
    if _is_level(before, run):
        return run.box[0] >= before.box[0]
    return run.box[3] > before.box[3]


def _is_prose(flow: Sequence[Run]) -> bool:
    lines = _lines(flow)
    return len(lines) >= 3 and sum(len(run.text) for run in flow) >= _LINE_OF_PROSE * len(lines)


def _are_side_by_side(flows: Sequence[Sequence[Run]]) -> bool:
    spans = sorted(
        (min(run.box[0] for run in flow), max(run.box[2] for run in flow)) for flow in flows
    )
    return all(left[1] <= right[0] for left, right in pairwise(spans))


def _lines(ordered: Iterable[Run]) -> list[list[Run]]:
    found: list[list[Run]] = []
    for run in ordered:
        if found and _is_level(found[-1][-1], run):
            found[-1].append(run)
        else:
            found.append([run])
    return [sorted(line, key=lambda run: run.box[0]) for line in found]


def _is_level(one: Run, other: Run) -> bool:
    return abs(_base(one) - _base(other)) <= 0.4 * min(one.size, other.size)


def _base(run: Run) -> float:
    return run.box[3]


def needs_space(before: Run, run: Run) -> bool:
    """Whether there is a space between two runs of a line."""
    gap = run.box[0] - before.box[2]
    spaced = not is_unspaced(before.text[-1]) and not is_unspaced(run.text[0])
    return gap > (0.2 if spaced else 1.0) * min(before.size, run.size)


def steps(text: str | None, count: int) -> list[float]:
    """The distances between `count` characters; empty if none is stored.

    `g 3 5` means 5 three times.
    """
    found: list[float] = []
    rest = iter((text or "").split())
    for word in rest:
        times, step = (next(rest, ""), next(rest, "")) if word == "g" else ("1", word)
        step_read = numbers(step, 1)
        if step_read is None or not times.isdecimal() or len(found) >= count:
            break
        found += step_read * min(int(times[:9]), count)
    # Programs leave out repeated values at the end.
    return (found + found[-1:] * (count - len(found)))[:count] if found else []


def around(boxes: Sequence[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)
