"""Reading and writing numerals in Chinese characters."""

from __future__ import annotations

import pytest

from tasks.text.numerals import chinese_number, chinese_numeral, counting_number, number_of


@pytest.mark.parametrize(
    ("numeral", "number"),
    [
        ("十", 10),
        ("二十四", 24),
        ("一百零五", 105),
        ("一百一十", 110),
        ("二〇二四", 2024),
        ("二○二四", 2024),
        ("二Ｏ二四", 2024),
        ("两千", 2000),
        ("三亿五千万", 350_000_000),
        ("万亿", 10**12),
        ("贰拾", 20),
    ],
)
def test_a_numeral_is_read(numeral: str, number: int) -> None:
    assert chinese_number(numeral) == number_of(numeral) == number


def test_arabic_digits_are_read_too() -> None:
    assert number_of("012") == counting_number("12") == 12


@pytest.mark.parametrize("numeral", ["一二", "二三十"])
def test_two_adjacent_digits_are_not_a_counting_number(numeral: str) -> None:
    assert counting_number(numeral) is None


def test_every_number_is_written_as_it_is_read() -> None:
    assert all(chinese_number(chinese_numeral(number)) == number for number in range(2_000))
