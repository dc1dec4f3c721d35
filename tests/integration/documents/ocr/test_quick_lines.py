"""The quantized network and the network of RapidOCR's wheel."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from rapidocr.ch_ppocr_rec.typings import WordInfo

from documents.ocr.engine import EXACT, OcrEngine, rapid_ocr
from documents.ocr.quick import (
    EXACT_WIDTH,
    NETWORK,
    QUICK_WIDTH,
    SOURCE,
    LineRecognizer,
    recognizer,
)

SCAN = Path(__file__).parents[3] / "samples/archives-law-scan.png"
Pixels = npt.NDArray[np.uint8]


@pytest.fixture(scope="module")
def crops() -> list[Pixels]:
    """The lines of a scan."""
    engine, pixels = OcrEngine(1), np.asarray(cv2.imread(str(SCAN)), dtype=np.uint8)
    return engine._crops(pixels, engine._detector.find(pixels))


def narrow(crop: Pixels) -> Pixels:
    """The first three characters of a line, or less: a short line, which is padded."""
    return np.ascontiguousarray(crop[:, : 3 * crop.shape[0]])


@pytest.fixture(scope="module")
def quick() -> LineRecognizer:
    return LineRecognizer(rapid_ocr().cfg, NETWORK, QUICK_WIDTH)


def test_the_network_was_quantized_from_the_one_of_the_wheel() -> None:
    network = recognizer(rapid_ocr().cfg, NETWORK).session.session
    properties = network.get_modelmeta().custom_metadata_map
    assert properties[SOURCE] == hashlib.sha256(EXACT.read_bytes()).hexdigest(), (
        "run python -m bench.quality.quantized_ocr"
    )


def test_the_exact_network_reads_lines_as_rapidocr_does(crops: list[Pixels]) -> None:
    exact, theirs = LineRecognizer(rapid_ocr().cfg, EXACT, EXACT_WIDTH), rapid_ocr()
    for crop in (crops[0], narrow(crops[0])):
        read = theirs.recognize_txt([crop])
        text, confidence, words = exact.read(crop)
        expected = cast("WordInfo", read.word_results[0])
        assert (text, confidence) == (read.txts[0], read.scores[0])
        assert (words.word_cols, words.line_txt_len) == (expected.word_cols, expected.line_txt_len)


def test_lines_of_a_clean_scan_are_read_as_by_the_exact_network(
    crops: list[Pixels], quick: LineRecognizer
) -> None:
    exact = rapid_ocr()
    certain = 0
    for crop in [*crops, *map(narrow, crops)]:
        if found := quick.read_if_certain(crop):
            certain += 1
            read = exact.recognize_txt([crop])
            words = cast("WordInfo", read.word_results[0])
            assert found[0] == read.txts[0]
            assert found[1] == pytest.approx(read.scores[0], abs=0.05)
            assert found[2].line_txt_len == pytest.approx(words.line_txt_len)
            columns = np.concatenate(found[2].word_cols) - np.concatenate(words.word_cols)
            assert abs(columns).max() <= 1
    assert certain > len(crops)


def test_noise_is_left_to_the_exact_network(quick: LineRecognizer) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (40, 400, 3), dtype=np.uint8)
    assert quick.read_if_certain(noise) is None
