"""Numbers in the numerals of East Asia, with names of powers of ten."""

from __future__ import annotations

from typing import NamedTuple

_GROUPS = ("", "万", "亿", "万亿", "亿亿")
MOST_DIGITS = 4 * len(_GROUPS)
"""Numbers with more have no names of their powers of ten."""


class Numerals(NamedTuple):
    """Digits from 0 to 9 and names of powers of ten, from 10 up to 1000.

    `has_zero`: a gap between digits is a zero. `says_one`: from which power of ten on a 1 is
    written before it, at the start of a number.
    """

    digits: str
    units: str
    has_zero: bool = True
    says_one: int = 100


def with_units(number: str, numerals: Numerals) -> str:
    """A whole number of at most `MOST_DIGITS` digits: `105` is 一百零五."""
    digits, units = numerals.digits, ("", *numerals.units)
    number = number.lstrip("0")
    written, gap = "", False
    for place, digit in zip(range(len(number) - 1, -1, -1), number, strict=True):
        group, within = divmod(place, 4)
        if digit == "0":
            gap = True
        else:
            written += digits[0] if gap and written and numerals.has_zero else ""
            # Chinese leaves the 1 of 10 out only at the start; Japanese everywhere.
            may_be_silent = not (written and numerals.has_zero)
            is_silent = digit == "1" and within and 10**within < numerals.says_one
            written += "" if is_silent and may_be_silent else digits[int(digit)]
            written += units[within]
            gap = False
        if within == 0 and int(number[-(place + 4) : len(number) - place]):
            written += _GROUPS[group]
            gap = False
    return written or digits[0]
