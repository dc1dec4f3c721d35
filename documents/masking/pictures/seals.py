"""Detects red seals: round and oval ones, by their ring."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

PixelBox = tuple[int, int, int, int]

_SIDE = 1_200  # the picture is searched in this size
_LEAST = 0.06  # of the longer side: a smaller ring is a letter
_MOST_ASPECT = 1.8
_RED, _LIGHTER = 90, 45  # a red pixel is that red, and that much more than green and blue
_SECTORS = 72
_ON_RING = 0.7  # of the sectors have red at the ring
_NEAR = 0.2  # of the radius
_BLUR = 5  # pixels
_REACHES = (5, 17)  # pixels: parts of a ring that are nearer belong together
_MARGIN = 0.05  # of the ring's size
_LETTER = 0.6  # of the ring's height


def seals(picture: Image.Image, text: Sequence[PixelBox]) -> list[PixelBox]:
    """The boxes of the red rings on a picture, in its pixels; none on a gray one.

    `text` are the boxes of lines that OCR read: a ring as high as its line is a letter.
    """
    if picture.mode != "RGB":
        return []
    scale = max(1.0, max(picture.size) / _SIDE)
    size = (max(1, round(picture.width / scale)), max(1, round(picture.height / scale)))
    # In the mean of the pixels, a thin ring stays closed.
    small = np.asarray(picture.resize(size, Image.Resampling.BOX))
    red = _red(cv2.GaussianBlur(small, (_BLUR, _BLUR), 0).astype(np.uint8, copy=False))
    found: list[PixelBox] = []
    for reach in _REACHES:
        for left, top, width, height in _rings(red, reach, _LEAST * max(size)):
            margin = _MARGIN * max(width, height)
            box = (left - margin, top - margin, left + width + margin, top + height + margin)
            found.append(_within([edge * scale for edge in box], picture.size))
    rings = [one for one in found if not any(_is_letter(one, line) for line in text)]
    return [one for one in dict.fromkeys(rings) if not any(_is_inside(one, two) for two in rings)]


def _is_letter(ring: PixelBox, line: PixelBox) -> bool:
    left, top, right, bottom = line
    holds = left <= (ring[0] + ring[2]) / 2 <= right and top <= (ring[1] + ring[3]) / 2 <= bottom
    return holds and min(right - left, bottom - top) > _LETTER * (ring[3] - ring[1])


def _is_inside(one: PixelBox, other: PixelBox) -> bool:
    left, top, right, bottom = other
    return one != other and (
        left <= one[0] and top <= one[1] and one[2] <= right and one[3] <= bottom
    )


def _red(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    red, green, blue = (pixels[:, :, at].astype(np.int16) for at in range(3))
    chosen = (red > _RED) & (red - green > _LIGHTER) & (red - blue > _LIGHTER)
    return chosen.astype(np.uint8)


def _rings(
    red: npt.NDArray[np.uint8], reach: int, least: float
) -> Iterator[tuple[int, int, int, int]]:
    closed = cv2.dilate(red, np.ones((reach, reach), np.uint8))
    _, labels, boxes, _ = cv2.connectedComponentsWithStats(closed)
    for label, (left, top, width, height, _) in enumerate(boxes[1:], 1):
        long, short = max(width, height), min(width, height)
        if short < least or long > _MOST_ASPECT * short:
            continue
        area = np.s_[top : top + height, left : left + width]
        if _is_ring(red[area] * (labels[area] == label)):
            yield int(left), int(top), int(width), int(height)


def _is_ring(part: npt.NDArray[np.uint8]) -> bool:
    """Whether most directions from the middle have red near the ellipse that fits the box."""
    height, width = part.shape
    ys, xs = np.nonzero(part)
    across, down = (xs + 0.5) / width * 2 - 1, (ys + 0.5) / height * 2 - 1
    near = np.abs(np.hypot(across, down) - 1) < _NEAR
    angles = np.arctan2(down[near], across[near])
    sectors = np.unique(((angles + math.pi) / (2 * math.pi) * _SECTORS).astype(int) % _SECTORS)
    return len(sectors) >= _ON_RING * _SECTORS


def _within(box: list[float], size: tuple[int, int]) -> PixelBox:
    left, top, right, bottom = box
    return (
        max(0, math.floor(left)), max(0, math.floor(top)),
        min(size[0], math.ceil(right)), min(size[1], math.ceil(bottom)),
    )  # fmt: skip
