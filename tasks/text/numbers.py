"""The numbers in a text, to check the numbers of a result against its source."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from tasks.text.numerals import DIGITS, LARGE_UNITS, LONGEST_NUMERAL, UNITS, chinese_number

_ARABIC = re.compile(r"(?<![\d.,])\d+(?:,\d{3})*(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?")
_CHINESE = re.compile(f"[{DIGITS}{UNITS}{LARGE_UNITS}]{{1,{LONGEST_NUMERAL}}}")
_WORD = re.compile(r"[a-z]+")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_MONTH = re.compile(rf"\b(?:{'|'.join(_MONTHS)})\b")
_SCALE = re.compile(r"\s?(十|百|千|万亿|亿|万|hundred|thousand|million|billion)")
_SCALES = {
    "十": 10,
    "百": 100,
    "千": 1_000,
    "万": 10**4,
    "亿": 10**8,
    "万亿": 10**12,
    "hundred": 100,
    "thousand": 1_000,
    "million": 10**6,
    "billion": 10**9,
}
_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty"
)
_WORDS = {word: value for value, word in enumerate(_SMALL.split(" "))} | {
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
}


@dataclass(frozen=True, slots=True)
class Number:
    """A number in Arabic digits and its possible values: for 1.2万, 1.2 and 12000."""

    written: str
    values: frozenset[Decimal]


def arabic_numbers(text: str) -> list[Number]:
    """Returns the numbers in digits, full-width or half-width, in order."""
    plain = unicodedata.normalize("NFKC", text)
    found = []
    for match in _ARABIC.finditer(plain):
        value = Decimal(match.group().replace(",", ""))
        scale = _SCALE.match(plain, match.end())
        scaled = {value * _SCALES[scale.group(1)]} if scale else set()
        found.append(Number(match.group(), frozenset({value} | scaled)))
    return found


def number_values(text: str) -> set[Decimal]:
    """Returns all possible values of digits, Chinese numerals, English number words and months."""
    values = {value for number in arabic_numbers(text) for value in number.values}
    values |= {Decimal(chinese_number(match.group())) for match in _CHINESE.finditer(text)}
    values |= {Decimal(_MONTHS.index(match.group()) + 1) for match in _MONTH.finditer(text)}
    words = {match.group() for match in _WORD.finditer(text.lower())}
    return values | {Decimal(_WORDS[word]) for word in words & _WORDS.keys()}
