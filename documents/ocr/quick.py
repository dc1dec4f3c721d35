"""Recognition of a line by a network of 8-bit integers, where its result is certain.

The network is the one of RapidOCR's wheel, quantized by `bench/quality/quantized_ocr.py`. It takes
43 to 46 % of the exact network's time for a line; with the lines that are read again, the lines of
a clear page take about two thirds. It is less accurate on poor scans. Its weights have 7 bits, so
that sums do not saturate on x86 processors without VNNI: all processors give the same sums.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from omegaconf import DictConfig
from rapidocr.ch_ppocr_rec import TextRecognizer
from rapidocr.ch_ppocr_rec.typings import WordInfo

Pixels = npt.NDArray[np.uint8]
Reading = tuple[str, float, WordInfo]
"""The text of a line, its confidence, and the columns of its characters."""
Line = TypeVar("Line")
Text = TypeVar("Text")
Probabilities = npt.NDArray[np.float32]

NETWORK = Path(__file__).with_name("quick_lines.onnx")
SOURCE = "source_sha256"  # the property of the file with the digest of the network it was made of
# In pixels of a line of the network's height. With the lesser width, a shorter line takes half of
# the time; where it is not certain, it is read again with the usual one.
QUICK_WIDTH, EXACT_WIDTH = 160, 320
_BLANK = 0
# Of 578 lines with these values or better, none was read differently from the exact network; with
# 0.9 and 0.8, 1 of 642 (docs/decisions/ocr-quantized.md).
_LEAST_EXPLAINED = 0.95
_LEAST_PEAK = 0.9
_TRIED = 4  # lines of a page that this network reads in any case
_MOST_UNCERTAIN = 2  # of these; with more, the attempt at the others takes longer than it saves


class LineRecognizer:
    """Reads lines with a network."""

    def __init__(self, config: DictConfig, network: Path, least_width: int) -> None:
        """`least_width` is in pixels of a line of the network's height: shorter ones are padded.

        `config` is the configuration of a `RapidOCR` object, which is not changed.
        """
        self._recognizer = recognizer(config, network)
        self._least_aspect: float = least_width / self._recognizer.rec_image_shape[1]

    def read(self, crop: Pixels) -> Reading:
        """The result for a line."""
        return self._decoded(crop, *_likeliest(self._probabilities(crop)))

    def read_if_certain(self, crop: Pixels) -> Reading | None:
        """The result for a line; None if any part of it is uncertain."""
        probabilities = self._probabilities(crop)
        best, top = _likeliest(probabilities)
        return self._decoded(crop, best, top) if is_certain(probabilities, best, top) else None

    def _probabilities(self, crop: Pixels) -> Probabilities:
        """Of each character (axis 1) in each column of a line."""
        line = self._recognizer.resize_norm_img(crop, self._padded(crop))
        found: Probabilities = self._recognizer.session(line[np.newaxis])
        return found.reshape(-1, found.shape[-1])  # one network has an axis for lines

    def _padded(self, crop: Pixels) -> float:
        """The width by height with which the network gets a line."""
        return max(_aspect(crop), self._least_aspect)

    def _decoded(self, crop: Pixels, best: npt.NDArray[np.intp], top: Probabilities) -> Reading:
        ((text, confidence),), (words,) = self._recognizer.postprocess_op.decode(
            best[np.newaxis],
            top[np.newaxis],
            return_word_box=True,
            wh_ratio_list=(_aspect(crop),),
            max_wh_ratio=self._padded(crop),
            remove_duplicate=True,
        )
        return text, confidence, words


def read_lines(
    lines: Sequence[Line],
    quick: Callable[[Line], Text | None],
    exact: Callable[[Line], Text],
    each: Callable[..., Iterable[Any]],
) -> list[Text]:
    """Read the lines of a page: each by `quick`, and by `exact` where that returns None.

    `quick` is not used for the others if most of the first lines are uncertain, which are always
    the same ones: what is read does not depend on the number of threads.

    Arguments:
        each: Calls a function for each line, as `map` does.
    """

    tried = list(each(quick, lines[:_TRIED]))
    is_poor = tried.count(None) > _MOST_UNCERTAIN

    def text_of(number: int) -> Text:
        line, is_first = lines[number], number < len(tried)
        text = tried[number] if is_first else None if is_poor else quick(line)
        return exact(line) if text is None else text

    return list(each(text_of, range(len(lines))))


def _likeliest(probabilities: Probabilities) -> tuple[npt.NDArray[np.intp], Probabilities]:
    """The most probable character of each column, and its probability."""
    best = probabilities.argmax(axis=1)
    # NumPy searches for the place of a maximum several times as fast as for the maximum.
    return best, np.take_along_axis(probabilities, best[:, np.newaxis], axis=1)[:, 0]


def _aspect(crop: Pixels) -> float:
    height, width = map(int, crop.shape[:2])
    return width / height


def recognizer(config: DictConfig, network: Path) -> TextRecognizer:
    """A recognizer of RapidOCR with a network of its own.

    `config` is the configuration of a `RapidOCR` object, which is not changed.
    """
    own = deepcopy(config.Rec)
    own.engine_cfg = config.EngineConfig.onnxruntime
    own.font_path = config.Global.font_path
    own.model_path = str(network)
    return TextRecognizer(own)


def is_certain(
    probabilities: Probabilities, best: npt.NDArray[np.intp], top: Probabilities
) -> bool:
    """Whether a line has characters and no column of it may hold another character.

    A character takes a column or several; between characters there are blank columns. A column may
    hold its own character, that of a column beside it, or none. The probability of all others is
    small in a line that is certain, and each character has a column where it is probable.

    Arguments:
        probabilities: Of each character (axis 1; the first is none) in each column of the line.
        best: The most probable character of each column.
        top: Its probability.
    """
    starts = np.flatnonzero(np.r_[True, best[1:] != best[:-1]])
    peaks = np.maximum.reduceat(top, starts)[best[starts] != _BLANK]
    if not peaks.size or peaks.min() < _LEAST_PEAK:
        return False
    columns = np.arange(len(best))
    before, after = np.maximum(columns - 1, 0), np.minimum(columns + 1, len(best) - 1)
    expected = np.stack([np.full_like(best, _BLANK), best, best[before], best[after]])
    explained = np.zeros(len(best), np.float32)
    for at, character in enumerate(expected):
        is_new = (expected[:at] != character).all(axis=0)
        explained += np.where(is_new, probabilities[columns, character], 0)
    return bool(explained.min() >= _LEAST_EXPLAINED)
