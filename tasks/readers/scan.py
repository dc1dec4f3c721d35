"""What OCR saw on one picture, before anybody knows what is a paragraph."""

from __future__ import annotations

from dataclasses import dataclass

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class SeenLine:
    """A run of characters. `corners` are its top left, top right, bottom right, bottom left one."""

    text: str
    confidence: float
    corners: tuple[Point, Point, Point, Point]


@dataclass(frozen=True, slots=True)
class Scan:
    """The lines of a picture, in pixels of the picture as it stands upright.

    `turns` quarter turns against the clock made the picture, `width` by `height` as it was given,
    stand upright.
    """

    lines: tuple[SeenLine, ...]
    width: int
    height: int
    turns: int = 0

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
