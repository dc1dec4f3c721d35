"""When bulk work may run: calendar windows, by the wall clock of a time zone.

A window is written as rules, then perhaps a zone:

    20:00-06:00 Asia/Shanghai
    weekdays 20:00-06:00, weekends, 2026-10-01..2026-10-07, not 2026-10-10 08:00-20:00 Asia/Shanghai

    window  = "never" | rule { ("," | ";") rule } [ zone ]
    rule    = ["not"] ( "always" | days | times | days times )
    days    = day { "+" day }
    day     = mon..sun [ "-" mon..sun ] | "weekdays" | "weekends" | "daily" | date [ ".." date ]
    date    = YYYY-MM-DD
    times   = HH:MM-HH:MM
    zone    = a name of the IANA time zone database

Case does not matter, but for the zone's. Days without times are whole days, times without days are
daily. A window is open when a rule says so and no `not` rule does, wherever they stand; one of
`not` rules alone is otherwise always open.

Times are what a clock on the wall shows. `20:00-06:00` belongs to the day on which it begins:
`fri 20:00-06:00` lasts until Saturday, 06:00. Where clocks are put forward, an edge in the hour
that is skipped takes effect when they are; where they are put back, the hour that is shown twice is
treated twice alike, so that a window may close and open once more. A rule that lies wholly in a
skipped hour does not open on that day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Protocol

from jobs.windows.clock import check_zone, clock, offset, one_setting
from jobs.windows.rules import Rule, WindowError
from jobs.windows.text import read_window

__all__ = ["ALWAYS", "NEVER", "Calendar", "Window", "WindowError", "Windows"]

_ONE_DAY = timedelta(days=1)
# Every minute of a week comes by within two weeks, although clocks may skip it once; some days
# more make up for zones.
_SETTLED = timedelta(days=20)
_MARGIN = timedelta(days=2)
# More than a year's: windows in two zones may only meet in weeks in which one has summer time.
_TRIES = 1_000


class Calendar(Protocol):
    """When something may run; equal calendars have the same hash."""

    def is_open(self, moment: datetime) -> bool: ...

    def next_change(self, moment: datetime) -> datetime | None: ...

    def __hash__(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Window:
    """Rules in a time zone; without rules it is never open."""

    rules: tuple[Rule, ...]
    zone: str = "UTC"

    @classmethod
    def parse(cls, text: str, default_zone: str | None = "UTC") -> Window:
        """The window that `text` describes, as this module's description says.

        `default_zone` is taken where the text names no zone; with None the text must name one,
        unless it is `always` or `never`. Raises `WindowError`, which says where and what is
        expected instead.
        """
        rules, zone = read_window(text)
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

    def is_open(self, moment: datetime) -> bool:
        """Whether it is open at `moment`, which must know its zone."""
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
        """The first moment after `moment`, in UTC, at which it is open and was not, or the other
        way round; None where it never changes again.
        """
        was_open = self.is_open(moment)
        if _is_constant(self.rules):
            return None
        return next(
            (edge for edge in self._edges(moment) if self.is_open(edge) != was_open),
            None,
        )

    def local(self, moment: datetime) -> datetime:
        """The same moment by the clock of its zone."""
        return moment.astimezone(clock(self.zone))

    def __str__(self) -> str:
        """A text that `parse` makes the same window of."""
        if not self.rules:
            return "never"
        rules = ", ".join(map(str, self.rules))
        return rules if _is_constant(self.rules) else f"{rules} {self.zone}"

    def _edges(self, moment: datetime) -> Iterator[datetime]:
        """Every moment after `moment` at which it may change, in order, and some more."""
        cursor = moment.astimezone(UTC)
        # Between these moments each week is like the one before.
        breaks = sorted(
            datetime.combine(day, time(), UTC) - _MARGIN
            for rule in self.rules
            for pair in rule.dates
            for day in pair
        )
        settled = cursor + _SETTLED
        while True:
            until = one_setting(cursor, self.zone)
            yield from self._edges_by_the_clock(cursor, until)
            cursor = until
            settled = max([settled, *(day + _SETTLED for day in breaks if day <= cursor)])
            if cursor >= settled:
                later = next((day for day in breaks if day > cursor), None)
                if later is None:
                    return
                cursor = later

    def _edges_by_the_clock(self, begin: datetime, end: datetime) -> Iterator[datetime]:
        """The edges after `begin` and up to `end`, and `end`; clocks change at `end` at most."""
        ahead = offset(begin, self.zone)
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
    """Open when all of them are; without any, always. A batch's window narrows its department's."""

    windows: tuple[Window, ...] = ()

    def is_open(self, moment: datetime) -> bool:
        return all(window.is_open(moment) for window in self.windows)

    def next_change(self, moment: datetime) -> datetime | None:
        """As a window's; None too where a thousand times that one opens another is closed."""
        cursor = moment
        for _ in range(_TRIES):
            closed = [window for window in self.windows if not window.is_open(cursor)]
            if not closed:
                if cursor > moment:
                    return cursor
                changes = [window.next_change(cursor) for window in self.windows]
                return min((change for change in changes if change), default=None)
            # Before the last of those that are closed has opened, it is of no use to look.
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
