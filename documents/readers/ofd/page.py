"""The characters of an OFD page, their positions and their order.

Lengths in the file are in millimetres from the top left corner. A text object has its own box and
matrix (GB/T 33190-2016, 8.5 and 11).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from lxml import etree

from documents.ooxml.xml import local_name
from documents.page.blocks import Box, Glyph
from documents.page.lines import columns, is_unspaced
from documents.readers.ofd.package import children, is_visible, numbers

POINTS = 72 / 25.4

_ASCENT, _DESCENT = 0.88, 0.12  # of the font size: a character's box above and below the base line
_HOLDERS = frozenset(("Content", "Layer", "PageBlock", "Appearance"))
_MOST_DEPTH = 50
_LINE_OF_PROSE = 10


@dataclass(frozen=True, slots=True)
class Run:
    """The characters of one `TextCode`, in points from the page's top left corner."""

    code: etree._Element
    glyphs: tuple[Glyph, ...]
    box: Box
    size: float
    is_shown: bool

    @property
    def text(self) -> str:
        return "".join(glyph.char for glyph in self.glyphs)


def runs(parent: etree._Element, origin: tuple[float, float]) -> Iterator[Run]:
    """The text objects below `parent`, in drawing order."""
    for element in drawn_objects(parent, "TextObject"):
        yield from _object(element, origin)


def drawn_objects(parent: etree._Element, kind: str, depth: int = 0) -> Iterator[etree._Element]:
    """The objects of type `kind` below `parent`, in drawing order."""
    for element in parent:
        name = local_name(element)
        if name == kind:
            yield element
        elif name in _HOLDERS and depth < _MOST_DEPTH:
            yield from drawn_objects(element, kind, depth + 1)


def in_order(drawn: Iterable[Run]) -> list[Glyph]:
    """The characters of a page in reading order, with a line end after each line."""
    once = {(run.text, round(run.box[0]), round(run.box[1])): run for run in drawn}
    found: list[Glyph] = []
    for line in lines_in_order(list(once.values())):
        for before, run in zip((None, *line), line, strict=False):
            if before is not None and needs_space(before, run):
                found.append(Glyph(" ", None, is_generated=True))
            found += run.glyphs
        found.append(Glyph("\n", None, is_generated=True))
    return found


def lines_in_order(drawn: list[Run]) -> list[list[Run]]:
    """The lines of a page in reading order, each from left to right."""
    return _lines(_ordered(drawn))


def _ordered(drawn: list[Run]) -> list[Run]:
    """In drawing order if that goes down the page or down its columns, else line by line."""
    flows: list[list[Run]] = []
    for run in drawn:
        if flows and _continues(flows[-1][-1], run):
            flows[-1].append(run)
        else:
            flows.append([run])
    if len(flows) <= 1 or (all(map(_is_prose, flows)) and _are_side_by_side(flows)):
        return drawn
    return [run for line in _lines(sorted(drawn, key=_base)) for run in line]


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


def _object(element: etree._Element, origin: tuple[float, float]) -> Iterator[Run]:
    box = numbers(element.get("Boundary"), 4)
    matrix = numbers(element.get("CTM"), 6) or (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    size = abs((numbers(element.get("Size"), 1) or (0.0,))[0])
    if box is None or not size:
        return
    at = (box[0] - origin[0], box[1] - origin[1])
    stretch = (numbers(element.get("HScale"), 1) or (1.0,))[0]
    is_shown = is_visible(element)
    x = y = 0.0
    for code in children(element, "TextCode"):
        x = (numbers(code.get("X"), 1) or (x,))[0]
        y = (numbers(code.get("Y"), 1) or (y,))[0]
        glyphs = tuple(_glyphs(code, (x, y), size, stretch, (*matrix, *at)))
        boxes = [glyph.box for glyph in glyphs if glyph.box and not glyph.is_space]
        if boxes:
            tall = math.hypot(matrix[2], matrix[3]) * size * POINTS
            yield Run(code, glyphs, _around(boxes), tall, is_shown)


def _glyphs(
    code: etree._Element,
    place: tuple[float, float],
    size: float,
    stretch: float,
    matrix: Sequence[float],
) -> Iterator[Glyph]:
    text = (code.text or "").strip("\r\n\t")
    across, down = steps(code.get("DeltaX"), len(text)), steps(code.get("DeltaY"), len(text))
    x, y = place
    for index, char in enumerate(text):
        wide = size * stretch * (1.0 if columns(char) == 2 else 0.5)
        step = across[index] if across else (0.0 if down else wide)
        inked = min(wide, step) if step > 0.3 * wide else wide
        corners = (x, y - _ASCENT * size, x + inked, y + _DESCENT * size)
        known = char != "\ufffd" and not 0xE000 <= ord(char) <= 0xF8FF
        yield Glyph(char, _placed(corners, matrix), is_known=known)
        x, y = x + step, y + (down[index] if down else 0.0)


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


def _placed(corners: Box, matrix: Sequence[float]) -> Box:
    a, b, c, d, e, f, left, top = matrix
    points = [
        (a * x + c * y + e + left, b * x + d * y + f + top)
        for x in (corners[0], corners[2])
        for y in (corners[1], corners[3])
    ]
    across, down = zip(*points, strict=True)
    return (
        min(across) * POINTS, min(down) * POINTS, max(across) * POINTS, max(down) * POINTS,
    )  # fmt: skip


def _around(boxes: Sequence[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)
