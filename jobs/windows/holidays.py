"""Public holidays and make-up working days, from a file that the operator replaces each year.

    [2026]
    holidays = ["2026-01-01..2026-01-03", "2026-10-01..2026-10-07"]
    workdays = ["2026-01-04", "2026-10-10"]

`holidays` are the days off of the official notice, weekends within them included; `workdays` are
the Saturdays and Sundays on which people work instead.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Annotated

import structlog
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

Span = tuple[date, date]  # first and last day

MOST_SPANS = 100
log = structlog.get_logger()
_YEARS = (2000, 2199)
_SATURDAY = 5


class HolidaysError(ValueError):
    """The file cannot be used; the text says where and what is expected."""


@dataclass(frozen=True, slots=True)
class Holidays:
    """`off`: the public holidays, `worked`: the make-up working days, `until`: the last day of the
    last year in the file.
    """

    off: tuple[Span, ...]
    worked: tuple[Span, ...]
    until: date


class _Year(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    holidays: Annotated[list[str], Field(min_length=1, max_length=MOST_SPANS)]
    workdays: Annotated[list[str], Field(max_length=MOST_SPANS)] = []


_FILE = TypeAdapter(dict[str, _Year])


def read_holidays(path: Path) -> Holidays:
    """The file's days. It is read again when it has changed. Raises `HolidaysError`."""
    try:
        state = path.stat()
    except OSError as error:
        raise HolidaysError(f"{path} cannot be read: {error.strerror}") from error
    return _read(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=4)
def _read(path: Path, _changed: int, _size: int) -> Holidays:
    try:
        years = _FILE.validate_python(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise HolidaysError(f"{path} cannot be read: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise HolidaysError(
            f"{path}: {where}: {first['msg']}. Expected years such as [2026], each with the lists "
            "holidays and workdays."
        ) from error
    if not years:
        raise HolidaysError(f"{path} has no year. Expected [2026] with holidays and workdays.")
    off, worked = list[Span](), list[Span]()
    for name, year in years.items():
        number = _year(path, name)
        off += (_span(path, number, text) for text in year.holidays)
        worked += (_span(path, number, text) for text in year.workdays)
    _check(path, off, worked)
    return Holidays(tuple(off), tuple(worked), date(max(map(int, years)), 12, 31))


def _year(path: Path, name: str) -> int:
    first, last = _YEARS
    if not (name.isascii() and name.isdigit() and first <= int(name) <= last):
        raise HolidaysError(f"{path}: expected a year such as [2026], found [{name}]")
    return int(name)


def _span(path: Path, year: int, text: str) -> Span:
    first, dots, last = text.partition("..")
    try:
        begin = date.fromisoformat(first)
        end = date.fromisoformat(last) if dots else begin
    except ValueError as error:
        raise HolidaysError(
            f"{path}: [{year}]: expected a day such as {year}-10-01, or days such as "
            f"{year}-10-01..{year}-10-07, found {text!r}"
        ) from error
    if end < begin or begin.year != year or end.year != year:
        raise HolidaysError(
            f"{path}: [{year}]: expected days of {year}, the first one first, found {text!r}"
        )
    return begin, end


def _check(path: Path, off: list[Span], worked: list[Span]) -> None:
    """Mistakes of copying that would open a window on a working day, or close it on a free one."""
    free = {day for span in off for day in _days(span)}
    for day in (day for span in worked for day in _days(span)):
        if day in free:
            raise HolidaysError(f"{path}: {day} is in holidays and in workdays")
        if day.weekday() < _SATURDAY:
            raise HolidaysError(
                f"{path}: {day} in workdays is not a Saturday or Sunday: people work on it anyway"
            )


def _days(span: Span) -> Iterator[date]:
    first, last = span
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


NO_HOLIDAYS = Holidays((), (), date.min)


class HolidayFile:
    """The operator's file, read again when it changes. A change that cannot be used is logged, and
    the days that were read before apply.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last: Holidays | None = None
        self._fault = ""

    def read(self) -> Holidays:
        """Raises `HolidaysError` if the file could not be used yet."""
        try:
            self._last, self._fault = read_holidays(self._path), ""
        except HolidaysError as error:
            if self._last is None:
                raise
            if str(error) != self._fault:
                self._fault = str(error)
                log.warning("holidays.unusable", reason=self._fault)
        return self._last
