"""Simulates when batches end: departments share the system's throughput by weight.

The whole system does one second of work in a second. It is shared by weight among the departments
with work that may run now; within a department the first batch that may run gets the whole share.
Windows open and close during the simulation. Interactive work cannot be predicted: it only lowers
the measured throughput.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf

from jobs.windows.window import Calendar

HORIZON = timedelta(days=60)
# The resolution of a datetime is a microsecond.
_DONE_SECONDS = 1e-6
# Upper bounds of the histogram of actual over estimated duration; below 1 a batch ended early. For
# an expired batch the time until its deadline is counted, a lower bound.
ERROR_BUCKETS = (0.5, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 4.0, inf)


class Throughput:
    """Tokens per second of the whole system, by task.

    `measured` has for each task the tokens processed and the seconds that took. A task without a
    measurement gets the average of all measured tasks, or else `assumed_tokens_per_second`.
    """

    def __init__(
        self, measured: Mapping[str, tuple[float, float]], assumed_tokens_per_second: float
    ) -> None:
        if assumed_tokens_per_second <= 0:
            raise ValueError("the assumed tokens per second must be above 0")
        usable = {
            task: (tokens, seconds)
            for task, (tokens, seconds) in measured.items()
            if tokens > 0 and seconds > 0
        }
        self._by_task = {task: tokens / seconds for task, (tokens, seconds) in usable.items()}
        self._default = assumed_tokens_per_second
        if usable:
            total_tokens, total_seconds = map(sum, zip(*usable.values(), strict=True))
            self._default = total_tokens / total_seconds

    def of(self, task: str) -> float:
        return self._by_task.get(task, self._default)

    def seconds(self, tokens: Mapping[str, float]) -> float:
        """How long the whole system takes for these tokens by task."""
        return sum(count / self.of(task) for task, count in tokens.items())


@dataclass(frozen=True, slots=True)
class BatchWork:
    """The remaining work of a batch: `seconds` is what the whole system needs for it.

    It runs while all of `windows` and its department's are open; a paused batch has `NEVER`.
    """

    batch_id: str
    seconds: float
    windows: tuple[Calendar, ...] = ()


@dataclass(frozen=True, slots=True)
class DepartmentWork:
    """The batches of a department in the order of release. `weight` is its share."""

    department: str
    weight: float
    batches: Sequence[BatchWork]
    windows: tuple[Calendar, ...] = ()


def is_late(expected_at: datetime | None, deadline: datetime) -> bool:
    """Whether a batch is expected to end after its deadline. None: no end can be estimated."""
    return expected_at is None or expected_at > deadline


def simulate(
    now: datetime, departments: Sequence[DepartmentWork], horizon: timedelta = HORIZON
) -> Mapping[str, datetime | None]:
    """The end of each batch by its id; None if it is not within `horizon`."""
    clock = _Clock(now, horizon.total_seconds())
    ends: dict[str, datetime | None] = {
        batch.batch_id: now if batch.seconds <= _DONE_SECONDS else None
        for department in departments
        for batch in department.batches
    }
    queues = [_Queue(department, clock) for department in departments]
    while queues := [queue for queue in queues if queue.batches]:
        running = _running(queues, clock)
        share = 1 / sum(queue.weight for queue, _ in running) if running else 0
        step = min(
            [batch.seconds / (queue.weight * share) for queue, batch in running], default=inf
        )
        if not clock.advance(step):
            break
        for queue, batch in running:
            batch.seconds -= clock.step * queue.weight * share
            if batch.seconds <= _DONE_SECONDS:
                queue.batches.remove(batch)
                ends[batch.batch_id] = clock.moment()
    return ends


def _running(queues: Sequence[_Queue], clock: _Clock) -> list[tuple[_Queue, _Remaining]]:
    """The batches that run now, at most one for each department."""
    clock.start_step()
    first = [(queue, queue.first(clock)) for queue in queues]
    return [(queue, batch) for queue, batch in first if batch is not None]


@dataclass(slots=True)
class _Opening:
    """Whether a calendar is open, valid `until` a time in seconds from now."""

    calendar: Calendar
    is_open: bool = False
    until: float = -inf


class _Clock:
    """Simulated time in seconds from now. A step ends at the next change of a calendar used."""

    def __init__(self, now: datetime, horizon: float) -> None:
        self._now = now
        self._horizon = horizon
        self._openings: dict[Calendar, _Opening] = {}
        self._seconds = 0.0
        self._next_change = horizon
        self.step = 0.0

    def openings(self, calendars: Sequence[Calendar]) -> list[_Opening]:
        return [self._openings.setdefault(one, _Opening(one)) for one in calendars]

    def start_step(self) -> None:
        self._next_change = self._horizon

    def all_open(self, openings: Sequence[_Opening]) -> bool:
        for opening in openings:
            if opening.until <= self._seconds:
                self._update(opening)
            self._next_change = min(self._next_change, opening.until)
            if not opening.is_open:
                return False
        return True

    def advance(self, step: float) -> bool:
        """Advance by `step` or to the next change; False if that reaches the horizon."""
        end = min(self._seconds + step, self._next_change)
        self.step, self._seconds = min(step, self._next_change - self._seconds), end
        return end < self._horizon

    def moment(self) -> datetime:
        return self._now + timedelta(seconds=self._seconds)

    def _update(self, opening: _Opening) -> None:
        moment = self.moment()
        change = opening.calendar.next_change(moment)
        opening.is_open = opening.calendar.is_open(moment)
        opening.until = inf if change is None else (change - self._now).total_seconds()


@dataclass(slots=True)
class _Remaining:
    batch_id: str
    seconds: float
    openings: Sequence[_Opening]


class _Queue:
    """The remaining work of one department."""

    def __init__(self, department: DepartmentWork, clock: _Clock) -> None:
        self.weight = department.weight
        self.batches = [
            _Remaining(batch.batch_id, batch.seconds, clock.openings(batch.windows))
            for batch in department.batches
            if batch.seconds > _DONE_SECONDS
        ]
        self._openings = clock.openings(department.windows)

    def first(self, clock: _Clock) -> _Remaining | None:
        """The first batch that may run now, if any."""
        if not clock.all_open(self._openings):
            return None
        return next((batch for batch in self.batches if clock.all_open(batch.openings)), None)
