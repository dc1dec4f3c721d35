"""Lines from characters after each of which the reader of the file ends a line."""

from __future__ import annotations

import pytest

from documents.page.page_lines import Box, Glyph, lines

END = [Glyph("\r", None, is_generated=True), Glyph("\n", None, is_generated=True)]


def ended(*chars: tuple[str, Box]) -> list[str]:
    glyphs = [one for char, box in chars for one in (Glyph(char, box), *END)]
    return [line.text for line in lines(glyphs)]


def test_characters_with_flat_boxes_stay_in_their_line() -> None:
    boxes = [("第", (50, 238, 60.5, 248.5)), ("一", (61.3, 242, 70.8, 243.2)),
             ("行", (71.6, 238, 81.4, 248.5))]  # fmt: skip
    assert ended(*boxes) == ["第一行"]


@pytest.mark.parametrize(
    ("gap", "shown"), [(0.5, ["x=5"]), (2.7, ["x = 5"]), (6.0, ["x", "=", "5"])]
)
def test_a_gap_between_words_is_a_space(gap: float, shown: list[str]) -> None:
    x, chars = 50.0, []
    for char in "x=5":
        chars.append((char, (x, 367.0, x + 6, 378.0)))
        x += 6 + gap
    assert ended(*chars) == shown


def test_characters_of_other_lines_are_apart() -> None:
    above, below = ("上", (50.0, 100.0, 60.0, 110.0)), ("下", (60.0, 110.0, 70.0, 120.0))
    assert ended(above, below) == ["上", "下"]
