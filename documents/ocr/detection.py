"""Detects lines of text, on the parts of a picture that are not blank.

The time of detection grows with the area: the margins of a letter take a third of its page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from omegaconf import DictConfig
from rapidocr.ch_ppocr_det import TextDetector

from documents.ocr.gutters import runs

Pixels = npt.NDArray[np.uint8]
Quad = npt.NDArray[np.float32]
Area = tuple[slice, slice]
Span = tuple[float, float]

_SIDE = 1_280  # pixels: lines are detected on a picture reduced to this, and read on the full one
_STEP = 32  # pixels of the reduced picture: the network takes multiples of it
_MOST_ASPECT = 2.0  # height by width: no paper format is longer
_STRIP_ASPECT = 1.5
_SEARCHED = 0.25  # part of a strip, at its end, that is searched for a place to cut
_CELL = 8  # pixels of the reduced picture, of which the mean is taken
# How much the mean of a cell with ink differs from that of the paper, of 255: by the noise of the
# picture, between these limits. With more noise, all of the picture counts as ink.
_LEAST_DIFFERENCE, _MOST_DIFFERENCE = 6.0, 16.0
_NOISE = 26.0  # times the mean of the least differences: six standard deviations
_EVEN = 4  # one of so many neighbours is on paper without ink
_MARGIN = 4  # cells around ink
_BLANK = 16  # blank rows of cells that divide a picture
_LEAST_SIDE = 640  # pixels: parts of a smaller picture save no time


class LineDetector:
    """Detects lines with the network of RapidOCR."""

    def __init__(self, config: DictConfig, network: Path) -> None:
        """`config` is the configuration of a `RapidOCR` object, which is not changed."""
        own = deepcopy(config.Det)
        own.engine_cfg = config.EngineConfig.onnxruntime
        own.model_path = str(network)
        own.limit_type = "max"
        self._detector = TextDetector(own)

    def find(self, pixels: Pixels, rows: Iterable[tuple[int, int]] | None = None) -> list[Quad]:
        """The four corners of each line of a picture in BGR, from the top.

        With `rows`, only in these parts, each the first row and the row after its last.
        """
        height, width = pixels.shape[:2]
        usual = max(width, min(height, _STRIP_ASPECT * width))
        found: list[Quad] = []
        for top, bottom in _strips(pixels) if rows is None else rows:
            strip = pixels[top:bottom]
            scale = max(1.0, (max(strip.shape[:2]) if rows is None else usual) / _SIDE)
            for area in inked_areas(strip, scale):
                corner = np.array([area[1].start, top + area[0].start], np.float32)
                found += [corners + corner for corners in self._find(strip[area], scale)]
        return found

    def _find(self, part: Pixels, scale: float) -> list[Quad]:
        self._detector.limit_side_len = round(max(part.shape[:2]) / scale)
        boxes = self._detector(part).boxes
        return [] if boxes is None else list(boxes)


def with_whole_lines(parts: Sequence[Span], lines: Sequence[Span]) -> list[Span]:
    """The parts of a picture, extended until no line is cut and none overlaps another one.

    A span is the top and the bottom.
    """
    found: list[Span] = []
    for top, bottom in sorted([*parts, *lines]):
        if found and top < found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], bottom)
        else:
            found.append((top, bottom))
    return [
        (top, bottom)
        for top, bottom in found
        if any(top <= start and stop <= bottom for start, stop in parts)
    ]


def inked_areas(pixels: Pixels, scale: float) -> list[Area]:
    """The parts of a picture that are not blank, from the top.

    Each has a margin around its ink, and sides that are, divided by `scale`, multiples of 32 where
    the picture has room. Light and dark ink of any colour counts. All of a picture with noise or
    shadows may count as ink.
    """
    height, width = pixels.shape[:2]
    whole = [np.s_[0:height, 0:width]]
    if max(height, width) < _LEAST_SIDE:
        return whole
    cell = _CELL * scale
    size = max(1, round(width / cell)), max(1, round(height / cell))
    cells = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    away = np.abs(cells - np.median(cells, axis=(0, 1))).max(axis=2)
    ink = away > float(np.clip(_NOISE * _unevenness(cells), _LEAST_DIFFERENCE, _MOST_DIFFERENCE))
    per_cell = height / size[1], width / size[0]
    return [
        (
            _stretch(first, last, per_cell[0], scale, height),
            _stretch(*_ends(ink[first:last].any(axis=0)), per_cell[1], scale, width),
        )
        for first, last in _bands(ink.any(axis=1))
    ]


def _unevenness(cells: npt.NDArray[np.float32]) -> float:
    """The mean of the least differences of cells beside each other, which shadows do not change."""
    steps = np.sort(np.abs(np.diff(cells, axis=1)), axis=None)
    return float(steps[: max(1, len(steps) // _EVEN)].mean()) if len(steps) else 0.0


def _bands(rows: npt.NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """The first row of cells with ink, and the row after its last, between wide blanks."""
    first = last = None
    for start, stop in runs(rows):
        if first is not None and last is not None and start - last >= _BLANK:
            yield first, last
            first = None
        first, last = start if first is None else first, stop
    if first is not None and last is not None:
        yield first, last


def _ends(chosen: npt.NDArray[np.bool_]) -> tuple[int, int]:
    places = np.flatnonzero(chosen)
    return int(places[0]), int(places[-1]) + 1


def _stretch(first: int, last: int, per_cell: float, scale: float, most: int) -> slice:
    """Cells with a margin, in pixels; as long as a multiple of the network's step if possible."""
    start, stop = (first - _MARGIN) * per_cell, (last + _MARGIN) * per_cell
    step = _STEP * scale
    missing = -(stop - start) % step
    start, stop = start - missing / 2, stop + missing / 2
    # What lies outside of the picture is added at the other end.
    start, stop = max(0.0, start - max(0.0, stop - most)), min(most, stop + max(0.0, -start))
    return slice(round(start), round(stop))


def _strips(pixels: Pixels) -> Iterator[tuple[int, int]]:
    """Cut a long picture, such as a screenshot of a whole conversation, between lines of text.

    Yields the first row of each strip and the row after its last, from the top. A picture that is
    not long is one strip. A cut is made where the rows of pixels vary least.
    """
    height, width = pixels.shape[:2]
    top = 0
    while height - top > _MOST_ASPECT * width:
        end = top + max(1, round(_STRIP_ASPECT * width))
        start = end - max(1, round(_SEARCHED * (end - top)))
        # The middle of equal rows, so that no line of text is close to the cut.
        ink = pixels[start:end].std(axis=(1, 2))
        plainest = np.flatnonzero(ink <= ink.min() + 1.0)
        cut = start + int(_middle_of_longest_run(plainest))
        cut = max(cut, top + 1)
        yield top, cut
        top = cut
    yield top, height


def _middle_of_longest_run(rows: npt.NDArray[np.intp]) -> int:
    runs_ = np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)
    longest = max(runs_, key=len)
    return int(longest[len(longest) // 2])
