"""PP-OCRv6 on the CPU, with RapidOCR and ONNX Runtime. RapidOCR's wheel contains the models.

A line is first read by a quantized network, and by the network of the wheel if it is not certain.
On a page where the first lines are uncertain, the others are read by the network of the wheel only.
"""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import TypeVar, cast

import cv2
import numpy as np
import numpy.typing as npt
import rapidocr
from PIL import Image
from rapidocr.ch_ppocr_rec.typings import WordInfo
from rapidocr.inference_engine.onnxruntime.main import ONNXRuntimeError
from rapidocr.main import RapidOCRError

from documents.ocr.gutters import divided
from documents.ocr.quick import QuickRecognizer, Reading, read_lines
from documents.ocr.rulings import rulings
from documents.ocr.scan import Corners, OcrLine, OcrSeal, Scan, bounds, lean_of
from documents.ocr.seal_edges import Ring
from documents.ocr.seal_text import is_likely, seal_of
from documents.ocr.seals import is_remnant, rings, without_ink

Item = TypeVar("Item")
Pixels = npt.NDArray[np.uint8]

_MODELS = Path(rapidocr.__file__).parent / "models"
EXACT = _MODELS / "PP-OCRv6_rec_small.onnx"
# With explicit paths, nothing is downloaded.
_PATHS = {
    "Det.model_path": "PP-OCRv6_det_small.onnx",
    "Rec.model_path": EXACT.name,
    "Cls.model_path": "ch_ppocr_mobile_v2.0_cls_mobile.onnx",
}
_FIND_SIDE = 1_280  # lines are detected on a picture reduced to this, and read on the full one
_NO_SIDE = 100_000
_BATCH = 1  # a batch is slower on a CPU, pads lines to the longest one, and takes more memory
_LEAST_CONFIDENCE = 0.5
_SAMPLE = 8  # lines that are checked for whether a page is upside down
_READ_SAMPLE = 3  # lines that are read both ways
_FULL_TURN = 4
_MOST_ASPECT = 2.0  # height by width: no paper format is longer
_STRIP_ASPECT = 1.5
_SEARCHED = 0.25  # part of a strip, at its end, that is searched for a place to cut


class OcrEngine:
    """Detects and reads lines of text. Takes up to 900 MiB for an A4 page."""

    def __init__(self, threads: int) -> None:
        threads = min(threads, os.cpu_count() or 1)
        logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)
        cv2.setNumThreads(threads)
        # Each loads only the models that it uses.
        self._detector, self._reader = rapid_ocr(threads), rapid_ocr(1)
        self._quick = QuickRecognizer(self._reader.cfg)
        # Lines are read side by side, because the network gains little from several threads.
        self._map = map if threads == 1 else ThreadPoolExecutor(threads).map

    def scan(self, picture: Image.Image) -> Scan:
        """Read the lines of a picture. It is turned upright if most of its lines are not."""
        pixels = np.asarray(picture.convert("RGB"))[:, :, ::-1]
        try:
            return self._scan(np.ascontiguousarray(pixels))
        except ONNXRuntimeError as error:
            if _is_out_of_memory(error):
                raise MemoryError from error
            raise

    def _scan(self, pixels: Pixels) -> Scan:
        height, width = pixels.shape[:2]
        turns = 0
        upright = pixels
        found = self._find(upright)
        if _are_vertical(found):
            turns, upright = 1, np.ascontiguousarray(np.rot90(pixels))
            found = self._find(upright)
        if self._is_upside_down(upright, found, is_turned=turns == 1):
            turns = (turns + 2) % _FULL_TURN
            upright = np.ascontiguousarray(np.rot90(pixels, turns))
            found = self._find(upright)
        edges = rings(upright, [bounds(_corners(box)) for box in found])
        read = [(ring, self._seal(upright, ring)) for ring in edges]
        sealed = [ring for ring, seal in read if is_likely(ring, seal)]
        seals = tuple(seal for ring, seal in read if is_likely(ring, seal))
        if sealed:
            upright = without_ink(upright, sealed)
            found = [
                box
                for box in self._find(upright)
                if not is_remnant(upright, sealed, bounds(_corners(box)))
            ]
        lines, unclear = self._read(upright, divided(upright, found))
        if not lines:
            return Scan((), width, height, turns, unclear=unclear, seals=seals)
        lean = lean_of(lines)
        heights = [math.dist(line.corners[0], line.corners[3]) for line in lines]
        along, down = rulings(upright, lean, median(heights))
        return Scan(lines, width, height, turns, lean, tuple(along), tuple(down), unclear, seals)

    def _seal(self, pixels: Pixels, ring: Ring) -> OcrSeal:
        return seal_of(pixels, ring, self._find, lambda part, found: self._read(part, found)[0])

    def _find(self, pixels: Pixels) -> list[npt.NDArray[np.float32]]:
        """The four corners of each line."""
        found: list[npt.NDArray[np.float32]] = []
        for top, bottom in _strips(pixels):
            try:
                _, detected = self._detector.detect_and_crop(pixels[top:bottom], {})
            except RapidOCRError:
                continue
            found += [corners + np.array([0, top], np.float32) for corners in _all(detected.boxes)]
        return found

    def _is_upside_down(
        self, pixels: Pixels, found: Sequence[npt.NDArray[np.float32]], *, is_turned: bool
    ) -> bool:
        longest = sorted(found, key=_length, reverse=True)[:_SAMPLE]
        if not longest:
            return False
        if is_turned:
            # The characters of vertical text lie on their side, for which no class is trained.
            crops = self._crops(pixels, longest[:_READ_SAMPLE])
            turned = [np.ascontiguousarray(np.rot90(crop, 2)) for crop in crops]
            return self._confidence(turned) > self._confidence(crops)
        _, result = self._reader.cls_and_rotate(self._crops(pixels, longest))
        return 2 * sum(label == "180" for label, _ in _all(result.cls_res)) > len(longest)

    def _confidence(self, crops: Sequence[Pixels]) -> float:
        return sum(confidence for _, confidence, _ in self._readings(crops))

    def _read(
        self, pixels: Pixels, found: Sequence[npt.NDArray[np.float32]]
    ) -> tuple[tuple[OcrLine, ...], tuple[Corners, ...]]:
        """The lines, and the boxes that could not be read."""
        if not found:
            return (), ()
        read = self._readings(self._crops(pixels, found))
        lines, unclear = [], []
        for (text, confidence, characters), box in zip(read, found, strict=True):
            corners = _corners(box)
            if text.strip() and confidence >= _LEAST_CONFIDENCE:
                centers = _centers(text.strip(), characters)
                lines.append(OcrLine(text.strip(), float(confidence), corners, centers))
            else:
                unclear.append(corners)
        return tuple(lines), tuple(unclear)

    def _readings(self, crops: Sequence[Pixels]) -> list[Reading]:
        return read_lines(crops, self._quick.read, self._exactly, self._map)

    def _exactly(self, crop: Pixels) -> Reading:
        """The result of the network of the wheel for a line."""
        read = self._reader.recognize_txt([crop])
        ((text, confidence, characters),) = zip(
            _all(read.txts), _all(read.scores), read.word_results, strict=True
        )
        return text, confidence, cast("WordInfo", characters)

    def _crops(self, pixels: Pixels, found: Sequence[npt.NDArray[np.float32]]) -> list[Pixels]:
        crops: list[Pixels] = self._reader.crop_text_regions(pixels, np.array(found))
        return crops


def rapid_ocr(threads: int) -> rapidocr.RapidOCR:
    """RapidOCR with the networks of its wheel, each of which it loads on first use."""
    return rapidocr.RapidOCR(
        params={
            **{name: str(_MODELS / file) for name, file in _PATHS.items()},
            "Global.log_level": "critical",
            "Global.max_side_len": _NO_SIDE,
            "Global.return_word_box": True,
            "EngineConfig.onnxruntime.intra_op_num_threads": threads,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            "Det.limit_type": "max",
            "Det.limit_side_len": _FIND_SIDE,
            "Rec.rec_batch_num": _BATCH,
        }
    )


def _are_vertical(found: Sequence[npt.NDArray[np.float32]]) -> bool:
    """Whether most of the detected text is vertical."""
    upright = sum(_length(corners) for corners in found if not _is_tall(corners))
    return sum(_length(corners) for corners in found if _is_tall(corners)) > 2 * upright


def _is_tall(corners: npt.NDArray[np.float32]) -> bool:
    return math.dist(corners[0], corners[3]) > 1.5 * math.dist(corners[0], corners[1])


def _length(corners: npt.NDArray[np.float32]) -> float:
    return max(math.dist(corners[0], corners[1]), math.dist(corners[0], corners[3]))


def _centers(text: str, characters: WordInfo) -> tuple[float, ...]:
    """The middle of each character along its line, from 0 to 1; empty if they do not fit.

    The network's output has columns, of which a character takes one and a space may take none.
    """
    columns = [column for word in characters.word_cols for column in word]
    if not columns or len(columns) != sum(not char.isspace() for char in text):
        return ()
    middles = [min(1.0, (column + 0.5) / characters.line_txt_len) for column in columns]
    centers: list[float] = []
    at = 0
    for char in text:
        if char.isspace():  # `text` neither begins nor ends with one
            centers.append((middles[at - 1] + middles[at]) / 2)
        else:
            centers.append(middles[at])
            at += 1
    return tuple(centers)


def _corners(corners: npt.NDArray[np.float32]) -> Corners:
    one, two, three, four = ((float(x), float(y)) for x, y in corners)
    return one, two, three, four


def _all(found: Iterable[Item] | None) -> Iterable[Item]:
    return () if found is None else found


def _is_out_of_memory(error: Exception) -> bool:
    """ONNX Runtime reports lack of memory only in the message."""
    return "bad_alloc" in str(error) or "Failed to allocate memory" in str(error)


def _strips(pixels: npt.NDArray[np.uint8]) -> Iterator[tuple[int, int]]:
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
    runs = np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)
    longest = max(runs, key=len)
    return int(longest[len(longest) // 2])
