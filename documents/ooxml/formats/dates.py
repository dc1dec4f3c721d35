"""Dates, times and durations, by the sections of a number format that show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from documents.ooxml.formats.codes import Kind, Section, Token
from documents.ooxml.formats.eras import BUDDHIST, era_of, year_of
from documents.ooxml.formats.numerals import chinese, chinese_digits

_DAY = 86_400
_FIRST = date(1899, 12, 30)
_FIRST_1904 = date(1904, 1, 1)
# Excel has a day 60, 29 February 1900, which no calendar has.
_NO_DAY = 60
_MOST_DAYS = 2_958_465  # the last day of the year 9999
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_CHINESE_DAYS = "一二三四五六日"


@dataclass(frozen=True, slots=True)
class _Moment:
    """A serial number in parts: `total` is the whole of it in seconds, `fraction` of a second."""

    day: tuple[int, int, int]
    weekday: int
    seconds: int
    total: int
    fraction: float


def dated(section: Section, serial: float, *, from_1904: bool) -> str | None:
    """The serial number of a moment, in days, as the section shows it.

    None for a number that is no date: it is negative or after the year 9999.
    """
    places = _fraction_places(section.tokens)
    moment = _moment(serial, places, from_1904=from_1904)
    if moment is None:
        return None
    half_day = section.has(Kind.noon)
    written = []
    for index, (kind, text) in enumerate(section.tokens):
        if kind is Kind.date:
            written.append(_date_part(section, index, text.lower(), moment, half_day=half_day))
        elif kind is Kind.elapsed:
            unit = {"h": 3600, "m": 60, "s": 1}[text[0]]
            written.append(f"{moment.total // unit:0{len(text)}}")
        elif kind is Kind.noon:
            written.append(_noon(text, is_morning=moment.seconds < _DAY // 2))
        elif kind is Kind.digit:
            # The digits of a fraction of a second are written with its point.
            continue
        elif kind is Kind.point and _is_digit(section.tokens, index + 1):
            written.append(f"{moment.fraction:.{places}f}"[1:])
        else:
            written.append(text)
    return "".join(written)


def iso(serial: float, *, from_1904: bool) -> str | None:
    """The serial number of a moment in the form `2026-06-01 09:30:00`, as far as it has a day and
    a time; None for a number that is no date.
    """
    moment = _moment(serial, 0, from_1904=from_1904)
    if moment is None:
        return None
    hours, seconds = divmod(moment.seconds, 3600)
    clock = f"{hours:02}:{seconds // 60:02}:{seconds % 60:02}"
    if serial < 1:
        return clock
    year, month, day = moment.day
    date_ = f"{year:04}-{month:02}-{day:02}"
    return f"{date_} {clock}" if moment.seconds else date_


def _fraction_places(tokens: Sequence[Token]) -> int:
    kinds = [kind for kind, _ in tokens]
    if Kind.point not in kinds:
        return 0
    return min(kinds[kinds.index(Kind.point) :].count(Kind.digit), 6)


def _is_digit(tokens: Sequence[Token], index: int) -> bool:
    return index < len(tokens) and tokens[index][0] is Kind.digit


def _moment(serial: float, places: int, *, from_1904: bool) -> _Moment | None:
    scale = 10**places
    if not 0 <= serial <= _MOST_DAYS + 1:
        return None
    total, fraction = divmod(round(serial * _DAY * scale), scale)
    days, seconds = divmod(total, _DAY)
    if days > _MOST_DAYS:
        return None
    if days == _NO_DAY and not from_1904:
        return _Moment((1900, 2, 29), 2, seconds, total, fraction / scale)
    first = _FIRST_1904 if from_1904 else _FIRST
    if not from_1904 and days < _NO_DAY:
        first += timedelta(days=1)
    try:
        day = first + timedelta(days=days)
    except OverflowError:
        return None
    parts = day.year, day.month, day.day
    return _Moment(parts, day.weekday(), seconds, total, fraction / scale)


def _date_part(section: Section, index: int, code: str, moment: _Moment, *, half_day: bool) -> str:
    letter, width = code[0], len(code)
    if letter in "yegb":
        return _year(section, moment.day, letter, width)
    if letter == "m" and not _is_minute(section.tokens, index):
        return _month(section, moment.day[1], width)
    if letter == "a" or (letter == "d" and width > 2):
        is_chinese = letter == "a" or section.is_chinese
        return _weekday(moment.weekday, letter, width, is_chinese=is_chinese)
    is_day = letter == "d"
    number = moment.day[2] if is_day else _clock(letter, moment.seconds, half_day=half_day)
    return _number(section, number, width)


def _clock(letter: str, seconds: int, *, half_day: bool) -> int:
    if letter == "h":
        hour = seconds // 3600
        return (hour % 12 or 12) if half_day else hour
    return seconds // 60 % 60 if letter == "m" else seconds % 60


def _is_minute(tokens: Sequence[Token], index: int) -> bool:
    """`m` is minutes after hours or before seconds, else months."""
    before = [text[0].lower() for kind, text in tokens[:index] if kind in _PARTS]
    after = [text[0].lower() for kind, text in tokens[index + 1 :] if kind in _PARTS]
    return before[-1:] == ["h"] or after[:1] == ["s"]


_PARTS = (Kind.date, Kind.elapsed)


def _number(section: Section, number: int, width: int) -> str:
    if section.numerals:
        return chinese(str(number), section.numerals)
    return f"{number:0{min(width, 2)}}"


def _year(section: Section, day: tuple[int, int, int], letter: str, width: int) -> str:
    """The year of a day, or the name of its era for `g`. `y` has no eras, `b` is Buddhist."""
    era = era_of(day, section.language, section.calendar) if letter in "eg" else None
    if letter == "g":
        return era.names[min(width, len(era.names)) - 1] if era else ""
    if era is not None:
        return _number(section, era.year(day), width)
    year = year_of(day, BUDDHIST if letter == "b" else section.calendar)
    digits = f"{year % 100:02}" if letter in "yb" and width <= 2 else f"{year:04}"
    return chinese_digits(digits, section.numerals) if section.numerals else digits


def _month(section: Section, month: int, width: int) -> str:
    if width <= 2:
        return _number(section, month, width)
    if section.is_chinese:
        return chinese(str(month), 1) + "月" if width == 4 else f"{month}月"
    name = _MONTHS[month - 1]
    return name if width == 4 else name[:1] if width == 5 else name[:3]


def _weekday(weekday: int, letter: str, width: int, *, is_chinese: bool) -> str:
    if is_chinese:
        short = "" if letter == "a" else "周"
        return ("星期" if width > 3 else short) + _CHINESE_DAYS[weekday]
    return _DAYS[weekday] if width > 3 else _DAYS[weekday][:3]


def _noon(text: str, *, is_morning: bool) -> str:
    morning, _, evening = text.partition("/")
    return morning if is_morning else evening
