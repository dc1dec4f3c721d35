"""Boxes to tick that are drawn on a page as paths, as browsers print them."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator, Sequence
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
_SIZE = 0.15  # likewise: those of two boxes
_NEAR = 1.0  # points: between the outlines of one box, or of two that touch
_MARK = (0.3, 0.9)  # of the side: the larger side of a tick, a cross or the dot of a button
_LEAST_CORNERS = 5  # with the one that closes it
_MOST_CORNERS = 8  # of a tick or cross: an icon has more
_GAP = 1.0  # of the side: between a box and the text beside it
_CELL_GAP = 0.5  # likewise: between cells for digits
_MOST_BOXES = 200  # a page with more is a drawing
_MOST_SHAPES = 5_000  # that are small: likewise
_PAPER = ((255, 255, 255), 255)


@dataclass(slots=True, eq=False)
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

    @property
    def is_filled(self) -> bool:
        return not self.is_marked and not self.fills <= {_PAPER}


def drawn_boxes(
    items: Iterable[PageObject], glyphs: Sequence[Glyph], fields: Sequence[Box], place: Place
) -> list[Value] | None:
    """☑ and ☐ for each box or button to tick; None if the page has too many shapes to tell.

    A box with a tick, a cross or a dot in it is one. One without stands beside text, or level with
    or under such a box of its size. A filled one stands beside text, and so do empty ones of its
    size. Boxes with text in them, those that touch one another or stand in a row without text
    between them (cells for digits), and those under the form fields in `fields` are none.
    """
    found: list[_Drawn] = []
    shapes = 0
    for item in items:
        if item.kind != c.FPDF_PAGEOBJ_PATH or not _is_small(item, place):
            continue
        shapes += 1
        _add(item, place, found)
        if shapes > _MOST_SHAPES or len(found) > _MOST_BOXES:
            return None
    texts = [one.box for one in glyphs if one.box and not one.is_space] if found else []
    free = list(_free(found, texts, fields))
    ticked = [one for one in free if one.is_marked]
    empty = [one for one in free if one.is_empty and not one.is_marked and _is_single(one, found)]
    boxes = [one for one in empty if _is_beside_text(one.box, texts)]
    boxes += _reached([*ticked, *boxes], [one for one in empty if one not in boxes])
    ticked += [
        one
        for one in free
        if one.is_filled
        and _is_beside_text(one.box, texts)
        and any(_is_aligned(one, other) for other in boxes)
    ]
    marks = [(one, "☑") for one in ticked] + [(one, "☐") for one in boxes]
    return [Value(mark, one.box, is_mark=True) for one, mark in marks]


def _free(found: Sequence[_Drawn], texts: Sequence[Box], fields: Sequence[Box]) -> Iterator[_Drawn]:
    """Those that touch no other and no form field, and have no text in them."""
    for one in found:
        others = [*(other.box for other in found if other is not one), *fields]
        if not any(_touch(one.box, other) for other in others) and not any(
            _is_level(one.box, text) and one.box[0] < (text[0] + text[2]) / 2 < one.box[2]
            for text in texts
        ):
            yield one


def _is_single(one: _Drawn, found: Sequence[_Drawn]) -> bool:
    """Whether no other box without a mark follows or precedes it at once, as cells for digits."""
    most = _CELL_GAP * max(_sides(one.box))
    return not any(
        _is_level(one.box, other.box) and _is_near(one.box, other.box, most)
        for other in found
        if other is not one and not other.is_marked
    )


def _reached(sure: Sequence[_Drawn], others: Sequence[_Drawn]) -> list[_Drawn]:
    """Those of the others that are aligned with a sure one, or with one that is reached."""
    found: list[_Drawn] = []
    waiting, left = list(sure), list(others)
    while waiting:
        one = waiting.pop()
        near = [other for other in left if _is_aligned(one, other)]
        left = [other for other in left if other not in near]
        waiting += near
        found += near
    return found


def _is_aligned(one: _Drawn, other: _Drawn) -> bool:
    """Whether two boxes of one size are level, or one stands under the other."""
    side, its_side = max(_sides(one.box)), max(_sides(other.box))
    apart = min(abs(one.box[0] - other.box[0]), abs(one.box[1] - other.box[1]))
    return abs(its_side - side) <= _SIZE * side and apart <= _NEAR


def _is_small(item: PageObject, place: Place) -> bool:
    bounds = box_of(item, place)
    return bounds is not None and max(_sides(bounds)) <= _MOST_SIDE + _MOST_STROKE


def _add(item: PageObject, place: Place, found: list[_Drawn]) -> None:
    """Add a path as a box, or to the box that it is drawn in."""
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
        is_dot = _is_square(box) and around.is_empty and _is_seen(item, fill)
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


def _is_seen(item: PageObject, fill: ctypes.c_int) -> bool:
    return bool(fill.value) and fill_color(item.handle) != _PAPER


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


def _is_level(box: Box, text: Box) -> bool:
    return box[1] - _NEAR <= (text[1] + text[3]) / 2 <= box[3] + _NEAR


def _is_near(box: Box, other: Box, most: float) -> bool:
    """Whether the other one begins or ends at most that far beside a box."""
    return other[0] - box[2] <= most and box[0] - other[2] <= most


def _is_beside_text(box: Box, texts: Iterable[Box]) -> bool:
    """Whether text begins directly on the right of a box, or ends directly on its left."""
    most = _GAP * (box[2] - box[0])
    return any(_is_level(box, text) and _is_near(box, text, most) for text in texts)
