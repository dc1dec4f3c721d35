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


def row(*chars: tuple[str, float]) -> list[str]:
    """The texts of a line of characters 10 points wide, each written at its place in points."""
    glyphs = [
        Glyph(char, None, is_generated=True) if char == " " else Glyph(char, (x, 0, x + 10, 12))
        for char, x in chars
    ]
    return [line.text for line in lines(glyphs)]


def test_characters_that_are_written_late_stand_where_they_are_shown() -> None:
    words = [("新", 10), ("办", 20), (" ", 0), ("变", 43), ("更", 53), (" ", 0)]
    assert row(*words, ("☑", 0), (" ", 0), ("☐", 33)) == ["☑新办 ☐变更"]


def test_text_that_is_printed_twice_keeps_its_order() -> None:
    assert row(("印", 0), ("章", 10), ("印", 0.4), ("章", 10.4)) == ["印章印章"]


WORD, OTHER_WORD = "\u0642\u0628\u0644", "\u064a\u0648\u0646"


@pytest.mark.parametrize("is_reversed", [False, True])
def test_words_from_the_right_are_read_in_their_order(*, is_reversed: bool) -> None:
    chars = [
        *zip(OTHER_WORD[::-1], (40, 50, 60), strict=True),
        *zip(WORD[::-1], (100, 110, 120), strict=True),
    ]
    number = [("1", 74), ("5", 84), (" ", 0)]
    end = (".", 30)
    if is_reversed:  # each word is written from its left end, as Chromium does
        written = [*chars[3:], (" ", 0), *number, *chars[:3], end]
    else:
        written = [*chars[:2:-1], (" ", 0), *number, *chars[2::-1], end]
    assert row(*written) == [f"{WORD} 15 {OTHER_WORD}."]


def test_words_from_the_right_among_others_keep_their_place() -> None:
    left, right = zip("ab", (0, 10), strict=True), zip(WORD[::-1], (24, 34, 44), strict=True)
    last = zip("cde", (58, 68, 78), strict=True)
    assert row(*left, (" ", 0), *right, (" ", 0), *last, ("f", 88)) == [f"ab {WORD} cdef"]
