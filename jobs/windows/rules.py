"""Parses the text of a window: its rules and its time zone. `window.py` has the grammar."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, timedelta, tzinfo
from functools import lru_cache
from itertools import groupby
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from jobs.windows.holidays import Holidays, Span

DAY_MINUTES = 24 * 60
EVERY_DAY = frozenset(range(7))
_MAX_CHARACTERS = 1_000
_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WORDS = {"weekdays": frozenset(range(5)), "weekends": frozenset({5, 6}), "daily": EVERY_DAY}
_FULL = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NUMBERS = {name: number for names in (_NAMES, _FULL) for number, name in enumerate(names)}
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_FIRST_DATE, _LAST_DATE = date(2000, 1, 1), date(2199, 12, 31)
_TIMES = re.compile(r"(\d{1,2}):(\d\d)-(\d{1,2}):(\d\d)")
_WORD = re.compile(r"\S+")
_ONE_DAY = timedelta(days=1)
_CHINESE_PUNCTUATION = str.maketrans("，；：", ",;:")
_HOLIDAYS, _WORKDAYS = "holidays", "workdays"
_WORKWEEK = _WORDS["weekdays"]
_DAYS_EXPECTED = (
    "days (mon-fri, sat+sun, weekdays, weekends, daily, holidays, workdays, 2026-10-01..2026-10-07)"
)
_EXPECTED = f"{_DAYS_EXPECTED}, times (20:00-06:00), always or never"

_Words = list[tuple[str, int]]  # each with the position of its first character, from 1


class WindowError(ValueError):
    """A text is not a window. `at` is the position of the error, 1 for the first character."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(f"at character {at}: {message}")
        self.at = at


@dataclass(frozen=True, slots=True)
class Rule:
    """A span of wall-clock time on certain days: minutes `start` (included) to `end` (excluded).

    If `end` is not after `start`, the span ends on the following day. `dates` are pairs of first
    and last day. An `excluded` rule closes what other rules open. `words` are `holidays` and
    `workdays` as in the text, `named` their dates; `workweek` applies except on the dates in
    `without`.
    """

    weekdays: frozenset[int] = EVERY_DAY
    dates: tuple[Span, ...] = ()
    start: int = 0
    end: int = DAY_MINUTES
    excluded: bool = False
    words: tuple[str, ...] = ()
    workweek: frozenset[int] = frozenset()
    without: tuple[Span, ...] = ()
    named: tuple[Span, ...] = ()

    def covers(self, day: date, minute: int) -> bool:
        """Whether the rule includes this minute of this day."""
        if self.start < self.end:
            return self.start <= minute < self.end and self._applies_to(day)
        if minute >= self.start:
            return self._applies_to(day)
        return minute < self.end and self._applies_to(day - _ONE_DAY)

    def edges(self) -> Iterator[int]:
        """The minutes of a day at which `covers` may change."""
        yield from (0, self.start, self.end % DAY_MINUTES)

    @property
    def spans(self) -> tuple[Span, ...]:
        """All dates that make a week unlike others."""
        return (*self.dates, *self.named, *self.without)

    def _applies_to(self, day: date) -> bool:
        number = day.weekday()
        return (
            number in self.weekdays
            or _within(day, (*self.dates, *self.named))
            or (number in self.workweek and not _within(day, self.without))
        )

    def __str__(self) -> str:
        prefix = "not " if self.excluded else ""
        if self.start == 0 and self.end == DAY_MINUTES:
            return prefix + (self._days() or "always")
        return prefix + f"{self._days()} {_clock(self.start)}-{_clock(self.end)}".strip()

    def _days(self) -> str:
        if self.weekdays == EVERY_DAY and not self.dates and not self.words:
            return ""
        words = [word for word, days in _WORDS.items() if days == self.weekdays]
        dates = [f"{first}" if first == last else f"{first}..{last}" for first, last in self.dates]
        return "+".join([*(words or _runs(self.weekdays)), *self.words, *dates])


def _within(day: date, spans: tuple[Span, ...]) -> bool:
    return any(first <= day <= last for first, last in spans)


def read_window(text: str, holidays: Holidays | None = None) -> tuple[tuple[Rule, ...], str | None]:
    """The rules (empty for `never`) and the zone (None if the text has none).

    Raises `WindowError`, also for `holidays` and `workdays` without `holidays`.
    """
    if len(text) > _MAX_CHARACTERS:
        raise WindowError(f"expected at most {_MAX_CHARACTERS} characters", _MAX_CHARACTERS + 1)
    parts = list(_parts(text.translate(_CHINESE_PUNCTUATION)))
    zone = _take_zone(parts[-1], needs_rule=len(parts) == 1)
    parts = [words for words in parts if words]
    if [words[0][0].lower() for words in parts] == ["never"]:
        _expect_end(parts[0][1:])
        return (), zone
    return tuple(_read_rule(words, holidays) for words in parts), zone


def _parts(text: str) -> Iterator[_Words]:
    begin = 0
    for part in re.split(r"[,;]", text):
        words = [(match[0], begin + match.start() + 1) for match in _WORD.finditer(part)]
        if not words:
            raise WindowError(f"expected {_EXPECTED}, found nothing", begin + 1)
        yield words
        begin += len(part) + 1


def _take_zone(words: _Words, *, needs_rule: bool) -> str | None:
    """Remove and return the last word if it is a zone."""
    word, at = words[-1]
    if ":" in word or _starts_with_day(word.lower()) or word.lower() in ("always", "never", "not"):
        return None
    if len(words) == 1 and needs_rule:
        return None
    check_zone(word, at)
    words.pop()
    return word


def _read_rule(words: _Words, holidays: Holidays | None) -> Rule:
    words = [(word.lower(), at) for word, at in words]
    first, at = words[0]
    if first != "not":
        return _read_span(words, holidays)
    if len(words) == 1:
        raise WindowError("expected days or times after not, such as 2026-10-10", at + len(first))
    return replace(_read_span(words[1:], holidays), excluded=True)


def _read_span(words: _Words, holidays: Holidays | None) -> Rule:
    """Raises `WindowError`, also for words after the span."""
    word, at = words.pop(0)
    if word == "never":
        raise WindowError("never must be the only rule", at)
    rule = Rule()
    if ":" in word:
        start, end = _read_times(word, at)
        rule = Rule(start=start, end=end)
    elif _starts_with_day(word):
        rule = _read_days(word, at, holidays)
        if words and ":" in words[0][0]:
            start, end = _read_times(*words.pop(0))
            rule = replace(rule, start=start, end=end)
    elif word != "always":
        raise WindowError(f"expected {_EXPECTED}, found {word!r}", at)
    _expect_end(words)
    return rule


def _expect_end(words: _Words) -> None:
    if words:
        word, at = words[0]
        raise WindowError(f"expected a comma or the end, found {word!r}", at)


@lru_cache(maxsize=64)
def clock(zone: str) -> tzinfo:
    """The zone's `tzinfo`; UTC needs no database. Raises `ValueError` for an unknown zone."""
    if zone == "UTC":
        return UTC
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, OSError, ValueError) as error:
        raise ValueError(zone) from error


def check_zone(zone: str, at: int) -> None:
    """Raises `WindowError` if the zone is unknown, or if there is no time zone database."""
    try:
        clock(zone)
    except ValueError as error:
        if not available_timezones():
            message = (
                f"the zone {zone!r} cannot be looked up: this machine has no time zone database; "
                "install the Python package tzdata"
            )
        else:
            message = f"expected a zone of the IANA database such as Asia/Shanghai, found {zone!r}"
        raise WindowError(message, at) from error


def _read_days(word: str, at: int, holidays: Holidays | None) -> Rule:
    """The days of `mon+wed-fri+holidays+2026-10-01`, without times. Raises `WindowError`."""
    rule = Rule(frozenset())
    for piece in word.split("+"):
        if piece[:1].isdigit():
            rule = replace(rule, dates=(*rule.dates, _read_dates(piece, at)))
        elif piece in (_HOLIDAYS, _WORKDAYS):
            rule = _with_word(rule, piece, _known(holidays, piece, at))
        else:
            rule = replace(rule, weekdays=rule.weekdays | _read_weekdays(piece, at))
        at += len(piece) + 1
    return rule


def _known(holidays: Holidays | None, word: str, at: int) -> Holidays:
    if holidays is None:
        raise WindowError(
            f"{word} needs a file of holidays, which the operator sets by CHANCERY_BULK_HOLIDAYS",
            at,
        )
    return holidays


def _with_word(rule: Rule, word: str, holidays: Holidays) -> Rule:
    if word in rule.words:
        return rule
    rule = replace(rule, words=(*rule.words, word))
    if word == _HOLIDAYS:
        return replace(rule, named=(*rule.named, *holidays.off))
    return replace(
        rule,
        workweek=_WORKWEEK,
        without=holidays.off,
        named=(*rule.named, *holidays.worked),
    )


def _read_times(word: str, at: int) -> tuple[int, int]:
    """Start and end of `20:00-06:00` in minutes. Raises `WindowError`."""
    match = _TIMES.fullmatch(word)
    if match is None:
        raise WindowError(f"expected times such as 20:00-06:00, found {word!r}", at)
    start = _read_clock(match, 1, at)
    end = _read_clock(match, 3, at)
    if start == DAY_MINUTES:
        raise WindowError("expected a start before 24:00; the next day begins at 00:00", at)
    if start == end:
        raise WindowError(
            "expected an end that differs from the start; a whole day is 00:00-24:00", at
        )
    return start, end or DAY_MINUTES


def _starts_with_day(word: str) -> bool:
    """Whether a word begins with a day or a date. No zone does."""
    first = re.split(r"[-+.]", word)[0]
    names = (*_NUMBERS, *_WORDS, _HOLIDAYS, _WORKDAYS)
    return first in names or word[:1].isdigit()


def _read_weekdays(piece: str, at: int) -> frozenset[int]:
    if piece in _WORDS:
        return _WORDS[piece]
    first, dash, last = piece.partition("-")
    if first not in _NUMBERS or (dash and last not in _NUMBERS):
        raise WindowError(f"expected {_DAYS_EXPECTED}, found {piece!r}", at)
    begin = _NUMBERS[first]
    length = (_NUMBERS[last] - begin) % 7 if dash else 0
    return frozenset((begin + step) % 7 for step in range(length + 1))


def _read_dates(piece: str, at: int) -> tuple[date, date]:
    first, dots, last = piece.partition("..")
    begin = _read_date(first, at)
    end = _read_date(last, at + len(first) + 2) if dots else begin
    if end < begin:
        raise WindowError(f"expected a last day on or after {begin}, found {end}", at)
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
    """Consecutive days as ranges: `mon-wed`, `fri`."""
    numbered = enumerate(sorted(weekdays))
    for _, group in groupby(numbered, key=lambda pair: pair[1] - pair[0]):
        days = [_NAMES[day] for _, day in group]
        yield days[0] if len(days) == 1 else f"{days[0]}-{days[-1]}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
