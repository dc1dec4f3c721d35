"""Calendar windows: when bulk work may run, in the wall-clock time of a time zone.

A window is a list of rules, optionally followed by a zone:

    20:00-06:00 Asia/Shanghai
    weekdays 20:00-06:00, weekends, 2026-10-01..2026-10-07, not 2026-10-10 08:00-20:00 Asia/Shanghai

    window  = "never" | rule { ("," | ";") rule } [ zone ]
    rule    = ["not"] ( "always" | days | times | days times )
    days    = day { "+" day }
    day     = mon..sun [ "-" mon..sun ] | "weekdays" | "weekends" | "daily" | "holidays"
            | "workdays" | date [ ".." date ]
    date    = YYYY-MM-DD
    times   = HH:MM-HH:MM
    zone    = a name of the IANA time zone database

Rules are not case-sensitive; zones are. Days without times are whole days, times without days are
daily. A window is open when a rule covers the time and no `not` rule does, in any order. A window
with only `not` rules is open at all other times.

`holidays` and `workdays` are those of a file (`holidays.py`): the public holidays, and Monday to
Friday without them, with the make-up working days. In years that it does not have, there are none.

`20:00-06:00` belongs to the day on which it begins: `fri 20:00-06:00` ends on Saturday at 06:00.
When clocks go forward, an edge within the skipped hour takes effect at the change; a rule that lies
entirely within it does not open on that day. When clocks go back, the repeated hour is treated the
same way both times, so a window may close and open once more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Protocol

from jobs.windows.holidays import Holidays
from jobs.windows.rules import Rule, WindowError, check_zone, clock, read_window

__all__ = ["ALWAYS", "NEVER", "Calendar", "Window", "WindowError", "Windows"]

_ONE_DAY = timedelta(days=1)
_ONE_SECOND = timedelta(seconds=1)
# Within two weeks every minute of a week occurs, although a clock change may skip it once; the
# other days allow for differences between zones.
_SETTLED = timedelta(days=20)
_MARGIN = timedelta(days=2)
# Covers more than a year: windows in two zones may overlap only while one has summer time.
_MAX_TRIES = 1_000


class Calendar(Protocol):
    """When something may run. Equal calendars have equal hashes."""

    def is_open(self, moment: datetime) -> bool: ...

    def next_change(self, moment: datetime) -> datetime | None: ...

    def __hash__(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Window:
    """Rules in a time zone. Without rules a window is never open."""

    rules: tuple[Rule, ...]
    zone: str = "UTC"

    @classmethod
    def parse(
        cls,
        text: str,
        default_zone: str | None = "UTC",
        holidays: Holidays | None = None,
    ) -> Window:
        """Parse a window; the module's docstring has the grammar.

        `default_zone` applies if the text has no zone; with None the text must have one, except
        for `always` and `never`. Without `holidays`, the words that need them are refused.

        Raises `WindowError` with the position and what was expected.
        """
        rules, zone = read_window(text, holidays)
        if rules and all(rule.excluded for rule in rules):
            rules = (Rule(), *rules)
        if _is_constant(rules):
            return cls(rules)
        if zone is None:
            if default_zone is None:
                message = "expected a time zone at the end, such as Asia/Shanghai"
                raise WindowError(message, len(text) + 1)
            check_zone(default_zone, len(text) + 1)
        return cls(rules, zone or str(default_zone))

    @property
    def uses_holidays(self) -> bool:
        """Whether it has the words `holidays` or `workdays`."""
        return any(rule.words for rule in self.rules)

    def is_open(self, moment: datetime) -> bool:
        """Whether it is open at `moment`. Raises `ValueError` if `moment` has no time zone."""
        if moment.tzinfo is None:
            raise ValueError("a moment without a time zone")
        local = self.local(moment)
        day, minute = local.date(), local.hour * 60 + local.minute
        opened = False
        for rule in self.rules:
            if rule.covers(day, minute):
                if rule.excluded:
                    return False
                opened = True
        return opened

    def next_change(self, moment: datetime) -> datetime | None:
        """When it next opens or closes after `moment`, in UTC; None if it never does."""
        was_open = self.is_open(moment)
        if _is_constant(self.rules):
            return None
        return next(
            (edge for edge in self._edges(moment) if self.is_open(edge) != was_open),
            None,
        )

    def local(self, moment: datetime) -> datetime:
        """`moment` in the window's zone."""
        return moment.astimezone(clock(self.zone))

    def __str__(self) -> str:
        """A text that `parse` turns into an equal window."""
        if not self.rules:
            return "never"
        rules = ", ".join(map(str, self.rules))
        return rules if _is_constant(self.rules) else f"{rules} {self.zone}"

    def _edges(self, moment: datetime) -> Iterator[datetime]:
        """Times after `moment`, in order, that include every opening and closing."""
        cursor = moment.astimezone(UTC)
        # Between these times all weeks are alike.
        breaks = sorted(
            datetime.combine(day, time(), UTC) - _MARGIN
            for rule in self.rules
            for pair in rule.spans
            for day in pair
        )
        settled = cursor + _SETTLED
        while True:
            until = _clock_change(cursor, self.zone)
            yield from self._edges_between(cursor, until)
            cursor = until
            settled = max([settled, *(day + _SETTLED for day in breaks if day <= cursor)])
            if cursor >= settled:
                later = next((day for day in breaks if day > cursor), None)
                if later is None:
                    return
                cursor = later

    def _edges_between(self, begin: datetime, end: datetime) -> Iterator[datetime]:
        """The edges after `begin`, then `end`. The zone's offset must not change before `end`."""
        ahead = _offset(begin, self.zone)
        minutes = sorted({minute for rule in self.rules for minute in rule.edges()})
        day = (begin + ahead).date()
        while (midnight := datetime.combine(day, time(), UTC) - ahead) < end:
            for minute in minutes:
                edge = midnight + timedelta(minutes=minute)
                if begin < edge < end:
                    yield edge
            day += _ONE_DAY
        yield end


@dataclass(frozen=True, slots=True)
class Windows:
    """Open while all windows are open; always if there are none."""

    windows: tuple[Window, ...] = ()

    def is_open(self, moment: datetime) -> bool:
        return all(window.is_open(moment) for window in self.windows)

    def next_change(self, moment: datetime) -> datetime | None:
        """As `Window.next_change`; None also if no overlap is found in a thousand openings."""
        cursor = moment
        for _ in range(_MAX_TRIES):
            closed = [window for window in self.windows if not window.is_open(cursor)]
            if not closed:
                if cursor > moment:
                    return cursor
                changes = [window.next_change(cursor) for window in self.windows]
                return min((change for change in changes if change), default=None)
            # All closed windows must open first: continue at the latest of their openings.
            opens = [window.next_change(cursor) for window in closed]
            if None in opens:
                return None
            cursor = max(moment for moment in opens if moment)
        return None

    def __str__(self) -> str:
        return " and ".join(map(str, self.windows)) or "always"


ALWAYS = Window((Rule(),))
NEVER = Window(())


def _is_constant(rules: tuple[Rule, ...]) -> bool:
    return rules in ((), (Rule(),))


def _offset(moment: datetime, zone: str) -> timedelta:
    """The zone's offset from UTC."""
    ahead = moment.astimezone(clock(zone)).utcoffset()
    return ahead if ahead is not None else timedelta()


def _clock_change(begin: datetime, zone: str) -> datetime:
    """The first change of the zone's offset after `begin`, or a day later if there is none."""
    before, end = _offset(begin, zone), begin + _ONE_DAY
    if _offset(end, zone) == before:
        return end
    begin = begin.replace(microsecond=0)
    while end - begin > _ONE_SECOND:
        middle = begin + timedelta(seconds=(end - begin) // _ONE_SECOND // 2)
        if _offset(middle, zone) == before:
            begin = middle
        else:
            end = middle
    return end.replace(microsecond=0)
