"""Detects straight lines on a picture, such as those around the cells of a form."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from documents.ocr.components import components
from documents.page.rulings import Ruling

_THICK = 0.5  # in text line heights: a thicker one is a bar or a picture
_LONG = 2.5  # likewise: a shorter horizontal line is a dash or a stroke of a character
_HIGH = 1.25  # likewise, vertical: rows of a form are often as low as a line with margins
_MOST = 3_000
_AROUND = 31  # pixels: the neighbourhood for the threshold
_DARKER = 15


def rulings(
    pixels: npt.NDArray[np.uint8], lean: float, text_height: float
) -> tuple[list[Ruling], list[Ruling]]:
    """The horizontal and the vertical lines of the straightened picture, in pixels."""
    ink = straight_ink(pixels, lean)
    most = max(8, _THICK * text_height)
    along = _horizontal(ink, _LONG * text_height, most)
    down = _horizontal(np.ascontiguousarray(ink.T), _HIGH * text_height, most)
    return along, down


def straight_ink(pixels: npt.NDArray[np.uint8], lean: float) -> npt.NDArray[np.uint8]:
    """255 where the picture, rotated back by `lean` around its top left corner, has ink."""
    gray = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    if lean:
        back = np.array([[math.cos(lean), math.sin(lean), 0], [-math.sin(lean), math.cos(lean), 0]])
        gray = cv2.warpAffine(gray, back, gray.shape[::-1], borderValue=255)
    ink = cv2.adaptiveThreshold(
        gray, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, _AROUND, _DARKER
    )
    return ink.astype(np.uint8, copy=False)


def _horizontal(ink: npt.NDArray[Any], least: float, thickest: float) -> list[Ruling]:
    """The horizontal lines of a black-and-white picture."""
    length = max(20, round(least))
    lines = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
    lines = cv2.dilate(lines, np.ones((3, 3), np.uint8))
    found = list(components(lines.astype(np.uint8, copy=False)))
    if len(found) >= _MOST:
        return []
    return [
        Ruling(one.top + one.height / 2, float(one.left), float(one.left + one.width))
        for one in found
        if one.height <= thickest
    ]
