"""Ink that looks like text and was not read is detected."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw, ImageFont

from documents.ocr.ink import text_like
from documents.ocr.scan import Corners, OcrLine, Scan

FONT = ImageFont.load_default(24)
LINES = [f"Line {at} of the letter was typed by hand." for at in range(5)]
HAND = [(330, 60), (350, 20), (370, 75), (400, 25), (430, 72), (470, 30), (500, 70)]


def page() -> Image.Image:
    picture = Image.new("L", (700, 320), 255)
    pen = ImageDraw.Draw(picture)
    for at, line in enumerate(LINES):
        pen.text((40, 40 + 40 * at), line, font=FONT, fill=0)
    return picture


def box(left: float, top: float, right: float, bottom: float) -> Corners:
    return (left, top), (right, top), (right, bottom), (left, bottom)


def line(text: str, top: float, right: float | None = None) -> OcrLine:
    """A line as OCR returns it; the box may reach further than the text."""
    end = 40 + FONT.getlength(text)
    right = right or end
    share = (end - 40) / (right - 40)
    centers = tuple((at + 0.5) / len(text) * share for at in range(len(text)))
    return OcrLine(text, 0.99, box(40, top, right, top + 30), centers)


def read(*lines: OcrLine, unclear: tuple[Corners, ...] = ()) -> Scan:
    return Scan(lines, 700, 320, unclear=unclear)


def found(picture: Image.Image, scan: Scan) -> list[Corners]:
    pixels: npt.NDArray[np.uint8] = np.asarray(picture)
    return text_like(pixels, scan)


ALL = [line(text, 38 + 40 * at) for at, text in enumerate(LINES)]


def test_nothing_is_left_of_a_page_that_was_read() -> None:
    assert found(page(), read(*ALL)) == []


@pytest.mark.parametrize("missed", range(5))
def test_a_line_that_was_not_detected_is_found(missed: int) -> None:
    boxes = found(page(), read(*ALL[:missed], *ALL[missed + 1 :]))
    assert boxes
    assert all(38 + 40 * missed - 12 <= one[0][1] <= 80 + 40 * missed for one in boxes)
    assert max(one[1][0] for one in boxes) - min(one[0][0] for one in boxes) > 300


def test_a_page_of_which_nothing_was_read_is_found() -> None:
    assert found(page(), read())


def test_a_box_that_could_not_be_read_is_not_found_twice() -> None:
    assert found(page(), read(*ALL[1:], unclear=(ALL[0].corners,))) == []


def test_handwriting_in_the_box_of_a_line_is_found() -> None:
    picture = Image.new("L", (700, 320), 255)
    pen = ImageDraw.Draw(picture)
    pen.text((40, 40), "Signed by the chair:", font=FONT, fill=0)
    pen.line(HAND, fill=0, width=4)
    wide = line("Signed by the chair:", 38, right=520)
    ((left, _), (right, _), *_) = found(picture, read(wide))[0]
    assert left < 350
    assert right > 480


def test_rulings_specks_and_large_shapes_are_no_text() -> None:
    picture = page()
    pen = ImageDraw.Draw(picture)
    pen.line((20, 246, 680, 246), fill=0, width=3)
    pen.line((20, 20, 20, 300), fill=0, width=3)
    pen.rectangle((250, 258, 450, 284), outline=0, width=3)
    pen.ellipse((560, 100, 690, 230), outline=0, width=6)
    for at in range(9):
        pen.point((50 + 70 * at, 290), fill=0)
        pen.rectangle((60 + 70 * at, 300, 62 + 70 * at, 302), fill=0)
    assert found(picture, read(*ALL)) == []
