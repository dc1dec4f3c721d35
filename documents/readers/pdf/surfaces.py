"""What a PDF page paints beside text: areas that text stands on, or that are drawn over text."""

from __future__ import annotations

import ctypes
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from math import dist
from typing import Any

import pypdfium2.raw as c

from documents.page.blocks import Box
from documents.readers.pdf.characters import Place
from documents.readers.pdf.objects import PageObject, Point, matrix_of, path_points

Color = tuple[int, int, int]

_BAND = 20.0  # points: surfaces are looked up by horizontal bands of the page
_MOST_BANDS = 1_000
_THIN = 3.0  # points: a narrower area neither covers a character nor is behind one
_EXACT = 0.5  # points
_RECTANGLE = range(4, 7)  # segments of a path
_CORNERS = 4
_MOST_CLIPS = 20
# What PDFium returns for a pattern (`kPatternColor`).
_PATTERN: Color = (0xBF, 0xBF, 0xBF)
_OPAQUE = 255


class Surface:
    """An area that is painted as the object `at` of the page, with its box on the displayed page.

    `fill` is None unless it is filled with one opaque color, whatever its shape.
    """

    def __init__(self, at: int, box: Box, item: PageObject, fill: Color | None = None) -> None:
        self.at, self.box, self.item, self.fill = at, box, item, fill

    @property
    def is_picture(self) -> bool:
        return bool(self.item.kind == c.FPDF_PAGEOBJ_IMAGE)

    @cached_property
    def color(self) -> Color | None:
        """Its color, if it is a rectangle of one color that nothing below shines through."""
        if self.fill is None or c.FPDFPath_CountSegments(self.item.handle) not in _RECTANGLE:
            return None
        is_solid = not is_blended(self.item) and _is_rectangle(list(path_points(self.item)))
        return self.fill if is_solid else None


def surface(at: int, item: PageObject, place: Place) -> Surface | None:
    """What an object that is no text paints; None for lines."""
    box = box_of(item, place)
    if box is None or min(box[2] - box[0], box[3] - box[1]) < _THIN:
        return None
    if item.kind != c.FPDF_PAGEOBJ_PATH:
        return Surface(at, box, item)
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    c.FPDFPath_GetDrawMode(item.handle, fill, stroke)
    if fill.value:
        color = fill_color(item.handle)
        return Surface(at, box, item, color[0] if color and color[1] == _OPAQUE else None)
    width = ctypes.c_float()
    c.FPDFPageObj_GetStrokeWidth(item.handle, width)
    is_wide = bool(stroke.value) and width.value * _scale(item) >= _THIN
    return Surface(at, box, item) if is_wide else None


class Surfaces:
    """The surfaces of a page, in the order in which they are painted."""

    def __init__(self, found: Sequence[Surface]) -> None:
        self._bands: dict[int, list[Surface]] = defaultdict(list)
        for one in found:
            for band in _bands(one.box):
                self._bands[band].append(one)

    def over(self, at: int, box: Box) -> Iterator[Surface]:
        """The surfaces that meet a box, painted after the object `at`."""
        return (one for one in self._near(box) if one.at > at)

    def meeting(self, box: Box) -> Iterable[Surface]:
        """The surfaces that meet a box."""
        return self._near(box)

    def under(self, at: int, box: Box) -> Surface | None:
        """The last surface that meets a box, painted before the object `at`."""
        found = (one for one in self._near(box) if one.at < at)
        return max(found, key=lambda one: one.at, default=None)

    def _near(self, box: Box) -> dict[Surface, None]:
        bands = (self._bands.get(band, ()) for band in _bands(box))
        return {one: None for band in bands for one in band if _meet(one.box, box)}


def _bands(box: Box) -> range:
    first, last = (int(max(-_MOST_BANDS, min(edge / _BAND, _MOST_BANDS))) for edge in box[1::2])
    return range(first, last + 1)


def _meet(one: Box, other: Box) -> bool:
    return (
        one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
    )  # fmt: skip


def contains(outer: Box, inner: Box) -> bool:
    return (
        outer[0] <= inner[0] + _EXACT
        and outer[1] <= inner[1] + _EXACT
        and outer[2] >= inner[2] - _EXACT
        and outer[3] >= inner[3] - _EXACT
    )


def box_of(item: PageObject, place: Place) -> Box | None:
    """The box of an object on the displayed page."""
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    if not c.FPDFPageObj_GetBounds(item.handle, left, bottom, right, top):
        return None
    if not item.matrices:
        return place(left.value, bottom.value, right.value, top.value)
    corners = [item.on_page(x.value, y.value) for x in (left, right) for y in (bottom, top)]
    xs, ys = zip(*corners, strict=True)
    return place(min(xs), min(ys), max(xs), max(ys))


def fill_color(handle: Any) -> tuple[Color, int] | None:
    """The color that an object is filled with, and its opacity up to 255; None for patterns."""
    return _color(handle, c.FPDFPageObj_GetFillColor)


def stroke_color(handle: Any) -> tuple[Color, int] | None:
    """The color of an object's outline, and its opacity up to 255; None for patterns."""
    return _color(handle, c.FPDFPageObj_GetStrokeColor)


def _color(handle: Any, get: Any) -> tuple[Color, int] | None:
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    if not get(handle, red, green, blue, alpha):
        return None
    color = red.value, green.value, blue.value
    return None if color == _PATTERN else (color, alpha.value)


def is_blended(item: PageObject) -> bool:
    """Whether an object, or a form that contains it, is transparent or mixed with what is below."""
    return any(c.FPDFPageObj_HasTransparency(one) for one in (item.handle, *item.forms))


def _is_rectangle(points: Sequence[tuple[bool, Point]]) -> bool:
    """Whether the points are the corners of a rectangle whose sides are level or upright."""
    if not all(is_line for is_line, _ in points[1:]):
        return False
    xs, ys = zip(*(point for _, point in points), strict=True)
    if not all(_is_edge(one, axis) for axis in (xs, ys) for one in axis):
        return False
    corners = [(x - min(xs) < _EXACT, y - min(ys) < _EXACT) for x, y in zip(xs, ys, strict=True)]
    is_around = all(one[0] == other[0] or one[1] == other[1] for one, other in pairwise(corners))
    return is_around and len(set(corners)) == _CORNERS


def _is_edge(value: float, values: Sequence[float]) -> bool:
    return min(value - min(values), max(values) - value) < _EXACT


def _scale(item: PageObject) -> float:
    """How many points of the page a unit of the object's space is, at most."""
    own = PageObject(item.handle, item.kind, (matrix_of(item.handle), *item.matrices))
    origin, along, up = own.on_page(0, 0), own.on_page(1, 0), own.on_page(0, 1)
    return max(dist(origin, along), dist(origin, up))


def is_within_clip(item: PageObject, box: Box, place: Place) -> bool:
    """Whether the clip path of an object certainly leaves a box of the displayed page visible."""
    clip = c.FPDFPageObj_GetClipPath(item.handle)
    count = c.FPDFClipPath_CountPaths(clip) if clip else 0
    if count > _MOST_CLIPS:
        return False
    return all(_clip_contains(item, clip, at, box, place) for at in range(count))


def _clip_contains(item: PageObject, clip: Any, at: int, box: Box, place: Place) -> bool:
    count = c.FPDFClipPath_CountPathSegments(clip, at)
    if count not in _RECTANGLE:
        return False
    x, y = ctypes.c_float(), ctypes.c_float()
    points: list[tuple[bool, Point]] = []
    for index in range(count):
        segment = c.FPDFClipPath_GetPathSegment(clip, at, index)
        c.FPDFPathSegment_GetPoint(segment, x, y)
        is_line = c.FPDFPathSegment_GetType(segment) == c.FPDF_SEGMENT_LINETO
        points.append((is_line, item.on_page(x.value, y.value)))
    if not _is_rectangle(points):
        return False
    xs, ys = zip(*(point for _, point in points), strict=True)
    return contains(place(min(xs), min(ys), max(xs), max(ys)), box)
