"""Detected lines are cut at the white between columns, and nowhere else."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw

from documents.ocr.gutters import Quad, divided

EM, PITCH, ROWS = 20, 32, 8
LEFT, TOP, COLUMN, GUTTER = 60, 60, 300, 16


def line(left: float, top: float, right: float) -> Quad:
    return np.array([(left, top), (right, top), (right, top + EM), (left, top + EM)], np.float32)


def page(rows: int = ROWS, gutter: int = GUTTER) -> tuple[Image.Image, list[Quad]]:
    """Two columns of characters, and boxes of lines that run over both."""
    picture = Image.new("RGB", (800, 400), "white")
    pen = ImageDraw.Draw(picture)
    found = []
    for row in range(rows):
        top = TOP + row * PITCH
        for left in (LEFT, LEFT + COLUMN + gutter):
            for at in range(COLUMN // EM):
                x = left + at * EM
                pen.rectangle((x + 1, top + 2, x + EM - 2, top + EM - 3), fill="black")
        found.append(line(LEFT, top, LEFT + 2 * COLUMN + gutter))
    return picture, found


def pixels(picture: Image.Image) -> npt.NDArray[np.uint8]:
    return np.asarray(picture)


def test_lines_across_a_narrow_gutter_are_cut_there() -> None:
    picture, lines = page()
    parts = divided(pixels(picture), lines)
    assert len(parts) == 2 * ROWS
    for left, right in zip(parts[::2], parts[1::2], strict=True):
        assert left[:, 0].max() == pytest.approx(LEFT + COLUMN, abs=4)
        assert right[:, 0].min() == pytest.approx(LEFT + COLUMN + GUTTER, abs=4)
        assert left[:, 1].tolist() == pytest.approx(right[:, 1].tolist(), abs=0.01)


@pytest.mark.parametrize("degrees", [2.0, -2.0])
def test_lines_of_a_skewed_page_are_cut(degrees: float) -> None:
    picture, lines = page()
    skewed = picture.rotate(-degrees, Image.Resampling.BICUBIC, fillcolor="white", center=(0, 0))
    angle = math.radians(degrees)
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    parts = divided(pixels(skewed), [(one @ turn).astype(np.float32) for one in lines])
    assert len(parts) == 2 * ROWS


def test_a_rule_between_columns_does_not_hide_the_gutter() -> None:
    picture, lines = page()
    x = LEFT + COLUMN + GUTTER // 2
    ImageDraw.Draw(picture).line((x, TOP, x, TOP + ROWS * PITCH), fill="black", width=2)
    assert len(divided(pixels(picture), lines)) == 2 * ROWS


def test_specks_do_not_hide_the_gutter() -> None:
    picture, lines = page()
    chance = np.random.default_rng(1)
    noisy = pixels(picture).copy()
    noisy[chance.random(noisy.shape[:2]) < 0.002] = 0
    assert len(divided(noisy, lines)) == 2 * ROWS


def test_a_title_over_both_columns_is_whole() -> None:
    picture, lines = page()
    pen = ImageDraw.Draw(picture)
    for at in range(20):
        pen.rectangle((160 + at * EM, 12, 160 + at * EM + 17, 28), fill="black")
    title = line(160, 10, 560)
    parts = divided(pixels(picture), [title, *lines])
    assert len(parts) == 2 * ROWS + 1
    assert (parts[0] == title).all()


def test_white_in_few_lines_is_a_space() -> None:
    picture, lines = page()
    pen = ImageDraw.Draw(picture)
    x = LEFT + COLUMN
    for row in (1, 4, 7):
        top = TOP + row * PITCH
        pen.rectangle((x, top + 2, x + GUTTER, top + EM - 3), fill="black")
    assert len(divided(pixels(picture), lines)) == len(lines)


def test_the_margin_of_the_page_does_not_lengthen_white() -> None:
    picture, lines = page()
    taller = Image.new("RGB", (800, 900), "white")
    taller.paste(picture, (0, 200))
    pen = ImageDraw.Draw(taller)
    for row in (2, 5):
        top = 200 + TOP + row * PITCH
        pen.rectangle((LEFT + COLUMN, top + 2, LEFT + COLUMN + GUTTER, top + 17), fill="black")
    moved = [(one + np.array([0, 200])).astype(np.float32) for one in lines]
    assert len(divided(pixels(taller), moved)) == len(lines)


def test_a_line_that_runs_downwards_and_a_few_lines_are_whole() -> None:
    picture, lines = page()
    tall = np.array([(700, 20), (720, 20), (720, 300), (700, 300)], np.float32)
    assert any((one == tall).all() for one in divided(pixels(picture), [*lines, tall]))
    assert len(divided(pixels(picture), lines[:3])) == 3


def test_a_line_that_reaches_into_the_gutter_ends_where_its_ink_does() -> None:
    picture, lines = page(gutter=2 * GUTTER)
    right = LEFT + COLUMN + 2 * GUTTER
    lefts = [line(LEFT, one[0][1], LEFT + COLUMN + 20) for one in lines]
    rights = [line(LEFT + COLUMN + 12, one[0][1], right + COLUMN) for one in lines]
    parts = divided(pixels(picture), [*lefts, *rights])
    assert len(parts) == 2 * ROWS
    for part in parts[:ROWS]:
        assert part[:, 0].max() == pytest.approx(LEFT + COLUMN, abs=4)
    for part in parts[ROWS:]:
        assert part[:, 0].min() == pytest.approx(right, abs=4)
