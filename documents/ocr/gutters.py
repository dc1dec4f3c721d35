"""Divides detected lines at white strips that run down through several lines.

The detector returns one line across a narrow gutter. Columns are known by the white between them
before their lines are read.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from statistics import median

import cv2
import numpy as np
import numpy.typing as npt

from documents.ocr.rulings import straight_ink

Pixels = npt.NDArray[np.uint8]
Quad = npt.NDArray[np.float32]

_EM = 16  # pixels: the picture is reduced until lines are so high
_SPECK = 3  # pixels: the filter that removes specks
_INK = 64  # of 255: the least coverage of a reduced pixel
_WIDE, _HIGH = 0.6, 6.0  # in heights of a line: the least white that divides lines
_RULING = 3.0  # likewise: a higher vertical line divides lines as white does
_LEAST_LINES = 6
_MIDDLE = 0.2  # of a line's height, above and below: detected lines touch their neighbours
_LEAST_PART = 0.5  # in heights of a line
_OVER = 0.08  # likewise: a line reaches so far into the white around it


def divided(pixels: Pixels, lines: Sequence[Quad]) -> list[Quad]:
    """The lines, of which those across a gutter are cut; `pixels` is the upright picture, in BGR.

    A line has the corners top left, top right, bottom right and bottom left, in pixels.
    """
    level = [line for line in lines if _width(line) > 2 * _height(line)]
    if len(level) < _LEAST_LINES:
        return list(lines)
    lean = median(_angle(line) for line in level)
    height = median(_height(line) for line in level)
    if height < 1 or abs(lean) > math.radians(10):
        return list(lines)
    white = _strips(straight_ink(pixels, lean), height)
    parts: list[Quad] = []
    for line in lines:
        parts += _parts(line, white, _EM / height, lean, height) if _is_level(line) else [line]
    return parts


def _strips(ink: Pixels, height: float) -> Pixels:
    """The white strips of a straightened picture, reduced so that lines are `_EM` pixels high."""
    scale = _EM / height
    size = (max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale)))
    small = cv2.resize(cv2.medianBlur(ink, _SPECK), size, interpolation=cv2.INTER_AREA)
    dark = (small > _INK).astype(np.uint8)
    rulings = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((round(_RULING * _EM), 1), np.uint8))
    dark[cv2.dilate(rulings, np.ones((1, 3), np.uint8)) > 0] = 0
    rows = _without_blanks(dark)
    kernel = np.ones((round(_HIGH * _EM), round(_WIDE * _EM)), np.uint8)
    # The outside counts as ink: OpenCV would take it for white.
    framed = np.pad(1 - dark[rows], 1)
    strips = np.zeros_like(dark)
    strips[rows] = cv2.morphologyEx(framed, cv2.MORPH_OPEN, kernel)[1:-1, 1:-1]
    return strips


def _without_blanks(dark: Pixels) -> npt.NDArray[np.bool_]:
    """The rows to search: of those without ink, no more than a line's height at one place."""
    kept = np.ones(len(dark), bool)
    for start, stop in runs(~np.asarray(dark.any(axis=1))):
        kept[start + _EM : stop] = False
    return kept


def _parts(line: Quad, white: Pixels, scale: float, lean: float, height: float) -> list[Quad]:
    """The parts of a line between the strips that run through the whole of its height."""
    left, right = line[[0, 3]].mean(axis=0), line[[1, 2]].mean(axis=0)
    back = np.array([[math.cos(lean), math.sin(lean)], [-math.sin(lean), math.cos(lean)]])
    one, two = back @ left * scale, back @ right * scale
    steps = max(2, round(float(two[0] - one[0])))
    xs = np.linspace(one[0], two[0], steps)
    ys = np.linspace(one[1], two[1], steps)
    reach = (0.5 - _MIDDLE) * _height(line) * scale
    is_white = np.ones(steps, bool)
    for offset in np.linspace(-reach, reach, 5):
        rows = np.clip(np.rint(ys + offset), 0, white.shape[0] - 1).astype(int)
        columns = np.clip(np.rint(xs), 0, white.shape[1] - 1).astype(int)
        is_white &= white[rows, columns] > 0
    spans = [
        (start / steps, stop / steps)
        for start, stop in runs(~is_white)
        if stop - start >= _LEAST_PART * height * scale
    ]
    # The detector's boxes reach into gutters, and those of columns then overlap.
    over = _OVER * height * scale / steps
    return [
        _part(line, max(0.0, start - over), min(1.0, stop + over)) for start, stop in spans
    ] or [line]


def runs(chosen: npt.NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """The first index of each run of chosen ones, and the index after its last."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], chosen.astype(np.int8), [0]))))
    return ((int(start), int(stop)) for start, stop in edges.reshape(-1, 2))


def _part(line: Quad, start: float, stop: float) -> Quad:
    one, two, three, four = line
    return np.array(
        [
            one + start * (two - one),
            one + stop * (two - one),
            four + stop * (three - four),
            four + start * (three - four),
        ],
        np.float32,
    )


def _is_level(line: Quad) -> bool:
    return _width(line) > 2 * _height(line)


def _width(line: Quad) -> float:
    return math.dist(line[0], line[1])


def _height(line: Quad) -> float:
    return math.dist(line[0], line[3])


def _angle(line: Quad) -> float:
    (left, top), (right, bottom) = line[:2]
    return math.atan2(bottom - top, right - left)
