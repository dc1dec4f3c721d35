"""Whole numbers in other forms, and the marks of items and notes that stand beside numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

# A part of a text and what replaces it.
Edit = tuple[int, int, str]

# Digits and numbers in circles, raised and lowered ones, and those with a full stop or in brackets.
_NUMERALS = (
    "\u00b2\u00b3\u00b9\u2070-\u2089\u2460-\u249b\u24ea-\u24ff\u2776-\u2793\u3251-\u325f"
    "\u32b1-\u32bf\U0001f100-\U0001f10c"
)
_MARK = re.compile(
    rf"[{_NUMERALS}](?=[{_NUMERALS}]{{0,3}}\d)|[{_NUMERALS}](?<=\d.)[{_NUMERALS}]{{0,3}}"
    # In a box, as on keys.
    "|[0-9]\ufe0f?\u20e3(?=[0-9](?!\ufe0f?\u20e3))"
)
_MARK_END = ")"
_POWER = re.compile(r"[1-9]\.(?<![\w.]..)(?P<decimals>\d{7,17})[Ee]\+?(?P<power>\d{1,2})(?!\w)")
_MOST_DECIMALS, _MOST_ZEROS = 18, 3  # zeros at the end: figures have more
# Nothing has so many percent.
_FRACTION = re.compile(
    r"\.0(?<=\d{11}\.0)(?![\d.])|\.(?<=\d{11}\.)0{1,9}[%\uff05\u2030]"
    r"|[%\uff05\u2030](?<=\d{11}.)"
)


def marks(text: str) -> Iterator[Edit]:
    """Yields the marks of items and notes beside numbers, such as ① and ¹ in `①13812345678¹`.

    They would read as more digits of the numbers.
    """
    return ((*match.span(), _MARK_END) for match in _MARK.finditer(text))


def whole_numbers(text: str) -> Sequence[Edit]:
    """Returns the whole numbers that programs write as decimals: `13812345678.0`, `1.38123456E10`.

    Also those that a number format shows as percent. Of the former only the fraction is replaced.
    """
    edits = [(*match.span(), "") for match in _FRACTION.finditer(text)]
    for match in _POWER.finditer(text):
        decimals, power = match["decimals"], int(match["power"])
        zeros = power - len(decimals)
        if power <= _MOST_DECIMALS and 0 <= zeros <= _MOST_ZEROS:
            edits.append((*match.span(), f"{match[0][0]}{decimals}{'0' * zeros}"))
    return sorted(edits)
