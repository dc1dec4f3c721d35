"""Boxes to tick that are drawn on a page as paths, as browsers print them."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pypdfium2.raw as c

from documents.page.blocks import Box, Glyph
from documents.readers.pdf.characters import Place
from documents.readers.pdf.form_text import Value
from documents.readers.pdf.objects import PageObject, path_points
from documents.readers.pdf.surfaces import Color, box_of, fill_color

_LEAST_SIDE, _MOST_SIDE = 5.0, 20.0  # points
_MOST_STROKE = 20.0  # points
_SQUARE = 0.1  # of the side: how much the sides may differ
_NEAR = 1.0  # points: between the outlines of one box, or of two that touch
_MARK = (0.3, 0.9)  # of the side: the larger side of a tick, a cross or the dot of a button
_LEAST_CORNERS = 5  # with the one that closes it
_MOST_CORNERS = 8  # of a tick or cross: an icon has more
_GAP = 1.0  # of the side: between a box and the text on its right
_MOST_BOXES = 200  # a page with more is a drawing
_MOST_PATHS = 5_000
_PAPER = ((255, 255, 255), 255)


@dataclass(slots=True)
class _Drawn:
    """A square or round outline. `fills` are the colors and opacities drawn in it."""

    box: Box
    is_outlined: bool = False
    is_marked: bool = False
    fills: set[tuple[Color, int] | None] = field(default_factory=set)

    @property
    def is_empty(self) -> bool:
        """A filled square without an outline is a bullet, one in a color belongs to a legend."""
        return self.is_outlined and self.fills <= {_PAPER}


def drawn_boxes(
    items: Iterable[PageObject], glyphs: Sequence[Glyph], fields: Sequence[Box], place: Place
) -> list[Value]:
    """☑ and ☐ for each box or button that is drawn beside the text on its right.

    Boxes with text in them, those that touch one another (cells for digits), and those under the
    form fields in `fields` are none.
    """
    found: list[_Drawn] = []
    paths = [one for one in items if one.kind == c.FPDF_PAGEOBJ_PATH]
    if len(paths) > _MOST_PATHS:
        return []
    for item in paths:
        _add(item, place, found)
    if len(found) > _MOST_BOXES:
        return []
    boxes = [one.box for one in found]
    texts = [one.box for one in glyphs if one.box and not one.is_space] if found else []
    return [
        Value("☑" if one.is_marked else "☐", one.box, is_mark=True)
        for one in found
        if (one.is_marked or one.is_empty)
        and not any(_touch(one.box, other) for other in boxes if other is not one.box)
        and not any(_touch(one.box, other) for other in fields)
        and _is_before_text(one.box, texts)
    ]


def _add(item: PageObject, place: Place, found: list[_Drawn]) -> None:
    """Add a path as a box, or to the box that it is drawn in."""
    bounds = box_of(item, place)
    if bounds is None or max(_sides(bounds)) > _MOST_SIDE + _MOST_STROKE:
        return
    # The bounds of a line are wider than it is seen, as if its corners were drawn out.
    points = [point for _, point in path_points(item)]
    if not points:
        return
    xs, ys = zip(*points, strict=True)
    box = place(min(xs), min(ys), max(xs), max(ys))
    if max(_sides(box)) > _MOST_SIDE:
        return
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    c.FPDFPath_GetDrawMode(item.handle, fill, stroke)
    corners = c.FPDFPath_CountSegments(item.handle)
    around = next((one for one in reversed(found) if _is_within(box, one.box)), None)
    if around is not None and max(_sides(box)) <= _MARK[1] * max(_sides(around.box)):
        is_line = bool(stroke.value) and not fill.value and corners <= _MOST_CORNERS
        is_dot = _is_square(box) and around.is_empty and bool(fill.value)
        if max(_sides(box)) >= _MARK[0] * max(_sides(around.box)):
            around.is_marked |= is_line or is_dot
        return
    if max(_sides(box)) < _LEAST_SIDE or not _is_square(box) or corners < _LEAST_CORNERS:
        return
    if around is None:
        found.append(around := _Drawn(box))
    around.is_outlined |= bool(stroke.value)
    if fill.value:
        around.fills.add(fill_color(item.handle))


def _sides(box: Box) -> tuple[float, float]:
    return box[2] - box[0], box[3] - box[1]


def _is_square(box: Box) -> bool:
    return max(_sides(box)) - min(_sides(box)) <= _SQUARE * max(_sides(box))


def _is_within(inner: Box, outer: Box) -> bool:
    return (
        inner[0] >= outer[0] - _NEAR
        and inner[1] >= outer[1] - _NEAR
        and inner[2] <= outer[2] + _NEAR
        and inner[3] <= outer[3] + _NEAR
    )


def _touch(one: Box, other: Box) -> bool:
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    return across > -_NEAR and down > -_NEAR


def _is_before_text(box: Box, texts: Iterable[Box]) -> bool:
    """Whether text begins directly on the right of a box, and none stands in it."""
    left, top, right, bottom = box
    is_before = False
    for one in texts:
        x, y = (one[0] + one[2]) / 2, (one[1] + one[3]) / 2
        if not top - _NEAR <= y <= bottom + _NEAR:
            continue
        if left < x < right:
            return False
        is_before |= right <= x and one[0] - right <= _GAP * (right - left)
    return is_before
