"""One rule of a window: which days, from when to when by the wall clock, opened or closed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

DAY_MINUTES = 24 * 60
NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_DAY = frozenset(range(7))
_WORDS = {"weekdays": frozenset(range(5)), "weekends": frozenset({5, 6}), "daily": EVERY_DAY}
_FULL = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NUMBERS = {name: number for names in (NAMES, _FULL) for number, name in enumerate(names)}
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_FIRST_DATE, _LAST_DATE = date(2000, 1, 1), date(2199, 12, 31)
_TIMES = re.compile(r"(\d{1,2}):(\d\d)-(\d{1,2}):(\d\d)")
_ONE_DAY = timedelta(days=1)

DAYS_EXPECTED = "days (mon-fri, sat+sun, weekdays, weekends, daily, 2026-10-01..2026-10-07)"


class WindowError(ValueError):
    """A text that is no window: `at` is the character where that shows, 1 for the first."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(f"at character {at}: {message}")
        self.at = at


@dataclass(frozen=True, slots=True)
class Rule:
    """Moments of the wall clock: on these days from minute `start` to before minute `end`.

    A rule whose `end` is not after its `start` lasts into the day after the one that it is for.
    `dates` are first and last days. An excluded rule closes what other rules open.
    """

    weekdays: frozenset[int] = EVERY_DAY
    dates: tuple[tuple[date, date], ...] = ()
    start: int = 0
    end: int = DAY_MINUTES
    excluded: bool = False

    def covers(self, day: date, minute: int) -> bool:
        """Whether the rule is about this minute of this day."""
        if self.start < self.end:
            return self.start <= minute < self.end and self._is_for(day)
        if minute >= self.start:
            return self._is_for(day)
        return minute < self.end and self._is_for(day - _ONE_DAY)

    def edges(self) -> Iterator[int]:
        """The minutes of a day at which it may begin or end to cover."""
        yield from (0, self.start, self.end % DAY_MINUTES)

    def _is_for(self, day: date) -> bool:
        return day.weekday() in self.weekdays or any(
            first <= day <= last for first, last in self.dates
        )

    def __str__(self) -> str:
        no = "not " if self.excluded else ""
        if self.start == 0 and self.end == DAY_MINUTES:
            return no + (self._days() or "always")
        return no + f"{self._days()} {_clock(self.start)}-{_clock(self.end)}".strip()

    def _days(self) -> str:
        if self.weekdays == EVERY_DAY and not self.dates:
            return ""
        words = [word for word, days in _WORDS.items() if days == self.weekdays]
        dates = [f"{first}" if first == last else f"{first}..{last}" for first, last in self.dates]
        return "+".join([*(words or _runs(self.weekdays)), *dates])


def read_days(word: str, at: int) -> tuple[frozenset[int], tuple[tuple[date, date], ...]]:
    """Days of the week and dates of `mon+wed-fri+2026-10-01`. Raises `WindowError`."""
    weekdays: frozenset[int] = frozenset()
    dates: list[tuple[date, date]] = []
    for piece in word.split("+"):
        if piece[:1].isdigit():
            dates.append(_read_dates(piece, at))
        else:
            weekdays |= _read_weekdays(piece, at)
        at += len(piece) + 1
    return weekdays, tuple(dates)


def read_times(word: str, at: int) -> tuple[int, int]:
    """The minutes of `20:00-06:00`. Raises `WindowError`."""
    match = _TIMES.fullmatch(word)
    if match is None:
        raise WindowError(f"expected times such as 20:00-06:00, found {word!r}", at)
    start = _read_clock(match, 1, at)
    end = _read_clock(match, 3, at)
    if start == DAY_MINUTES:
        raise WindowError("expected a beginning before 24:00: the next day begins at 00:00", at)
    if start == end:
        raise WindowError(
            "expected an end other than the beginning; a whole day is 00:00-24:00", at
        )
    return start, end or DAY_MINUTES


def begins_like_days(word: str) -> bool:
    """Whether a word can only be meant as days: a zone does not begin so."""
    first = re.split(r"[-+.]", word)[0]
    return first in _NUMBERS or first in _WORDS or word[:1].isdigit()


def _read_weekdays(piece: str, at: int) -> frozenset[int]:
    if piece in _WORDS:
        return _WORDS[piece]
    first, dash, last = piece.partition("-")
    if first not in _NUMBERS or (dash and last not in _NUMBERS):
        raise WindowError(f"expected {DAYS_EXPECTED}, found {piece!r}", at)
    begin = _NUMBERS[first]
    length = (_NUMBERS[last] - begin) % 7 if dash else 0
    return frozenset((begin + step) % 7 for step in range(length + 1))


def _read_dates(piece: str, at: int) -> tuple[date, date]:
    first, dots, last = piece.partition("..")
    begin = _read_date(first, at)
    end = _read_date(last, at + len(first) + 2) if dots else begin
    if end < begin:
        raise WindowError(f"expected a last day that is not before {begin}, found {end}", at)
    return begin, end


def _read_date(text: str, at: int) -> date:
    try:
        day = date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or not _FIRST_DATE <= day <= _LAST_DATE:
        raise WindowError(
            f"expected a date from {_FIRST_DATE} to {_LAST_DATE} such as 2026-10-01, "
            f"or times such as 20:00-06:00, found {text!r}",
            at,
        )
    return day


def _read_clock(match: re.Match[str], group: int, at: int) -> int:
    hours, minutes = int(match[group]), int(match[group + 1])
    if minutes > 59 or hours * 60 + minutes > DAY_MINUTES:
        found = f"{match[group]}:{match[group + 1]}"
        raise WindowError(
            f"expected a time from 00:00 to 24:00, found {found}", at + match.start(group)
        )
    return hours * 60 + minutes


def _runs(weekdays: frozenset[int]) -> Iterator[str]:
    """`mon-wed`, `fri`: days that follow each other as one."""
    numbered = enumerate(sorted(weekdays))
    for _, group in groupby(numbered, key=lambda pair: pair[1] - pair[0]):
        days = [NAMES[day] for _, day in group]
        yield days[0] if len(days) == 1 else f"{days[0]}-{days[-1]}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
