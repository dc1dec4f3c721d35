"""How many more jobs of each kind a worker may claim."""

from __future__ import annotations

import math
import time
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Callable
from enum import StrEnum

from jobs.ledger.runs import Room
from jobs.model.job import Job
from jobs.model.lanes import FEW, Lane

# Claimed ahead: as many bulk jobs as ended in this time, so that the engine has work while the
# ledger is asked.
AHEAD_SECONDS = 0.25
MAX_AHEAD = 8
# Of the bulk slots: so many jobs of departments that have fewer are claimed beside the others.
SPARE = 1 / 8


class Kind(StrEnum):
    single = "single"
    line = "line"  # of an interactive batch
    bulk = "bulk"


class WorkerRoom:
    """Counts the jobs that a worker runs.

    `slots`: the most interactive jobs, 0 if it runs none. `bulk_slots`: returns how many bulk jobs
    the engine can run now; a quarter more, or what ends in `AHEAD_SECONDS`, is claimed ahead. A
    department with few of them in hand need not wait until those of another have ended: `SPARE`.
    Lines of interactive batches take as many of `slots` at most, so that the others stay free for
    single jobs.
    """

    def __init__(self, slots: int, bulk_slots: Callable[[], int]) -> None:
        self._slots = slots
        self._bulk_slots = bulk_slots
        self._jobs: Counter[Kind] = Counter()
        self._bulk: Counter[str] = Counter()
        self._ended: deque[float] = deque()

    def begin(self, job: Job) -> None:
        kind = _kind(job)
        self._jobs[kind] += 1
        if kind is Kind.bulk:
            self._bulk[job.department] += 1

    def end(self, job: Job) -> None:
        kind = _kind(job)
        self._jobs[kind] -= 1
        if kind is Kind.bulk:
            self._bulk[job.department] -= 1
            if not self._bulk[job.department]:
                del self._bulk[job.department]
            now = time.monotonic()
            self._ended.append(now)
            while self._ended[0] < now - AHEAD_SECONDS:
                self._ended.popleft()

    @property
    def is_ahead(self) -> bool:
        """Whether there are no interactive jobs, and enough bulk jobs may be claimed ahead that
        claims and endings can wait until several have ended.
        """
        if self._jobs[Kind.single] or self._jobs[Kind.line]:
            return False
        return self._ahead(self._bulk_slots()) >= FEW

    def left(self) -> Room:
        """Safe to call from another thread."""
        bulk_slots = self._bulk_slots()
        interactive = self._slots - self._jobs[Kind.single] - self._jobs[Kind.line]
        lines = min(interactive, max(1, bulk_slots) - self._jobs[Kind.line])
        spare, without_spare = self._spare(bulk_slots)
        bulk = bulk_slots + self._ahead(bulk_slots) - self._jobs[Kind.bulk]
        return Room(
            max(interactive, 0) if self._slots else -1,
            max(lines, 0),
            max(bulk, 0) if bulk_slots else -1,
            spare=spare,
            without_spare=without_spare,
        )

    def _spare(self, bulk_slots: int) -> tuple[int, frozenset[str]]:
        """How many bulk jobs may be claimed for departments that have few in hand, and the
        departments that have more.
        """
        few = math.ceil(bulk_slots * SPARE)
        counts = dict(self._bulk)  # in one step, because of other threads
        more = frozenset(name for name, jobs in counts.items() if jobs >= few)
        spare = few - sum(jobs for name, jobs in counts.items() if name not in more)
        most = bulk_slots * (1 + MAX_AHEAD) - self._jobs[Kind.bulk]
        return max(min(spare, most), 0), more

    def _ahead(self, bulk_slots: int) -> int:
        times = tuple(self._ended)
        ended = len(times) - bisect_left(times, time.monotonic() - AHEAD_SECONDS)
        return min(max(ended, round(bulk_slots / 4)), bulk_slots * MAX_AHEAD)


def _kind(job: Job) -> Kind:
    if job.lane is Lane.bulk:
        return Kind.bulk
    return Kind.line if job.batch_id else Kind.single
