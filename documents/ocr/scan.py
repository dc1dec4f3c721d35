"""The raw result of OCR on one picture."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from documents.page.rulings import Ruling

_MOST_LEAN = math.radians(10)

Point = tuple[float, float]
Corners = tuple[Point, Point, Point, Point]
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
        return is_tall(self.corners)


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
        unclear: Boxes that were detected as text and could not be read.
    """

    lines: tuple[OcrLine, ...]
    width: int
    height: int
    turns: int = 0
    lean: float = 0.0
    along: tuple[Ruling, ...] = ()
    down: tuple[Ruling, ...] = ()
    unclear: tuple[Corners, ...] = ()

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


def is_tall(corners: Corners) -> bool:
    """Whether a box is read downwards."""
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
