"""Rings of coloured ink are seals, and red letters are not; their ink hides no text."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from documents.ocr.seal_edges import PixelBox, Ring
from documents.ocr.seals import is_remnant, only_ink, rings, without_ink

RED = (200, 30, 40)
WHITE = (250, 250, 248)
HEADER: list[PixelBox] = [(50, 50, 700, 150)]  # the line of red letters, as OCR reads it


def page() -> Image.Image:
    picture = Image.new("RGB", (800, 1100), WHITE)
    pen = ImageDraw.Draw(picture)
    pen.text((60, 60), "Riverside Office", font=ImageFont.load_default(70), fill=(210, 20, 20))
    pen.line((60, 170, 740, 170), fill=(210, 20, 20), width=5)
    for row in range(20):
        words = "The market square will be cleaned from 3 May to 5 May."
        pen.text((60, 220 + 36 * row), words, font=ImageFont.load_default(20), fill=(30, 30, 30))
    return picture


def sealed(
    box: tuple[int, int, int, int], color: tuple[int, int, int] = RED, gaps: int = 0
) -> Image.Image:
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


def noisy(picture: Image.Image, strength: float = 40) -> Image.Image:
    blurred = np.asarray(picture.filter(ImageFilter.GaussianBlur(0.7)), np.float32)
    noise = np.random.default_rng(1).normal(0, strength, blurred.shape)
    return Image.fromarray((blurred + noise).clip(0, 255).astype(np.uint8))


BOX = (480, 760, 640, 920)
OVAL = (440, 780, 640, 920)


def bgr(picture: Image.Image) -> npt.NDArray[np.uint8]:
    return np.ascontiguousarray(np.asarray(picture.convert("RGB"))[:, :, ::-1])


def found_on(picture: Image.Image, lines: list[PixelBox]) -> list[Ring]:
    return rings(bgr(picture), lines)


def covers(found: list[Ring], box: PixelBox) -> bool:
    ((left, top, right, bottom),) = [one.box for one in found]
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
        pytest.param(sealed(BOX, (190, 205, 235)), BOX, id="faint and blue"),
        pytest.param(sealed(BOX, (205, 170, 210)), BOX, id="faint and violet"),
    ],
)
def test_a_seal_is_found_whole(picture: Image.Image, box: PixelBox) -> None:
    assert covers(found_on(picture, HEADER), box)


def test_red_letters_and_lines_are_no_found_on() -> None:
    assert found_on(page(), HEADER) == []
    assert found_on(noisy(page()), HEADER) == []


def test_a_speck_on_a_small_gray_picture_is_no_seal() -> None:
    # Its flat part is one pixel, which has no sides.
    picture = Image.new("L", (100, 100), 255)
    picture.paste(0, (20, 80, 60, 90))
    picture.paste(160, (50, 50, 53, 53))
    assert found_on(picture, []) == []


def test_a_red_letter_with_the_form_of_a_ring_is_no_seal() -> None:
    picture = page()
    ring = (60, 980, 140, 1060)
    ImageDraw.Draw(picture).ellipse(ring, outline=RED, width=6)
    assert len(found_on(picture, HEADER)) == 1
    assert found_on(picture, [*HEADER, (40, 970, 400, 1070)]) == []


def test_a_gray_or_black_ring_on_a_color_scan_is_no_seal() -> None:
    assert found_on(sealed(BOX, (120, 120, 120)), HEADER) == []
    assert found_on(sealed(BOX, (40, 40, 40)), HEADER) == []


@pytest.mark.parametrize(("box", "shape"), [(BOX, "round"), (OVAL, "oval")])
def test_a_seal_on_a_gray_scan_is_found_by_its_tone(
    box: tuple[int, int, int, int], shape: str
) -> None:
    for picture in (sealed(box), noisy(sealed(box, (60, 90, 200)), 6)):
        (ring,) = found_on(picture.convert("L"), HEADER)
        assert covers([ring], box)
        assert ring.shape == shape
        assert ring.tones is not None
        assert not ring.is_black  # though it is dark enough to be found as such


def test_text_on_a_gray_scan_is_no_seal() -> None:
    for picture in (page(), noisy(page(), 6)):
        assert found_on(picture.convert("L"), HEADER) == []
        assert found_on(picture.convert("1", dither=Image.Dither.NONE), HEADER) == []


@pytest.mark.parametrize(("box", "shape"), [(BOX, "round"), (OVAL, "oval")])
def test_a_seal_on_a_black_and_white_scan_is_found_by_its_thick_ring(
    box: tuple[int, int, int, int], shape: str
) -> None:
    picture = sealed(box, (20, 20, 20))
    for scan in (picture.convert("L"), picture.convert("1", dither=Image.Dither.NONE)):
        (ring,) = found_on(scan, HEADER)
        assert covers([ring], box)
        assert (ring.shape, ring.is_black) == (shape, True)
        assert (without_ink(bgr(scan), [ring]) == bgr(scan)).all()
        ink, _ = only_ink(bgr(scan), ring)
        assert float((ink < 100).mean()) > 0.1


def test_a_thin_black_ring_and_black_squares_are_no_seals() -> None:
    thin = page()
    ImageDraw.Draw(thin).ellipse(BOX, outline=(20, 20, 20), width=1)
    assert found_on(thin.convert("L"), HEADER) == []
    for is_filled in (False, True):
        assert found_on(squared((20, 20, 20), is_filled=is_filled).convert("L"), HEADER) == []


def test_text_beneath_a_gray_seal_is_left_without_its_ink() -> None:
    picture = sealed(BOX).convert("L")
    cleaned = without_ink(bgr(picture), found_on(picture, HEADER))
    plain = np.asarray(page().convert("L"))
    inside = np.s_[BOX[1] : BOX[3], BOX[0] : BOX[2]]
    assert (cleaned[inside].min(axis=2)[plain[inside] > 240] > 190).mean() > 0.98
    assert (cleaned[inside].max(axis=2)[plain[inside] < 60] < 185).all()


def test_a_seal_on_a_large_picture_is_found_in_its_pixels() -> None:
    picture = sealed(BOX).resize((3200, 4400))
    (ring,) = found_on(picture, [(200, 200, 2800, 600)])
    assert covers([replace(ring, box=tuple(edge / 4 for edge in ring.box))], BOX)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("picture", "shape", "turn"),
    [
        (sealed(BOX), "round", None),
        (sealed(OVAL), "oval", 0.0),
        (sealed(OVAL).rotate(-20, fillcolor=WHITE, center=(540, 850)), "oval", math.radians(20)),
    ],
)
def test_a_seal_has_a_shape_and_an_angle(
    picture: Image.Image, shape: str, turn: float | None
) -> None:
    (ring,) = found_on(picture, HEADER)
    assert ring.shape == shape
    if turn is not None:
        assert ring.turn == pytest.approx(turn, abs=0.05)
        assert (ring.across, ring.down) == pytest.approx((100, 70), abs=5)


def test_a_frame_without_characters_is_no_seal() -> None:
    picture = page()
    ImageDraw.Draw(picture).rectangle(BOX, outline=RED, width=6)
    assert found_on(picture, HEADER) == []
    ImageDraw.Draw(picture).rectangle(BOX, fill=RED)
    assert found_on(picture, HEADER) == []
    ImageDraw.Draw(picture).rectangle((40, 30, 760, 1000), outline=RED, width=6)
    assert found_on(picture, HEADER) == []


def paragraph(color: tuple[int, int, int]) -> Image.Image:
    """A page with a paragraph as wide as it is high, set like a column of a newspaper."""
    picture = Image.new("RGB", (800, 1100), WHITE)
    pen = ImageDraw.Draw(picture)
    pen.text((60, 60), "Riverside Office", font=ImageFont.load_default(70), fill=(20, 20, 20))
    for row, at in product(range(12), range(16)):
        left, top = 100 + 21 * at, 300 + 27 * row
        pen.rectangle((left, top, left + 17, top + 17), fill=color)
    return picture


@pytest.mark.parametrize("color", [(110, 110, 110), RED])
def test_a_square_paragraph_is_no_seal(color: tuple[int, int, int]) -> None:
    # Its ink would be removed: that of a gray scan has the tones of a seal.
    assert found_on(paragraph(color), []) == []


def squared(
    color: tuple[int, int, int] = RED, *, is_filled: bool = False, degrees: float = 0
) -> Image.Image:
    """A page with a square seal of four letters beside its text."""
    layer = Image.new("RGB", (800, 1100), "white")
    pen = ImageDraw.Draw(layer)
    pen.rectangle(SQUARE, outline=color, width=6, fill=color if is_filled else None)
    font = ImageFont.load_default(48)
    for at, char in enumerate("NAME"):
        place = SQUARE[0] + 35 + 60 * (at % 2), SQUARE[1] + 33 + 58 * (at // 2)
        pen.text(place, char, font=font, fill="white" if is_filled else color, anchor="mm")
    middle = (SQUARE[0] + SQUARE[2]) / 2, (SQUARE[1] + SQUARE[3]) / 2
    layer = layer.rotate(-degrees, Image.Resampling.BICUBIC, fillcolor="white", center=middle)
    return Image.fromarray(np.minimum(np.asarray(page()), np.asarray(layer)))


SQUARE = (560, 950, 685, 1075)


@pytest.mark.parametrize("degrees", [0, -12, 30])
@pytest.mark.parametrize("is_filled", [False, True])
def test_a_square_seal_is_found(degrees: float, *, is_filled: bool) -> None:
    (ring,) = found_on(squared(is_filled=is_filled, degrees=degrees), HEADER)
    assert ring.shape == "square"
    assert math.degrees(ring.turn) == pytest.approx(degrees, abs=2)
    assert (ring.across, ring.down) == pytest.approx((62, 62), abs=4)
    mask = ring.mask((1100, 800))
    assert mask[SQUARE[1] + 62, SQUARE[0] + 62] == 255
    assert float((mask > 0).mean()) * 1100 * 800 == pytest.approx(125**2, rel=0.12)


def test_remnants_of_a_seal_are_no_text() -> None:
    picture = noisy(squared(), 6)
    found = found_on(picture, HEADER)
    cleaned = without_ink(bgr(picture), found)
    assert is_remnant(cleaned, found, (575, 965, 670, 1010))
    cleaned[970:1000, 590:600] = 40
    assert not is_remnant(cleaned, found, (575, 965, 670, 1010))
    assert not is_remnant(cleaned, found, (60, 220, 600, 250))


@pytest.mark.parametrize("color", [RED, (225, 60, 30), (35, 65, 175), (130, 35, 140)])
def test_text_beneath_a_seal_is_left_without_its_ink(color: tuple[int, int, int]) -> None:
    picture = sealed(BOX, color)
    cleaned = without_ink(bgr(picture), found_on(picture, HEADER))
    plain = bgr(page())
    inside = np.s_[BOX[1] : BOX[3], BOX[0] : BOX[2]]
    # Where the page has no text, it is as light as paper; its text is as dark as it was.
    assert (cleaned[inside].min(axis=2)[plain[inside].min(axis=2) > 240] > 200).all()
    assert (cleaned[inside].max(axis=2)[plain[inside].max(axis=2) < 60] < 120).all()
    outside = np.ones(cleaned.shape[:2], bool)
    outside[BOX[1] - 20 : BOX[3] + 20, BOX[0] - 20 : BOX[2] + 20] = False
    assert (cleaned[outside] == bgr(picture)[outside]).all()
