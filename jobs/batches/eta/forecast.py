"""When will each batch be done? Bulk work as a fluid that departments share by weight.

The whole system does one second of work in a second. Among the departments that have something that
may run, it is shared by weight; inside a department the first batch that may run has all of its
share. Windows are opened and closed on the way. Interactive work is not known beforehand: it is in
the measured pace, as far as it was there when that was measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf

from jobs.windows.window import Calendar

HORIZON = timedelta(days=60)
# A microsecond is the shortest step of a datetime.
_DONE_SECONDS = 1e-6


@dataclass(frozen=True, slots=True)
class Work:
    """What is left of a batch: `seconds` are what the whole system takes for it.

    It runs while all of `windows` are open, and its department's; `NEVER` is one of them while it
    is paused.
    """

    batch_id: str
    seconds: float
    windows: tuple[Calendar, ...] = ()


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits of one department, in the order in which it will be released.

    `weight` is its share beside other departments.
    """

    department: str
    weight: float
    works: Sequence[Work]
    windows: tuple[Calendar, ...] = ()


def forecast(
    now: datetime, waiting: Sequence[Waiting], horizon: timedelta = HORIZON
) -> Mapping[str, datetime | None]:
    """When each batch will be done, by its id: None where that is not within `horizon`."""
    hours = _Hours(now, horizon.total_seconds())
    ends: dict[str, datetime | None] = {
        work.batch_id: now if work.seconds <= _DONE_SECONDS else None
        for one in waiting
        for work in one.works
    }
    queues = [_Queue(one, hours) for one in waiting]
    while queues := [queue for queue in queues if queue.left]:
        running = _running(queues, hours)
        share = 1 / sum(queue.weight for queue, _ in running) if running else 0
        step = min([left.seconds / (queue.weight * share) for queue, left in running], default=inf)
        if not hours.advance(step):
            break
        for queue, left in running:
            left.seconds -= hours.step * queue.weight * share
            if left.seconds <= _DONE_SECONDS:
                queue.left.remove(left)
                ends[left.batch_id] = hours.moment()
    return ends


def _running(queues: Sequence[_Queue], hours: _Hours) -> list[tuple[_Queue, _Left]]:
    """What runs now, at most one batch of each department."""
    hours.ask_anew()
    first = [(queue, queue.first(hours)) for queue in queues]
    return [(queue, left) for queue, left in first if left is not None]


@dataclass(slots=True)
class _Hour:
    """Whether a calendar is open, and `until` when that is known, in seconds from now."""

    calendar: Calendar
    is_open: bool = False
    until: float = -inf


class _Hours:
    """The time, in seconds from now, and what is open. It passes no edge of what was asked for."""

    def __init__(self, now: datetime, horizon: float) -> None:
        self._now = now
        self._horizon = horizon
        self._known: dict[Calendar, _Hour] = {}
        self._at = 0.0
        self._edge = horizon
        self.step = 0.0

    def of(self, calendars: Sequence[Calendar]) -> list[_Hour]:
        return [self._known.setdefault(one, _Hour(one)) for one in calendars]

    def ask_anew(self) -> None:
        self._edge = self._horizon

    def all_open(self, hours: Sequence[_Hour]) -> bool:
        for hour in hours:
            if hour.until <= self._at:
                self._look(hour)
            self._edge = min(self._edge, hour.until)
            if not hour.is_open:
                return False
        return True

    def advance(self, step: float) -> bool:
        """Go on by `step` or to the next edge; False where the horizon comes first."""
        end = min(self._at + step, self._edge)
        self.step, self._at = min(step, self._edge - self._at), end
        return end < self._horizon

    def moment(self) -> datetime:
        return self._now + timedelta(seconds=self._at)

    def _look(self, hour: _Hour) -> None:
        moment = self.moment()
        change = hour.calendar.next_change(moment)
        hour.is_open = hour.calendar.is_open(moment)
        hour.until = inf if change is None else (change - self._now).total_seconds()


@dataclass(slots=True)
class _Left:
    batch_id: str
    seconds: float
    hours: Sequence[_Hour]


class _Queue:
    """What is left of one department's work."""

    def __init__(self, waiting: Waiting, hours: _Hours) -> None:
        self.weight = waiting.weight
        self.left = [
            _Left(work.batch_id, work.seconds, hours.of(work.windows))
            for work in waiting.works
            if work.seconds > _DONE_SECONDS
        ]
        self._hours = hours.of(waiting.windows)

    def first(self, hours: _Hours) -> _Left | None:
        """The first that may run now, if any may."""
        if not hours.all_open(self._hours):
            return None
        return next((left for left in self.left if hours.all_open(left.hours)), None)
