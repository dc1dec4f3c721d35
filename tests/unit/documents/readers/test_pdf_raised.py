"""Raised and lowered numbers of PDF pages keep their value."""

from __future__ import annotations

import pytest

from documents.page.page_lines import Glyph
from documents.readers.pdf.raised import with_powers


def line(*parts: tuple[str, float, float]) -> list[Glyph]:
    """Characters beside one another: text, size and how much it is raised."""
    glyphs, x = [], 0.0
    for text, size, up in parts:
        for char in text:
            width = size if ord(char) > 0x2E80 else size / 2
            glyphs.append(Glyph(char, (x, 100 - size - up, x + width, 100 - up)))
            x += width
    return glyphs


@pytest.mark.parametrize(
    ("parts", "shown"),
    [
        ([("共10", 12, 0), ("8", 7, 5), ("吨", 12, 0)], "共10^8吨"),
        ([("面积20m", 12, 0), ("2", 7, 5)], "面积20m^2"),
        ([("约10", 12, 0), ("-3", 7, 5), ("5", 12, 0)], "约10^-3 5"),
        ([("10", 12, 0), ("12", 7, 5), ("x10", 12, 0), ("3", 7, 5)], "10^12x10^3"),
        ([("档案", 12, 0), ("3", 7, 5), ("管理", 12, 0)], "档案3管理"),
        ([("H", 12, 0), ("2", 7, -2), ("O", 12, 0)], "H2O"),
        ([("12", 12, 0), ("34", 11, 1)], "1234"),
        ([("12", 12, 0), ("th", 7, 5)], "12th"),
        ([("2", 12, 0), ("第", 7, 5), ("3", 7, 5)], "2第3"),
        ([("5", 12, 0), ("7", 7, 14)], "57"),
        ([("10", 12, 0), ("8", 10, 5)], "10^8"),
        ([("10", 13.9, 0), ("8", 11.2, 9.5)], "10^8"),
        ([("）", 13.9, 0), ("1", 11.2, 2.3)], "）1"),
        ([("101", 12, 0), ("2", 7, -1)], "101_2"),
        ([("101", 12, 0), ("2", 10, -3), ("等", 12, 0)], "101_2等"),
        ([("128", 12, 0), ("50", 7, 1)], "12850"),
        ([("log", 12, 0), ("2", 7, -2), ("8", 12, 0)], "log_2 8"),
        ([("CO", 12, 0), ("2", 7, -2), ("的", 12, 0)], "CO2的"),
        ([("10", 12, 0), ("n", 7, 5), ("个", 12, 0)], "10^n个"),
        ([("x", 12, 0), ("2n-1", 7, 5), ("5", 12, 0)], "x^2n-1 5"),
        ([("10", 12, 0), ("8th", 7, 5)], "10^8th"),
        ([("word", 12, 0), ("a", 7, 5)], "worda"),
        ([("21", 12, 0), ("st", 7, 5)], "21st"),
    ],
)
def test_raised_numbers_have_a_sign(parts: list[tuple[str, float, float]], shown: str) -> None:
    assert "".join(glyph.char for glyph in with_powers(line(*parts))) == shown


def test_spaces_and_line_ends_that_the_reader_added_before_a_raised_number_are_left_out() -> None:
    glyphs = line(("10", 12, 0), ("8", 7, 5))
    for added in (" ", "\n", "\r"):
        glyphs.insert(2, Glyph(added, None, is_generated=True))
        assert "".join(glyph.char for glyph in with_powers(glyphs)) == "10^8"


def test_a_number_on_the_next_line_is_not_raised() -> None:
    above, below = line(("10", 12, 0)), line(("8", 7, -20))
    end = Glyph("\n", None, is_generated=True)
    assert "".join(glyph.char for glyph in with_powers([*above, end, *below])) == "10\n8"
