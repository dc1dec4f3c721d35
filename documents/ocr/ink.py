"""Detects ink that looks like text and lies outside the lines that OCR detected."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from statistics import median

import cv2
import numpy as np
import numpy.typing as npt

from documents.ocr.scan import Corners, OcrLine, Scan

_SPECK = 3  # pixels: the filter that removes specks
_AROUND = 31  # pixels: the neighbourhood for the threshold
_DARKER = 25
_MARGIN = 0.35  # in heights of a line: detected boxes are a little small
_PASSED = 1.0  # in heights of a line: a wider gap between characters may hold what was not read
_LOW, _HIGH = 0.4, 2.5  # in heights of a line: the height of a character
_WIDE = 4.0  # likewise: wider ink is a frame, or a word of joined strokes
_WIDEST = 12.0  # likewise: wider ink is a line or a bar
_HOLLOW = 0.03  # of the middle of a frame may be ink
_NEAR = 0.8  # likewise: characters of one word are nearer
_LEAST = 3  # characters of a word: fewer are specks
_LONG = 2.0  # in heights of a line: longer ink is a word of joined strokes
_LEAST_HEIGHT = 6  # pixels: nothing lower can be read
_USUAL = 1 / 70  # of the longer side: the height of a line, where OCR found none


def text_like(pixels: npt.NDArray[np.uint8], scan: Scan) -> list[Corners]:
    """Groups of marks of the size of characters, or of handwriting, that `scan` does not cover.

    `pixels` is the upright picture, in gray; so are the boxes.
    """
    em = text_height(scan)
    read = [part for line in scan.lines for part in read_parts(line)]
    ink = ink_outside(pixels, [*read, *scan.unclear])
    marks, centers = _marks(ink, em)
    if not centers:
        return []
    near = max(1, round(_NEAR * em))
    joined = cv2.dilate(marks, np.ones((max(1, near // 2), near), np.uint8))
    _, labels, groups, _ = cv2.connectedComponentsWithStats(joined)
    counts = Counter(int(labels[y, x]) for x, y in centers)
    return [
        _corners(*map(float, groups[label][:4]))
        for label, count in counts.items()
        if count >= _LEAST or groups[label][2] - near >= _LONG * em
    ]


def text_height(scan: Scan) -> float:
    """The usual height of a line, in pixels."""
    heights = [line.height for line in scan.lines]
    return median(heights) if heights else max(scan.width, scan.height) * _USUAL


def read_parts(line: OcrLine) -> list[Corners]:
    """The parts of a line that hold the characters that were read.

    Handwriting and seals in the middle of a line are often passed over.
    """
    middles = line.middles
    reach = max(line.pitch, _PASSED / 2 * line.height / line.length)
    parts = [[middles[0] - reach, middles[0] + reach]]
    for middle in middles[1:]:
        if middle - reach <= parts[-1][1]:
            parts[-1][1] = middle + reach
        else:
            parts.append([middle - reach, middle + reach])
    return [line.part(begin, stop) for begin, stop in parts]


def ink_outside(pixels: npt.NDArray[np.uint8], boxes: Sequence[Corners]) -> npt.NDArray[np.uint8]:
    """A picture that is 255 where a gray one has ink, outside the boxes."""
    smooth = cv2.medianBlur(pixels, _SPECK)
    ink: npt.NDArray[np.uint8] = cv2.adaptiveThreshold(
        smooth, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, _AROUND, _DARKER
    ).astype(np.uint8, copy=False)
    for corners in boxes:
        _erase(ink, corners)
    return ink


def _marks(
    ink: npt.NDArray[np.uint8], em: float
) -> tuple[npt.NDArray[np.uint8], list[tuple[int, int]]]:
    """A picture of the boxes of marks of the size of characters, and their centres."""
    marks = np.zeros_like(ink)
    centers: list[tuple[int, int]] = []
    if not ink.any():
        return marks, centers
    _, labels, boxes, _ = cv2.connectedComponentsWithStats(ink)
    least = max(_LEAST_HEIGHT, _LOW * em)
    high = (boxes[:, 3] >= least) & (boxes[:, 3] <= _HIGH * em)
    for label in np.flatnonzero(high & (boxes[:, 2] <= _WIDEST * em)):
        if label == 0:  # the background
            continue
        left, top, width, height = boxes[label][:4]
        area = np.s_[top : top + height, left : left + width]
        if width > _WIDE * em and _is_hollow(labels[area] == label):
            continue
        marks[area] = 255
        centers.append((int(left + width // 2), int(top + height // 2)))
    return marks, centers


def _is_hollow(mark: npt.NDArray[np.bool_]) -> bool:
    """Whether the middle of a mark is nearly empty, as that of a frame."""
    height, width = mark.shape
    middle = mark[height // 5 : -(height // 5), width // 5 : -(width // 5)]
    return float(middle.mean()) < _HOLLOW


def _erase(ink: npt.NDArray[np.uint8], corners: Corners) -> None:
    points = np.array(corners, np.float32)
    sides = (math.dist(corners[0], corners[3]), math.dist(corners[0], corners[1]))
    margin = round(_MARGIN * min(sides))
    cv2.fillPoly(ink, [points.astype(np.int32)], 0)
    if margin:
        outline = [points.astype(np.int32)]
        cv2.polylines(ink, outline, isClosed=True, color=0, thickness=2 * margin)


def _corners(left: float, top: float, width: float, height: float) -> Corners:
    right, bottom = left + width, top + height
    return (left, top), (right, top), (right, bottom), (left, bottom)
