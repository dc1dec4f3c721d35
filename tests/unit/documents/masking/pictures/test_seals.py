"""Red rings are seals, and red letters are not."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from documents.masking.pictures.seals import PixelBox, seals

RED = (200, 30, 40)
WHITE = (250, 250, 248)
HEADER = [(50, 50, 700, 150)]  # the line of red letters, as OCR reads it


def page() -> Image.Image:
    picture = Image.new("RGB", (800, 1100), WHITE)
    pen = ImageDraw.Draw(picture)
    pen.text((60, 60), "Riverside Office", font=ImageFont.load_default(70), fill=(210, 20, 20))
    pen.line((60, 170, 740, 170), fill=(210, 20, 20), width=5)
    for row in range(20):
        words = "The market square will be cleaned from 3 May to 5 May."
        pen.text((60, 220 + 36 * row), words, font=ImageFont.load_default(20), fill=(30, 30, 30))
    return picture


def sealed(box: PixelBox, color: tuple[int, int, int] = RED, gaps: int = 0) -> Image.Image:
    """A page with a ring, a star and letters along the ring, over its text."""
    picture = page()
    layer = Image.new("RGB", picture.size, "white")
    pen = ImageDraw.Draw(layer)
    pen.ellipse(box, outline=color, width=6)
    for gap in range(gaps):
        pen.arc(box, 360 * gap / gaps, 360 * gap / gaps + 12, fill="white", width=9)
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    pen.regular_polygon((x, y, 18), 5, fill=color)
    for at, char in enumerate("RECORDS OFFICE"):
        angle = math.pi * (0.85 + at * 1.3 / 14)
        place = (x + 0.38 * (box[2] - box[0]) * math.cos(angle) - 6,
                 y + 0.38 * (box[3] - box[1]) * math.sin(angle) - 6)  # fmt: skip
        pen.text(place, char, font=ImageFont.load_default(16), fill=color)
    # Ink darkens what is under it.
    darker = np.minimum(np.asarray(picture), np.asarray(layer))
    return Image.fromarray(darker)


def noisy(picture: Image.Image) -> Image.Image:
    blurred = np.asarray(picture.filter(ImageFilter.GaussianBlur(0.7)), np.float32)
    noise = np.random.default_rng(1).normal(0, 40, blurred.shape)
    return Image.fromarray((blurred + noise).clip(0, 255).astype(np.uint8))


BOX = (480, 760, 640, 920)
OVAL = (440, 780, 640, 920)


def covers(found: list[PixelBox], box: PixelBox) -> bool:
    ((left, top, right, bottom),) = found
    near = 25
    return all(
        0 <= edge <= near
        for edge in (box[0] - left, box[1] - top, right - box[2], bottom - box[3])
    )  # fmt: skip


@pytest.mark.parametrize(
    ("picture", "box"),
    [
        pytest.param(sealed(BOX), BOX, id="round"),
        pytest.param(sealed(OVAL), OVAL, id="oval"),
        pytest.param(sealed(BOX, (235, 90, 100)), BOX, id="pale"),
        pytest.param(sealed(BOX, (150, 20, 30)), BOX, id="dark"),
        pytest.param(sealed(BOX, gaps=7), BOX, id="broken"),
        pytest.param(noisy(sealed(BOX)), BOX, id="noisy"),
    ],
)
def test_a_seal_is_found_whole(picture: Image.Image, box: PixelBox) -> None:
    assert covers(seals(picture, HEADER), box)


def test_red_letters_and_lines_are_no_seals() -> None:
    assert seals(page(), HEADER) == []
    assert seals(noisy(page()), HEADER) == []


def test_a_red_letter_with_the_form_of_a_ring_is_no_seal() -> None:
    picture = page()
    ring = (60, 980, 140, 1060)
    ImageDraw.Draw(picture).ellipse(ring, outline=RED, width=6)
    assert len(seals(picture, HEADER)) == 1
    assert seals(picture, [*HEADER, (40, 970, 400, 1070)]) == []


def test_a_gray_or_black_ring_is_no_seal() -> None:
    assert seals(sealed(BOX).convert("L"), HEADER) == []
    assert seals(sealed(BOX, (40, 40, 40)), HEADER) == []


def test_a_seal_on_a_large_picture_is_found_in_its_pixels() -> None:
    picture = sealed(BOX).resize((3200, 4400))
    ((left, top, right, bottom),) = seals(picture, [(200, 200, 2800, 600)])
    assert covers([(left // 4, top // 4, right // 4, bottom // 4)], BOX)
