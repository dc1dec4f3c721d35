"""The raw result of OCR on one picture."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from documents.page.rulings import Ruling

_MOST_LEAN = math.radians(10)

Point = tuple[float, float]
Corners = tuple[Point, Point, Point, Point]
CLEAR = 0.85  # clean scans have 0.95 and more, poor copies with many mistakes 0.6 to 0.8
_TALL = 1.5  # height by width: RapidOCR reads such a box downwards


@dataclass(frozen=True, slots=True)
class OcrLine:
    """A line of text. `corners` are top left, top right, bottom right, bottom left.

    `centers` are the middles of the characters along the line, from 0 to 1; empty if unknown.
    """

    text: str
    confidence: float
    corners: Corners
    centers: tuple[float, ...] = ()

    @property
    def is_vertical(self) -> bool:
        """Whether the line runs downwards, as OCR reads a box that is much higher than wide."""
        return _is_tall(self.corners)

    @property
    def is_clear(self) -> bool:
        """Whether OCR is confident: otherwise names and numbers are often misread."""
        return self.confidence >= CLEAR

    @property
    def height(self) -> float:
        """The size across the line, in pixels."""
        one, two, three, four = self._along()
        return (math.dist(one, four) + math.dist(two, three)) / 2

    @property
    def length(self) -> float:
        """The size along the line, in pixels, at least 1."""
        one, two, three, four = self._along()
        return max(1.0, (math.dist(one, two) + math.dist(four, three)) / 2)

    @property
    def middles(self) -> tuple[float, ...]:
        """The middle of each character along the line, from 0 to 1."""
        count = len(self.text)
        return self.centers or tuple((at + 0.5) / count for at in range(count))

    @property
    def pitch(self) -> float:
        """The usual distance of two characters, as a part of the line."""
        middles = self.middles
        return median(two - one for one, two in pairwise(middles)) if middles[1:] else 1.0

    def part(self, begin: float, stop: float, margin: float = 0.0) -> Corners:
        """The corners of a part of the line, between two places along it.

        `margin` is added on both sides of the line, in heights.
        """
        one, two, three, four = self._along()
        upper = between(one, two, begin), between(one, two, stop)
        lower = between(four, three, begin), between(four, three, stop)
        return (
            between(upper[0], lower[0], -margin),
            between(upper[1], lower[1], -margin),
            between(upper[1], lower[1], 1 + margin),
            between(upper[0], lower[0], 1 + margin),
        )

    def _along(self) -> Corners:
        """The corners, of which the first two are the upper edge as the text is read."""
        one, two, three, four = self.corners
        return (two, three, four, one) if self.is_vertical else self.corners


@dataclass(frozen=True, slots=True)
class OcrSeal:
    """A seal: its shape, `round`, `oval` or `square`, its text, and its box in pixels.

    `text` is the ring text, and then the lines inside the ring. `confidence` is None without text.
    `is_black` is true if its ink could not be told from the text beneath it.
    """

    shape: str
    text: str
    box: tuple[float, float, float, float]
    confidence: float | None = None
    is_black: bool = False

    @property
    def is_clear(self) -> bool:
        """Whether OCR read its text, without that beneath it, and is confident."""
        return bool(self.text) and not self.is_black and (self.confidence or 0.0) >= CLEAR


@dataclass(frozen=True, slots=True)
class Scan:
    """The lines of a picture, in pixels of the upright picture.

    Attributes:
        width: The width of the original picture.
        height: The height of the original picture.
        turns: Counterclockwise quarter turns that make the original picture upright.
        lean: The skew: the clockwise angle of the lines, in radians.
        along: Horizontal lines of the straightened picture, which is the upright picture rotated
            back by `lean` around its top left corner.
        down: Its vertical lines.
        unclear: Boxes that were detected as text and could not be read, and those of black seals,
            which may hide text.
        seals: Seals. Their text is in no line.
    """

    lines: tuple[OcrLine, ...]
    width: int
    height: int
    turns: int = 0
    lean: float = 0.0
    along: tuple[Ruling, ...] = ()
    down: tuple[Ruling, ...] = ()
    unclear: tuple[Corners, ...] = ()
    seals: tuple[OcrSeal, ...] = ()

    def on_original(self, point: Point) -> Point:
        """Map a point of the upright picture to the original picture."""
        x, y = point
        if self.turns == 1:
            return self.width - y, x
        if self.turns == 2:
            return self.width - x, self.height - y
        if self.turns == 3:
            return y, self.height - x
        return x, y


def between(one: Point, other: Point, part: float) -> Point:
    """The point on the way from one to the other; it can lie outside."""
    return one[0] + part * (other[0] - one[0]), one[1] + part * (other[1] - one[1])


def bounds(corners: Corners) -> tuple[float, float, float, float]:
    """Left, top, right and bottom."""
    xs, ys = zip(*corners, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def corners_of(box: tuple[float, float, float, float]) -> Corners:
    """The corners of a box, as those of a line."""
    left, top, right, bottom = box
    return (left, top), (right, top), (right, bottom), (left, bottom)


def _is_tall(corners: Corners) -> bool:
    return math.dist(corners[0], corners[3]) >= _TALL * math.dist(corners[0], corners[1])


def lean_of(lines: Iterable[OcrLine]) -> float:
    """The median angle of the longer lines; 0 if it exceeds ten degrees."""
    leans = [
        math.atan2(right[1] - left[1], right[0] - left[0])
        for line in lines
        for left, right in [line.corners[:2]]
        if math.dist(left, right) > 3 * math.dist(left, line.corners[3])
    ]
    lean = median(leans) if leans else 0.0
    return lean if abs(lean) <= _MOST_LEAN else 0.0
