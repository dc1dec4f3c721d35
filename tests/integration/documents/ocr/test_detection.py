"""Lines are detected on parts of a page as on the whole of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from omegaconf import DictConfig
from PIL import Image

from documents.ocr.detection import Area, LineDetector, inked_areas
from documents.ocr.engine import DETECTION, OcrEngine, rapid_ocr

SCAN = Path(__file__).parents[3] / "samples/archives-law-scan.png"
LINES = 9
Pixels = npt.NDArray[np.uint8]


@pytest.fixture(scope="module")
def scan() -> Pixels:
    return np.asarray(cv2.imread(str(SCAN)), dtype=np.uint8)


@pytest.fixture(scope="module")
def config() -> DictConfig:
    return rapid_ocr().cfg


@pytest.fixture(scope="module")
def detector(config: DictConfig) -> LineDetector:
    return LineDetector(config, DETECTION)


def copied(scan: Pixels) -> Pixels:
    """A poor copy of an A4 page at 100 dpi, whose sides are no multiples of the network's step."""
    page = np.full((1_169, 827, 3), 235, np.uint8)
    text = cv2.resize(scan, None, None, 0.7, 0.7, cv2.INTER_AREA)
    page[300 : 300 + len(text), 20 : 20 + text.shape[1]] = text
    noise = np.random.default_rng(1).normal(0, 60, (*page.shape[:2], 1))
    return (cv2.GaussianBlur(page, (0, 0), 1.0) + noise).clip(0, 255).astype(np.uint8)


def test_lines_of_a_poor_copy_are_detected_where_they_are_on_the_whole_page(
    scan: Pixels, config: DictConfig, detector: LineDetector
) -> None:
    searched: list[tuple[int, int]] = []

    def whole(_: Pixels, reduced: tuple[int, int], __: npt.NDArray[np.bool_]) -> list[Area]:
        searched.append(reduced)
        return [np.s_[0 : reduced[0], 0 : reduced[1]]]

    page = copied(scan)
    expected = LineDetector(config, DETECTION, whole).find(page)
    found = detector.find(page)
    assert searched == [(1_184, 832)]
    assert len(found) == len(expected) >= LINES
    assert np.abs(np.array(found) - np.array(expected)).mean() < 0.5  # pixels


def test_only_lines_in_the_rows_are_found(scan: Pixels, detector: LineDetector) -> None:
    lines = detector.find(scan)
    top, bottom = int(lines[2][:, 1].min()), int(np.ceil(lines[3][:, 1].max()))
    found = detector.find(scan, [(top, bottom)])
    assert len(found) == 2
    for line, other in zip(found, lines[2:4], strict=True):
        assert line == pytest.approx(other, abs=3)


def test_a_picture_of_a_single_line_is_read_where_it_is(
    scan: Pixels, detector: LineDetector
) -> None:
    line = detector.find(scan)[2]
    left, right = int(line[:, 0].min()), int(line[:, 0].max())
    top, bottom = int(line[:, 1].min()), int(line[:, 1].max())
    engine = OcrEngine(1)
    one = scan[top:bottom, left:right]
    (read,) = engine.scan(Image.fromarray(one)).lines
    texts = [other.text for other in engine.scan(Image.fromarray(scan)).lines]
    assert read.text in texts
    assert all(0 <= y <= len(one) for _, y in read.corners)


def test_a_line_thinner_than_half_a_step_is_found(scan: Pixels, detector: LineDetector) -> None:
    line = detector.find(scan)[2]
    top, bottom = int(line[:, 1].min()), int(line[:, 1].max())
    part = scan[top:bottom]
    thin = cv2.resize(part, (round(part.shape[1] * 14 / len(part)), 14), None, 0, 0, cv2.INTER_AREA)
    assert detector.find(np.asarray(thin, np.uint8))


def test_a_page_is_read_while_another_one_is_searched_for_lines(scan: Pixels) -> None:
    begins, is_read = Event(), Event()

    def areas(strip: Pixels, reduced: tuple[int, int], rows: npt.NDArray[np.bool_]) -> list[Area]:
        if begins.is_set():
            assert is_read.wait(60)
        begins.set()
        return inked_areas(strip, reduced, rows)

    engine = OcrEngine(1, areas)
    page = Image.fromarray(scan)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(engine.scan, page)
        begins.wait()
        second = threads.submit(engine.scan, page)
        lines = first.result().lines
        is_read.set()
        assert second.result().lines == lines
