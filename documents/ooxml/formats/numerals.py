"""Numbers in Chinese characters, as the formats `DBNum1` to `DBNum3` show them."""

from __future__ import annotations

from collections.abc import Mapping

from documents.ooxml.numerals import MOST_DIGITS, Numerals, with_units

_FORMS: Mapping[int, Numerals] = {
    1: Numerals("〇一二三四五六七八九", "十百千"),
    2: Numerals("零壹贰叁肆伍陆柒捌玖", "拾佰仟", says_one=10),
    3: Numerals("０１２３４５６７８９", "十百千"),
}


def chinese_digits(number: str, numerals: int) -> str:
    """Each digit as a character: `2026` is `二〇二六`. Other characters stay."""
    digits = _FORMS[numerals].digits
    return "".join(digits[int(one)] if "0" <= one <= "9" else one for one in number)


def chinese(number: str, numerals: int) -> str:
    """A decimal number with units: `1205.5` is `一千二百〇五.五`.

    One with more digits than there are units, or with an exponent, is written digit by digit.
    """
    sign, number = ("-", number[1:]) if number.startswith("-") else ("", number)
    whole, point, fraction = number.partition(".")
    is_decimal = whole.isdecimal() and (not fraction or fraction.isdecimal())
    if not is_decimal or len(whole) > MOST_DIGITS:
        return sign + chinese_digits(number, numerals)
    return sign + with_units(whole, _FORMS[numerals]) + point + chinese_digits(fraction, numerals)
