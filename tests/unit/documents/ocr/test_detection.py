"""Detection looks at the parts of a picture that are not blank, and cuts no line."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from documents.ocr.detection import inked_areas, with_whole_lines

Pixels = npt.NDArray[np.uint8]
HEIGHT, WIDTH = 1_754, 1_240  # A4 at 150 dpi
REDUCED = 1_280, 896


def paper(noise: float = 0.0) -> npt.NDArray[np.float32]:
    chance = np.random.default_rng(1)
    gray = 225 + chance.normal(0, noise, (HEIGHT, WIDTH, 1))
    return np.repeat(gray, 3, axis=2).astype(np.float32)


def inked(
    picture: npt.NDArray[np.float32], *areas: tuple[slice, slice], darker: float = 195.0
) -> Pixels:
    for area in areas:
        picture[area] -= darker
    return picture.clip(0, 255).astype(np.uint8)


def areas(picture: Pixels) -> list[tuple[slice, slice]]:
    """The inked areas in pixels of the picture."""
    scales = HEIGHT / REDUCED[0], WIDTH / REDUCED[1]
    return [
        (of_picture(area[0], scales[0]), of_picture(area[1], scales[1]))
        for area in inked_areas(picture, REDUCED)
    ]


def of_picture(side: slice, scale: float) -> slice:
    return slice(round(side.start * scale), round(side.stop * scale))


def holds(outer: slice, inner: slice, margin: int) -> bool:
    return outer.start <= inner.start - margin and inner.stop + margin <= outer.stop


@pytest.mark.parametrize("noise", [0.0, 25.0])
def test_margins_without_ink_are_left_out(noise: float) -> None:
    ink = np.s_[300:1_200, 200:1_000]
    (found,) = areas(inked(paper(noise), ink))
    assert holds(found[0], ink[0], 30)
    assert holds(found[1], ink[1], 30)
    assert found[0].stop - found[0].start < 1_080
    assert found[1].stop - found[1].start < 980


def test_parts_are_aligned_to_the_step_of_the_network() -> None:
    for area in inked_areas(inked(paper(), np.s_[317:1_213, 222:1_001]), REDUCED):
        assert all(end % 32 == 0 for side in area for end in (side.start, side.stop))


def test_ink_outside_of_the_searched_rows_does_not_count() -> None:
    head, foot = np.s_[100:140, 200:1_000], np.s_[1_600:1_640, 200:1_000]
    searched = np.arange(REDUCED[0]) > 800
    (found,) = inked_areas(inked(paper(), head, foot), REDUCED, searched)
    assert found[0].start > 800


def test_parts_far_from_each_other_are_looked_at_one_by_one() -> None:
    head, foot = np.s_[100:140, 200:1_000], np.s_[1_600:1_614, 600:608]
    found = areas(inked(paper(), head, foot))
    assert len(found) == 2
    for area, ink in zip(found, (head, foot), strict=True):
        assert holds(area[0], ink[0], 30)
        assert holds(area[1], ink[1], 30)


def test_faint_ink_on_a_page_of_other_ink_counts() -> None:
    faint = np.s_[1_600:1_630, 1_100:1_160]
    picture = paper(5.0)
    picture[faint] -= 25
    found = areas(inked(picture, np.s_[60:1_500, 40:1_040]))
    assert any(holds(area[0], faint[0], 0) and holds(area[1], faint[1], 0) for area in found)


@pytest.mark.parametrize("darker", [20.0, -20.0])
def test_faint_and_white_ink_counts(darker: float) -> None:
    ink = np.s_[300:330, 200:260]
    (found,) = areas(inked(paper(), ink, darker=darker))
    assert holds(found[0], ink[0], 0)
    assert holds(found[1], ink[1], 0)


def test_a_small_digit_under_noise_counts() -> None:
    digit = np.s_[1_600:1_612, 620:623]
    found = areas(inked(paper(25.0), digit))
    assert any(holds(area[0], digit[0], 0) and holds(area[1], digit[1], 0) for area in found)


def test_colored_ink_counts() -> None:
    picture = paper().astype(np.uint8)
    picture[400:440, 300:600] = (225, 225, 190)
    (found,) = areas(picture)
    assert holds(found[0], np.s_[400:440], 0)


def test_a_blank_page_is_not_looked_at() -> None:
    assert areas(paper(3.0).astype(np.uint8)) == []


def test_a_page_with_a_shadow_is_looked_at_whole() -> None:
    shadow = np.linspace(60, 0, WIDTH, dtype=np.float32)[None, :, None]
    (found,) = areas((paper() - shadow).astype(np.uint8))
    assert found == np.s_[0:HEIGHT, 0:WIDTH]


def test_a_small_picture_is_looked_at_whole() -> None:
    assert inked_areas(np.full((300, 400, 3), 255, np.uint8), (288, 416)) == [np.s_[0:288, 0:416]]


def test_a_part_grows_until_it_cuts_no_line() -> None:
    lines = [(10.0, 20.0), (30.0, 42.0), (40.0, 52.0), (60.0, 70.0)]
    assert with_whole_lines([(45.0, 50.0)], lines) == [(30.0, 52.0)]
    assert with_whole_lines([(22.0, 25.0)], lines) == [(22.0, 25.0)]
    assert with_whole_lines([(35.0, 38.0), (65.0, 80.0)], lines) == [(30.0, 52.0), (60.0, 80.0)]
