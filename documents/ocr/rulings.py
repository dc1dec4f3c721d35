"""The straight lines that are drawn on a picture, such as those around the cells of a form."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from documents.page.rulings import Ruling

_THICK = 0.5  # of a line of text: what is thicker is a bar or a picture
_LONG = 2.5  # likewise: a shorter line along is a dash or a stroke of a character
_HIGH = 1.25  # and down: rows of a form are often no higher than a line and its margins
_MOST = 3_000
_AROUND = 31  # pixels that a pixel is compared with
_DARKER = 15


def rulings(
    pixels: npt.NDArray[np.uint8], lean: float, text_height: float
) -> tuple[list[Ruling], list[Ruling]]:
    """Those along the straightened picture and those down it, in pixels."""
    gray = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    if lean:
        back = np.array([[math.cos(lean), math.sin(lean), 0], [-math.sin(lean), math.cos(lean), 0]])
        gray = cv2.warpAffine(gray, back, gray.shape[::-1], borderValue=255)
    ink = cv2.adaptiveThreshold(
        gray, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, _AROUND, _DARKER
    )
    most = max(8, _THICK * text_height)
    along = _found(ink, _LONG * text_height, most)
    down = _found(np.ascontiguousarray(ink.T), _HIGH * text_height, most)
    return along, down


def _found(ink: npt.NDArray[Any], least: float, thickest: float) -> list[Ruling]:
    """The lines along a picture in black and white."""
    length = max(20, round(least))
    kept = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
    kept = cv2.dilate(kept, np.ones((3, 3), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(kept)
    if count > _MOST:
        return []
    return [
        Ruling(float(top + height / 2), float(left), float(left + width))
        for left, top, width, height, _ in stats[1:]
        if height <= thickest
    ]
