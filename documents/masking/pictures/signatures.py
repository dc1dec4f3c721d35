"""Detects what is written beside a label such as 签字, in the row of the label."""

from __future__ import annotations

import re
from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt

from documents.ocr.ink import ink_outside, text_height
from documents.ocr.scan import Corners, OcrLine, Scan, bounds

_LABEL = re.compile(r"(?:签\s*[字名署章]|[Ss]ign(?:ature|ed)(?: (?:by|of))?)[^:：]{0,8}[:：]?\s*")
# What follows a signature in the same row.
_NEXT = re.compile(r"^\W*(?:日\s*期|时\s*间|电\s*话|联系|盖\s*章|[Dd]ate|\d{2,4}\s*[年./-])|[:：]")
_HALF = 0.3  # of the height of a line: half the width of a character
_LONG = 12.0  # in heights of a line: a signature ends before
_REACH = 1.0  # likewise: strokes reach above and below the row
_LEAST_INK = 0.002  # of the area beside the label
_MARGIN = 0.3  # in heights of a line


def signatures(pixels: npt.NDArray[np.uint8], scan: Scan) -> list[Corners]:
    """The boxes of ink to the right of the labels.

    `pixels` is the upright picture, in gray; so are the boxes. A signature without a label in its
    row is not detected.
    """
    return [
        box
        for line in scan.lines
        if not line.is_vertical
        for label in [_LABEL.search(line.text)]
        if label is not None
        for box in _beside(pixels, scan, line, label.end())
    ]


def _beside(
    pixels: npt.NDArray[np.uint8], scan: Scan, line: OcrLine, end: int
) -> Iterator[Corners]:
    """`end` is the end of the label in the line."""
    em = text_height(scan)
    left, top, right, bottom = bounds(line.corners)
    middle = (top + bottom) / 2
    half = max(line.pitch / 2, _HALF * em / line.length)
    width = right - left
    start = left + (line.middles[end - 1] + half) * width
    stop = min(start + _LONG * em, float(pixels.shape[1]))
    if following := _NEXT.search(line.text, end):
        stop = min(stop, left + (line.middles[following.start()] - half) * width)
    row = [line]
    for other in scan.lines:
        edge, above, beyond, below = bounds(other.corners)
        if other is line or not above < middle < below or beyond < start:
            continue
        row.append(other)
        if edge > start and _NEXT.search(other.text):
            stop = min(stop, edge)
    reach = (0.5 + _REACH) * em
    area = (start, max(0.0, middle - reach), stop, middle + reach)
    typed = [other.corners for other in scan.lines if other not in row]
    yield from _ink(pixels, typed, area, _MARGIN * em)


def _ink(
    pixels: npt.NDArray[np.uint8],
    typed: list[Corners],
    area: tuple[float, float, float, float],
    margin: float,
) -> Iterator[Corners]:
    """The box around the ink of an area; nothing if there is hardly any."""
    left, top, right, bottom = (round(edge) for edge in area)
    if right - left < 2 or bottom - top < 2:
        return
    moved = [
        ((a - left, b - top), (c - left, d - top), (e - left, f - top), (g - left, h - top))
        for (a, b), (c, d), (e, f), (g, h) in typed
    ]
    part = np.ascontiguousarray(pixels[top:bottom, left:right])
    ink = ink_outside(part, moved)
    if np.count_nonzero(ink) < _LEAST_INK * ink.size:
        return
    x, y, width, tall = cv2.boundingRect(ink)
    edges = (left + x - margin, left + x + width + margin)
    upper, lower = top + y - margin, top + y + tall + margin
    yield (edges[0], upper), (edges[1], upper), (edges[1], lower), (edges[0], lower)
