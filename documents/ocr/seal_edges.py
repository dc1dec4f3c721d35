"""The edges of seals: which ellipse or square a group of ink follows."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Values = npt.NDArray[np.float32]
PixelBox = tuple[float, float, float, float]

MOST_ASPECT = 1.8
_SECTORS = 72
_ON_RING = 0.7  # of the sectors have ink at the ring
_NEAR = 0.2  # of the radius, from the ellipse that fits the box
_CLOSE = 0.09  # of the radius, from the ellipse that fits the ink: a frame with corners is further
_ACCURATE = 0.03  # of the radius: a point of the ellipse
_TRIES, _SAMPLE = 100, 6  # of fits to some of the points
_ROUND = 1.12  # the most aspect of a round seal
_MOST_SQUARE_ASPECT = 1.25
_SQUARE_EDGE = 0.15  # of half a side
_BINS = 12  # of a side
_ON_SQUARE, _ON_SIDE = 0.75, 0.5  # of the bins have ink at the edge: of all sides, of each
_CROSSED = 0.9  # of the rows and columns of a square have ink: those between lines of text do not
_INSIDE = 0.75  # of half a side
_LEAST_INK, _MOST_INK = 0.06, 0.97  # of each quarter inside: a frame, a square without characters


@dataclass(frozen=True, slots=True)
class Ring:
    """The outer edge of a seal, an ellipse or a square in pixels.

    `across` and `down` are half its axes or sides; `turn` is the clockwise angle of `across` in
    radians. `box` holds it with a margin. `shape` is `round`, `oval` or `square`. `tones` are the
    darkest and the lightest tone of the ink on a gray scan; from 0 it is as black as text.
    """

    shape: str
    middle: tuple[float, float]
    across: float
    down: float
    turn: float
    box: PixelBox
    tones: tuple[float, float] | None = None

    @property
    def is_black(self) -> bool:
        """Whether the ink cannot be told from the text beneath it."""
        return self.tones is not None and self.tones[0] == 0.0

    def mask(self, size: tuple[int, int], scale: float = 1.0) -> Pixels:
        """255 inside the edge enlarged by `scale`, in a picture of a height and width."""
        found = np.zeros(size, np.uint8)
        if self.shape == "square":
            sides = 2 * self.across * scale, 2 * self.down * scale
            corners = cv2.boxPoints((self.middle, sides, math.degrees(self.turn)))
            cv2.fillPoly(found, [corners.round().astype(np.int32)], 255)
            return found
        axes = (max(1, round(self.across * scale)), max(1, round(self.down * scale)))
        middle = (round(self.middle[0]), round(self.middle[1]))
        cv2.ellipse(found, middle, axes, math.degrees(self.turn), 0, 360, 255, -1)
        return found


def square(edge: Pixels, ink: Pixels, corner: tuple[float, float]) -> Ring | None:
    """The square whose sides the ink of an edge follows, with characters in it.

    `ink` is all ink in that part of the picture.
    """
    ys, xs = np.nonzero(edge)
    points = np.stack([xs, ys], axis=1).astype(np.float32)
    (middle_x, middle_y), (one, two), degrees = cv2.minAreaRect(points)
    if not max(one, two) or min(one, two) * _MOST_SQUARE_ASPECT < max(one, two):
        return None
    # Of the four angles of a square, the one nearest to upright.
    quarter = round(degrees / 90)
    across, down = (one, two) if quarter % 2 == 0 else (two, one)
    turn = math.radians(degrees - 90 * quarter)
    axes = (middle_x, middle_y), (across, down), turn
    own_points = _own(points, *axes)
    if not _follows_sides(*own_points) or not _is_crossed(*own_points, (across, down)):
        return None
    ys, xs = np.mgrid[0 : ink.shape[0], 0 : ink.shape[1]]
    x, y = _own(np.stack([xs.ravel(), ys.ravel()], axis=1).astype(np.float32), *axes)
    inside = (np.abs(x) < _INSIDE) & (np.abs(y) < _INSIDE)
    quarters = [ink.ravel()[inside & (x * a > 0) & (y * b > 0)] for a, b in _QUARTERS]
    if not all(_LEAST_INK < float(np.mean(one)) < _MOST_INK for one in quarters if len(one)):
        return None
    bounds = (*points.min(axis=0), *(points.max(axis=0) + 1))
    return Ring(
        "square",
        (middle_x + corner[0], middle_y + corner[1]),
        across / 2,
        down / 2,
        turn,
        (
            corner[0] + float(bounds[0]), corner[1] + float(bounds[1]),
            corner[0] + float(bounds[2]), corner[1] + float(bounds[3]),
        ),
    )  # fmt: skip


_QUARTERS = ((1, 1), (1, -1), (-1, 1), (-1, -1))


def _own(
    points: Values, middle: tuple[float, float], sides: tuple[float, float], turn: float
) -> tuple[Values, Values]:
    """Points in the axes of a turned rectangle: from -1 to 1 inside."""
    away = np.exp(-1j * turn) * ((points[:, 0] - middle[0]) + 1j * (points[:, 1] - middle[1]))
    x: Values = (away.real / (sides[0] / 2)).astype(np.float32)
    y: Values = (away.imag / (sides[1] / 2)).astype(np.float32)
    return x, y


def _follows_sides(x: Values, y: Values) -> bool:
    """Whether ink, from -1 to 1 across and down, covers the sides."""
    bins = []
    for along, away in ((x, y), (x, -y), (y, x), (y, -x)):
        near = along[away > 1 - _SQUARE_EDGE]
        places = np.clip((near + 1) / 2 * _BINS, 0, _BINS - 1).astype(int)
        bins.append(len(np.unique(places)))
    return min(bins) >= _ON_SIDE * _BINS and sum(bins) >= _ON_SQUARE * 4 * _BINS


def _is_crossed(x: Values, y: Values, sides: tuple[float, float]) -> bool:
    """Whether all rows and columns cross a frame; a paragraph has white between its lines.

    `x` and `y` are ink, from -1 to 1 across and down; `sides` are in pixels.
    """
    return all(
        len(np.unique(np.rint((places + 1) / 2 * side))) >= _CROSSED * (side + 1)
        for places, side in zip((x, y), sides, strict=True)
    )


def _is_ring(part: npt.NDArray[np.uint8]) -> bool:
    """Whether most directions from the middle have ink near the ellipse that fits the box."""
    height, width = part.shape
    ys, xs = np.nonzero(part)
    across, down = (xs + 0.5) / width * 2 - 1, (ys + 0.5) / height * 2 - 1
    near = np.abs(np.hypot(across, down) - 1) < _NEAR
    sectors = np.unique(_sectors(across[near], down[near]))
    return len(sectors) >= _ON_RING * _SECTORS


def _sectors(across: npt.NDArray[np.floating], down: npt.NDArray[np.floating]) -> Values:
    angles = np.arctan2(down, across)
    found: Values = ((angles + math.pi) / (2 * math.pi) * _SECTORS).astype(int) % _SECTORS
    return found


def ellipse(part: Pixels, corner: tuple[float, float]) -> Ring | None:
    """The ellipse through the outermost ink in all directions; None if that has another form."""
    if not _is_ring(part):
        return None
    ys, xs = np.nonzero(part)
    height, width = part.shape
    x, y = xs + 0.5, ys + 0.5
    sectors = _sectors(x - width / 2, y - height / 2)
    far = np.hypot(x - width / 2, y - height / 2)
    order = np.lexsort((-far, sectors))
    _, first = np.unique(sectors[order], return_index=True)
    outer = np.stack([x, y], axis=1)[order[first]].astype(np.float32)
    middle, (across, down), turn = _fitted(outer)
    if float(np.mean(_distance(outer, middle, (across, down), turn) < _CLOSE)) < _ON_RING:
        return None
    reach_x = math.hypot(across * math.cos(turn), down * math.sin(turn)) / 2
    reach_y = math.hypot(across * math.sin(turn), down * math.cos(turn)) / 2
    return Ring(
        "round" if across < _ROUND * down else "oval",
        (middle[0] + corner[0], middle[1] + corner[1]),
        across / 2,
        down / 2,
        turn,
        (
            corner[0] + middle[0] - reach_x,
            corner[1] + middle[1] - reach_y,
            corner[0] + middle[0] + reach_x,
            corner[1] + middle[1] + reach_y,
        ),
    )


def _fitted(points: Values) -> tuple[tuple[float, float], tuple[float, float], float]:
    """The middle, the axes, the longer one first, and the turn of the ellipse through most points.

    Ink of text that crosses the edge of a seal lies outside the ellipse.
    """
    chance = np.random.default_rng(len(points))
    best = np.ones(len(points), np.bool_)
    most = 0
    for _ in range(_TRIES):
        tried = _ellipse_through(points[chance.choice(len(points), _SAMPLE, replace=False)])
        near = _distance(points, *tried) < _ACCURATE if _is_ellipse(*tried) else best[:0]
        if (count := int(near.sum())) > most:
            best, most = near, count
    return _ellipse_through(points[best])


def _ellipse_through(
    points: Values,
) -> tuple[tuple[float, float], tuple[float, float], float]:
    (x, y), (one, two), degrees = cv2.fitEllipse(points)
    # `one` lies along `degrees`; the longer axis is turned by a right angle at most.
    across, down, turn = (one, two, degrees) if one >= two else (two, one, degrees + 90)
    return (x, y), (across, down), math.radians((turn + 90) % 180 - 90)


def _is_ellipse(middle: tuple[float, float], axes: tuple[float, float], turn: float) -> bool:
    """Whether a fit has values, and the form of a seal."""
    return math.isfinite(sum((*middle, turn))) and 0 < axes[0] < MOST_ASPECT * axes[1]


def _distance(
    points: Values, middle: tuple[float, float], axes: tuple[float, float], turn: float
) -> Values:
    """How far points are from an ellipse, in its radius."""
    away: Values = np.abs(np.hypot(*_own(points, middle, axes, turn)) - 1)
    return away
