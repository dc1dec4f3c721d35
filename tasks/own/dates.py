"""Days that a text names, however they are written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from tasks.numbers import chinese_number

_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTH = "|".join(f"{month[:3]}(?:{month[3:]})?" for month in _MONTHS)
_HAN = "〇零一二两三四五六七八九十"
_PATTERNS = (
    re.compile(r"(?<!\d)(?P<y>\d{4})([-/.])(?P<m>\d{1,2})\2(?P<d>\d{1,2})(?!\d)"),
    re.compile(
        rf"(?:(?P<y>\d{{4}}|[{_HAN}]{{4}})\s?年\s?)?(?P<m>\d{{1,2}}|[{_HAN}]{{1,3}})\s?月\s?"
        rf"(?P<d>\d{{1,2}}|[{_HAN}]{{1,3}})\s?[日号]"
    ),
    re.compile(rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)? (?P<m>{_MONTH})\b\.?,?(?: (?P<y>\d{{4}})\b)?"),
    re.compile(
        rf"\b(?P<m>{_MONTH})\b\.? (?P<d>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (?P<y>\d{{4}})\b)?"
    ),
)


@dataclass(frozen=True, slots=True)
class Day:
    """A day as it is named: `year` is None where none stands with it."""

    year: int | None
    month: int
    day: int
    written: str

    def is_same(self, other: Day) -> bool:
        """Whether they may be the same day: where one has no year, by month and day alone."""
        if (self.month, self.day) != (other.month, other.day):
            return False
        return None in (self.year, other.year) or self.year == other.year


def days_in(text: str) -> Iterator[Day]:
    """Every day that is named with its month: 2026-03-05, 2026年3月5日, 三月五日, 5 March 2026."""
    plain = unicodedata.normalize("NFKC", text).lower()
    for pattern in _PATTERNS:
        for match in pattern.finditer(plain):
            month, day = _number(match["m"]), _number(match["d"])
            if 1 <= month <= 12 and 1 <= day <= 31:
                year = _number(match["y"]) if match["y"] else None
                yield Day(year, month, day, match.group())


def _number(written: str) -> int:
    if written.isdecimal():
        return int(written)
    if written.isascii():
        return next(n for n, name in enumerate(_MONTHS, 1) if name.startswith(written[:3]))
    return chinese_number(written)
