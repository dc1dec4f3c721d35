"""Numbers written in Chinese characters: 二十四, 二〇二四, 一百零五, 三亿, 贰拾."""

from __future__ import annotations

import re

from documents.ooxml.number_formats import chinese

DIGITS = "〇零一二两三四五六七八九壹贰叁肆伍陆柒捌玖"
UNITS = "十百千拾佰仟"
LARGE_UNITS = "万亿"
# Longer runs are not numbers, such as a line drawn with 一; `int()` also has a limit.
LONGEST_NUMERAL = 64

# ○ and Ｏ are often typed for 〇.
_VALUES = (
    {digit: value for value, digit in enumerate("零一二三四五六七八九")}
    | {digit: value for value, digit in enumerate("壹贰叁肆伍陆柒捌玖", start=1)}
    | {"〇": 0, "○": 0, "Ｏ": 0, "两": 2}
)
_UNIT_VALUES = {"十": 10, "百": 100, "千": 1_000, "拾": 10, "佰": 100, "仟": 1_000}
_LARGE_VALUES = {"万": 10_000, "亿": 100_000_000}
_TWO_DIGITS = re.compile(r"[一二三四五六七八九]{2}")


def chinese_number(numeral: str) -> int:
    """The value of a numeral. Without units its characters are digits: 二〇二四 is 2024.

    Raises `KeyError` for a character that is not part of a numeral.
    """
    if not set(numeral) & (_UNIT_VALUES.keys() | _LARGE_VALUES.keys()):
        return int("".join(str(_VALUES[char]) for char in numeral))
    total = section = digit = 0
    for char in numeral:
        if char in _VALUES:
            digit = _VALUES[char]
        elif char in _UNIT_VALUES:
            section += (digit or 1) * _UNIT_VALUES[char]
            digit = 0
        else:
            section = (section + digit) or (0 if total else 1)
            size = _LARGE_VALUES[char]
            total = (total + section) * size if char == "亿" else total + section * size
            section = digit = 0
    return total + section + digit


def number_of(numeral: str) -> int:
    """The value of a numeral in Arabic digits or in Chinese characters."""
    return int(numeral) if numeral.isdecimal() else chinese_number(numeral)


def counting_number(numeral: str) -> int | None:
    """As `number_of`, but None for a numeral that does not count: 一二, 二三十."""
    return None if _TWO_DIGITS.search(numeral) else number_of(numeral)


def chinese_numeral(number: int) -> str:
    """Writes 0 to 9,999 in Chinese characters: 零, 十, 二十一, 一百零五."""
    return chinese(number) if number else "零"
