"""Detects ink that looks like text and lies outside the lines that OCR detected."""

from __future__ import annotations

import math
from collections import Counter
from statistics import median

import cv2
import numpy as np
import numpy.typing as npt

from documents.ocr.scan import Corners, Scan

_SPECK = 3  # pixels: the filter that removes specks
_AROUND = 31  # pixels: the neighbourhood for the threshold
_DARKER = 25
_MARGIN = 0.35  # in heights of a line: detected boxes are a little small
_LOW, _HIGH = 0.4, 2.5  # in heights of a line: the height of a character
_WIDE = 4.0  # likewise: wider ink is a line or a bar, or characters that touch
_NEAR = 0.8  # likewise: characters of one word are nearer
_LEAST = 3  # characters of a word: fewer are specks
_LEAST_HEIGHT = 6  # pixels: nothing lower can be read
_USUAL = 1 / 70  # of the longer side: the height of a line, where OCR found none


def text_like(pixels: npt.NDArray[np.uint8], scan: Scan) -> list[Corners]:
    """Groups of three and more marks of the size of characters that no line of `scan` covers.

    `pixels` is the upright picture, in gray; so are the boxes.
    """
    heights = [_height(line.corners) for line in scan.lines]
    em = median(heights) if heights else max(scan.width, scan.height) * _USUAL
    ink = cv2.adaptiveThreshold(
        cv2.medianBlur(pixels, _SPECK), 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, _AROUND, _DARKER
    )
    for corners in (*(line.corners for line in scan.lines), *scan.unclear):
        _erase(ink, corners)
    marks, centers = _marks(ink, em)
    if len(centers) < _LEAST:
        return []
    near = max(1, round(_NEAR * em))
    joined = cv2.dilate(marks, np.ones((max(1, near // 2), near), np.uint8))
    _, labels, boxes, _ = cv2.connectedComponentsWithStats(joined)
    counts = Counter(int(labels[y, x]) for x, y in centers)
    return [
        _corners(*map(float, boxes[label][:4])) for label, count in counts.items() if count >= _LEAST
    ]


def _marks(
    ink: npt.NDArray[np.uint8], em: float
) -> tuple[npt.NDArray[np.uint8], list[tuple[int, int]]]:
    """A picture of the boxes of marks of the size of characters, and their centres."""
    marks = np.zeros_like(ink)
    centers = []
    _, _, boxes, _ = cv2.connectedComponentsWithStats(ink)
    least = max(_LEAST_HEIGHT, _LOW * em)
    high = (boxes[1:, 3] >= least) & (boxes[1:, 3] <= _HIGH * em)
    for left, top, width, height, _ in boxes[1:][high & (boxes[1:, 2] <= _WIDE * em)]:
        marks[top : top + height, left : left + width] = 255
        centers.append((int(left + width // 2), int(top + height // 2)))
    return marks, centers


def _erase(ink: npt.NDArray[np.uint8], corners: Corners) -> None:
    points = np.array(corners, np.float32)
    margin = round(_MARGIN * _height(corners))
    cv2.fillPoly(ink, [points.astype(np.int32)], 0)
    if margin:
        outline = [points.astype(np.int32)]
        cv2.polylines(ink, outline, isClosed=True, color=0, thickness=2 * margin)


def _height(corners: Corners) -> float:
    """The size of a character: the shorter side."""
    return min(math.dist(corners[0], corners[3]), math.dist(corners[0], corners[1]))


def _corners(left: float, top: float, width: float, height: float) -> Corners:
    right, bottom = left + width, top + height
    return (left, top), (right, top), (right, bottom), (left, bottom)
