"""Detects lines of text, on the parts of a picture that are not blank.

The time of detection grows with the area: the margins of a letter take a third of its page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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
Areas = Callable[[Pixels, tuple[int, int], npt.NDArray[np.bool_]], list[Area]]

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

    def __init__(self, config: DictConfig, network: Path, areas: Areas | None = None) -> None:
        """`config` is the configuration of a `RapidOCR` object, which is not changed.

        `areas` has the arguments and the result of `inked_areas`, which is the default.
        """
        own = deepcopy(config.Det)
        own.engine_cfg = config.EngineConfig.onnxruntime
        own.model_path = str(network)
        self._detector = TextDetector(own)
        self._prepare = self._detector.get_preprocess()
        self._areas = areas or inked_areas

    def find(self, pixels: Pixels, rows: Sequence[tuple[int, int]] | None = None) -> list[Quad]:
        """The four corners of each line of a picture in BGR, from the top.

        With `rows`, only in these parts, each the first row and the row after its last.
        """
        found: list[Quad] = []
        for top, bottom in _strips(pixels):
            strip = pixels[top:bottom]
            searched = np.ones(bottom - top, bool)
            if rows is not None:
                searched[:] = False
                for start, stop in rows:
                    searched[max(0, start - top) : max(0, stop - top)] = True
            found += [box + np.array([0, top], np.float32) for box in self._find(strip, searched)]
        return found

    def _find(self, strip: Pixels, searched: npt.NDArray[np.bool_]) -> list[Quad]:
        """The lines in the rows that are `searched`.

        The network reads parts of the reduced picture that are aligned to its step, so that its
        result is close to that for the whole picture.
        """
        small = _reduced(strip)
        places = (np.arange(len(small)) + 0.5) * len(strip) / len(small)
        is_searched = searched[places.astype(int)]
        likely = np.zeros((1, 1, *small.shape[:2]), np.float32)
        for area in self._areas(strip, small.shape[:2], is_searched):
            part = self._prepare.permute(self._prepare.normalize(small[area]))
            likely[0, 0][area] = self._detector.session(part[np.newaxis].astype(np.float32))[0, 0]
        likely[0, 0][~is_searched] = 0
        boxes, _ = self._detector.postprocess_op(likely, strip.shape[:2])
        return list(self._detector.sorted_boxes(boxes))


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


def inked_areas(
    pixels: Pixels, reduced: tuple[int, int], searched: npt.NDArray[np.bool_] | None = None
) -> list[Area]:
    """The parts of a picture that are not blank, from the top, in pixels of the reduced picture.

    Each has a margin around its ink, and is aligned to the step of the network. Light and dark ink
    of any colour counts. All of a picture with noise or shadows may count as ink.

    Arguments:
        reduced: The height and the width of the reduced picture, multiples of 32.
        searched: The rows of the reduced picture in which ink counts. Default: all.
    """
    height, width = reduced
    rows = np.ones(height, bool) if searched is None else searched
    if max(reduced) < _LEAST_SIDE:
        return [np.s_[0:height, 0:width]] if rows.any() else []
    size = width // _CELL, height // _CELL
    cells = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    away = np.abs(cells - np.median(cells, axis=(0, 1))).max(axis=2)
    ink = away > float(np.clip(_NOISE * _unevenness(cells), _LEAST_DIFFERENCE, _MOST_DIFFERENCE))
    ink[~rows.reshape(-1, _CELL).any(axis=1)] = False
    return [
        (_aligned(first, last, height), _aligned(*_ends(ink[first:last].any(axis=0)), width))
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


def _aligned(first: int, last: int, most: int) -> slice:
    """Cells with a margin, in pixels, from a multiple of the network's step to another one."""
    start = (first - _MARGIN) * _CELL // _STEP * _STEP
    stop = -(-(last + _MARGIN) * _CELL // _STEP) * _STEP
    return slice(max(0, start), min(most, stop))


def _reduced(pixels: Pixels) -> Pixels:
    """A picture with sides that are multiples of the network's step, and about `_SIDE` at most."""
    ratio = min(1.0, _SIDE / max(pixels.shape[:2]))
    height, width = (max(1, round(int(side * ratio) / _STEP)) * _STEP for side in pixels.shape[:2])
    return np.asarray(cv2.resize(pixels, (width, height)), np.uint8)


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
