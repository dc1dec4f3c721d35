from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from PIL import Image

from documents.limits import OcrBudget
from documents.ocr import recognition
from documents.ocr.scan import Scan
from documents.readers.pictures import begun_scan, ocr_scan
from standin.documents.builders import LIMITS


class _Engine:
    """An OCR engine that reads nothing and counts the pictures."""

    def __init__(self) -> None:
        self.pictures = 0

    def scan(self, picture: Image.Image) -> Scan:
        self.pictures += 1
        return Scan((), *picture.size)

    def begun(self, picture: Image.Image) -> Callable[[], Scan]:
        found = self.scan(picture)
        return lambda: found


def test_a_picture_is_read_once_in_all_attempts_at_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = _Engine()
    monkeypatch.setattr(recognition, "_engine", lambda _: engine)
    limits = replace(LIMITS, ocr_scans={})
    page, other = Image.new("L", (20, 10), 255), Image.new("L", (10, 20), 255)
    first = [ocr_scan(picture, OcrBudget(limits)) for picture in (page, other)]
    again = [ocr_scan(picture.copy(), OcrBudget(limits)) for picture in (page, other)]
    assert engine.pictures == 2
    assert first == again
    assert [(scan.width, scan.height) for scan in first] == [(20, 10), (10, 20)]


def test_files_do_not_share_what_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = _Engine()
    monkeypatch.setattr(recognition, "_engine", lambda _: engine)
    for _ in range(2):
        ocr_scan(Image.new("L", (20, 10), 255), OcrBudget(LIMITS))
    assert engine.pictures == 2


def test_a_picture_that_is_being_read_is_not_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = _Engine()
    monkeypatch.setattr(recognition, "_engine", lambda _: engine)
    budget = OcrBudget(replace(LIMITS, ocr_threads=2))
    first, second = (begun_scan(Image.new("L", (20, 10), 255), budget) for _ in range(2))
    assert second() == first() == first()
    assert engine.pictures == 1
    assert not budget.begun


def test_a_picture_that_cannot_be_read_has_the_same_error_on_each_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Failing(_Engine):
        def begun(self, picture: Image.Image) -> Callable[[], Scan]:
            def fail() -> Scan:
                raise MemoryError(str(picture.size))

            return fail

    monkeypatch.setattr(recognition, "_engine", lambda _: Failing())
    budget = OcrBudget(replace(LIMITS, ocr_threads=2))
    pages = [begun_scan(Image.new("L", (20, 10), 255), budget) for _ in range(2)]
    for page in pages:
        with pytest.raises(MemoryError, match="20, 10"):
            page()
