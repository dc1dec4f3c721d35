"""PP-OCRv6 on the CPU, with RapidOCR and ONNX Runtime. RapidOCR's wheel contains the models.

A line is first read by a quantized network, and by the network of the wheel if it is not certain.
On a page where the first lines are uncertain, the others are read by the network of the wheel only.
"""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from statistics import median
from threading import Lock
from typing import Any, TypeVar

import cv2
import numpy as np
import numpy.typing as npt
import rapidocr
from PIL import Image
from rapidocr.ch_ppocr_rec.typings import WordInfo
from rapidocr.inference_engine.onnxruntime.main import ONNXRuntimeError

from documents.ocr.detection import Areas, LineDetector, Quad, with_whole_lines
from documents.ocr.gutters import divided
from documents.ocr.quick import (
    EXACT_WIDTH,
    NETWORK,
    QUICK_WIDTH,
    LineRecognizer,
    Reading,
    read_lines,
)
from documents.ocr.rulings import rulings
from documents.ocr.scan import Corners, OcrLine, OcrSeal, Scan, bounds, corners_of, lean_of
from documents.ocr.seal_edges import Ring
from documents.ocr.seal_text import is_likely, seal_of
from documents.ocr.seals import is_remnant, rings, without_ink
from documents.ocr.sharing import shared

Item = TypeVar("Item")
Pixels = npt.NDArray[np.uint8]

_MODELS = Path(rapidocr.__file__).parent / "models"
EXACT = _MODELS / "PP-OCRv6_rec_small.onnx"
DETECTION = _MODELS / "PP-OCRv6_det_small.onnx"
# With explicit paths, nothing is downloaded.
_PATHS = {
    "Det.model_path": DETECTION.name,
    "Rec.model_path": EXACT.name,
    "Cls.model_path": "ch_ppocr_mobile_v2.0_cls_mobile.onnx",
}
_NO_SIDE = 100_000
_LEAST_CONFIDENCE = 0.5
_SAMPLE = 8  # lines that are checked for whether a page is upside down
_READ_SAMPLE = 3  # lines that are read both ways
_FULL_TURN = 4


class OcrEngine:
    """Detects and reads lines of text. Takes up to 900 MiB for an A4 page."""

    def __init__(self, threads: int, areas: Areas | None = None) -> None:
        """`areas` has the arguments and the result of `inked_areas`, which is the default."""
        threads = min(threads, os.cpu_count() or 1)
        logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)
        cv2.setNumThreads(1)
        self._reader = rapid_ocr()
        self._detector = LineDetector(self._reader.cfg, DETECTION, areas)
        self._quick = LineRecognizer(self._reader.cfg, NETWORK, QUICK_WIDTH)
        self._exact = LineRecognizer(self._reader.cfg, EXACT, EXACT_WIDTH)
        # Lines and pages are read side by side. A network on several threads gains little, and
        # takes a sixth more processor time.
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None
        self._helpers = threads - 1
        # Detection takes most of the memory.
        self._detecting = Lock()
        self._turning = Lock()

    def begun(self, picture: Image.Image) -> Callable[[], Scan]:
        """Begin to read a picture, if there is more than one thread. What is returned is `scan`."""
        if self._pool is None:
            return partial(self.scan, picture)
        return self._pool.submit(self.scan, picture).result

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
        if light := [ring for ring in sealed if not ring.is_black]:
            upright = without_ink(upright, light)
            found = [
                box
                for box in self._found_again(upright, found, light)
                if not is_remnant(upright, light, bounds(_corners(box)))
            ]
        lines, unclear = self._read(upright, divided(upright, found))
        unclear += tuple(corners_of(seal.box) for seal in seals if seal.is_black)
        if not lines:
            return Scan((), width, height, turns, unclear=unclear, seals=seals)
        lean = lean_of(lines)
        heights = [math.dist(line.corners[0], line.corners[3]) for line in lines]
        along, down = rulings(upright, lean, median(heights))
        return Scan(lines, width, height, turns, lean, tuple(along), tuple(down), unclear, seals)

    def _find(self, pixels: Pixels, rows: Sequence[tuple[int, int]] | None = None) -> list[Quad]:
        with self._detecting:
            return self._detector.find(pixels, rows)

    def _seal(self, pixels: Pixels, ring: Ring) -> OcrSeal:
        def read(part: Pixels, found: Sequence[Quad]) -> tuple[OcrLine, ...]:
            return self._read(part, found)[0]

        return seal_of(pixels, ring, self._find, read)

    def _found_again(
        self, cleaned: Pixels, found: Sequence[Quad], sealed: Sequence[Ring]
    ) -> list[Quad]:
        """The lines of a picture without the ink of its seals: those level with one are new."""
        spans = [(float(box[:, 1].min()), float(box[:, 1].max())) for box in found]
        parts = with_whole_lines([(ring.box[1], ring.box[3]) for ring in sealed], spans)
        kept = [
            box
            for box, (top, bottom) in zip(found, spans, strict=True)
            if not any(start <= top and bottom <= stop for start, stop in parts)
        ]
        rows = [(math.floor(start), math.ceil(stop)) for start, stop in parts]
        kept += self._find(cleaned, rows)
        return sorted(kept, key=lambda box: float(box[:, 1].min()))

    def _is_upside_down(self, pixels: Pixels, found: Sequence[Quad], *, is_turned: bool) -> bool:
        longest = sorted(found, key=_length, reverse=True)[:_SAMPLE]
        if not longest:
            return False
        if is_turned:
            # The characters of vertical text lie on their side, for which no class is trained.
            crops = self._crops(pixels, longest[:_READ_SAMPLE])
            turned = [np.ascontiguousarray(np.rot90(crop, 2)) for crop in crops]
            return self._confidence(turned) > self._confidence(crops)
        crops = self._crops(pixels, longest)
        # The first call loads the network. Not the lock of detection, which takes much longer.
        with self._turning:
            _, result = self._reader.cls_and_rotate(crops)
        return 2 * sum(label == "180" for label, _ in _all(result.cls_res)) > len(longest)

    def _confidence(self, crops: Sequence[Pixels]) -> float:
        return sum(confidence for _, confidence, _ in self._readings(crops))

    def _read(
        self, pixels: Pixels, found: Sequence[Quad]
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
        return read_lines(crops, self._quick.read_if_certain, self._exact.read, self._each)

    def _each(self, call: Callable[..., Item], *items: Iterable[Any]) -> list[Item]:
        """`map`, with the help of the threads that are idle."""
        return shared(self._pool, self._helpers, call, *items)

    def _crops(self, pixels: Pixels, found: Sequence[Quad]) -> list[Pixels]:
        crops: list[Pixels] = self._reader.crop_text_regions(pixels, np.array(found))
        return crops


def rapid_ocr() -> rapidocr.RapidOCR:
    """RapidOCR on one thread, with the networks of its wheel, which it loads on first use."""
    return rapidocr.RapidOCR(
        params={
            **{name: str(_MODELS / file) for name, file in _PATHS.items()},
            "Global.log_level": "critical",
            "Global.max_side_len": _NO_SIDE,
            "Global.return_word_box": True,
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


def _are_vertical(found: Sequence[Quad]) -> bool:
    """Whether most of the detected text is vertical."""
    upright = sum(_length(corners) for corners in found if not _is_tall(corners))
    return sum(_length(corners) for corners in found if _is_tall(corners)) > 2 * upright


def _is_tall(corners: Quad) -> bool:
    return math.dist(corners[0], corners[3]) > 1.5 * math.dist(corners[0], corners[1])


def _length(corners: Quad) -> float:
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


def _corners(corners: Quad) -> Corners:
    one, two, three, four = ((float(x), float(y)) for x, y in corners)
    return one, two, three, four


def _all(found: Iterable[Item] | None) -> Iterable[Item]:
    return () if found is None else found


def _is_out_of_memory(error: Exception) -> bool:
    """ONNX Runtime reports lack of memory only in the message."""
    return "bad_alloc" in str(error) or "Failed to allocate memory" in str(error)
