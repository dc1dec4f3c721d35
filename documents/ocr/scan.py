"""What OCR saw on one picture, before anybody knows what is a paragraph."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from documents.page.rulings import Ruling

_MOST_LEAN = math.radians(10)

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class OcrLine:
    """A run of characters. `corners` are its top left, top right, bottom right, bottom left one."""

    text: str
    confidence: float
    corners: tuple[Point, Point, Point, Point]


@dataclass(frozen=True, slots=True)
class Scan:
    """The lines of a picture, in pixels of the picture as it stands upright.

    `turns` quarter turns against the clock made the picture, `width` by `height` as it was given,
    stand upright. `lean` is the angle, clockwise in radians, by which its lines fall from left to
    right. Rulings are those of the picture straightened, which is turned back by that angle around
    its top left corner.
    """

    lines: tuple[OcrLine, ...]
    width: int
    height: int
    turns: int = 0
    lean: float = 0.0
    along: tuple[Ruling, ...] = ()
    down: tuple[Ruling, ...] = ()

    def as_given(self, point: Point) -> Point:
        """Where a point of the upright picture lies on the picture as it was given."""
        x, y = point
        if self.turns == 1:
            return self.width - y, x
        if self.turns == 2:
            return self.width - x, self.height - y
        if self.turns == 3:
            return y, self.height - x
        return x, y


def lean_of(lines: Iterable[OcrLine]) -> float:
    """The angle that the longer lines have in common, up to ten degrees."""
    leans = [
        math.atan2(right[1] - left[1], right[0] - left[0])
        for line in lines
        for left, right in [line.corners[:2]]
        if math.dist(left, right) > 3 * math.dist(left, line.corners[3])
    ]
    lean = median(leans) if leans else 0.0
    return lean if abs(lean) <= _MOST_LEAN else 0.0
