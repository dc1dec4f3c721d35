"""`parse`: lines that are detected otherwise than on the whole picture.

Detection leaves out the blank parts of a page to save time. That may not move the boxes of lines,
because a poor copy is read otherwise in another box.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import dist

import numpy as np
import numpy.typing as npt

from bench.quality.measure import Measure
from bench.quality.ocr import DEFECTS
from bench.quality.pages import drawn, find_font, law_paragraphs, set_in_pages
from documents.ocr.detection import Area, LineDetector, Quad
from documents.ocr.engine import DETECTION, rapid_ocr

DOTS = (100, 150, 200, 300)
PAGES = 3
_NOISY = [defects for defects in DEFECTS.values() if defects.noise]
_MOVED = 0.1  # in heights of a line: the most that a corner may be away
_TARGET = 0.05

Pixels = npt.NDArray[np.uint8]


def measures() -> Iterator[Measure]:
    """The share of lines at each resolution. Raises `NoFont` if no Chinese font is installed."""
    font, texts = find_font(), set_in_pages(law_paragraphs())
    config = rapid_ocr().cfg
    of_parts, of_all = LineDetector(config, DETECTION), LineDetector(config, DETECTION, whole)
    for dots in DOTS:
        lines = moved = 0
        for defects in _NOISY:
            for number, text in enumerate(texts[1 : 1 + PAGES]):
                picture = drawn(text, font, dots, defects, seed=number).convert("RGB")
                pixels = np.ascontiguousarray(picture, np.uint8)
                expected = of_all.find(pixels)
                lines += len(expected)
                moved += elsewhere(expected, of_parts.find(pixels))
        name = f"lines detected elsewhere than on the whole page, {dots} dpi"
        share = round(moved / lines, 4)
        yield Measure("parse", name, lines, share, _TARGET, lower_is_better=True, basis="model")


def whole(_: Pixels, reduced: tuple[int, int], __: npt.NDArray[np.bool_]) -> list[Area]:
    height, width = reduced
    return [np.s_[0:height, 0:width]]


def elsewhere(expected: Sequence[Quad], found: Sequence[Quad]) -> int:
    """How many of the lines have no box of which all corners are close to theirs."""
    return sum(not any(_is_close(line, other) for other in found) for line in expected)


def _is_close(line: Quad, other: Quad) -> bool:
    most = _MOVED * dist(line[0], line[3])
    return all(dist(one, two) <= most for one, two in zip(line, other, strict=True))
