"""How many more jobs of each kind a worker may claim."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Callable
from enum import StrEnum

from jobs.ledger.runs import Room
from jobs.model.job import Job
from jobs.model.lanes import Lane

# Claimed ahead: as many bulk jobs as ended in this time, so that the engine has work while the
# ledger is asked.
AHEAD_SECONDS = 0.25
MAX_AHEAD = 8


class Kind(StrEnum):
    single = "single"
    line = "line"  # of an interactive batch
    bulk = "bulk"


class WorkerRoom:
    """Counts the jobs that a worker runs.

    `slots`: the most interactive jobs, 0 if it runs none. `bulk_slots`: returns how many bulk jobs
    the engine can run now; a quarter more, or what ends in `AHEAD_SECONDS`, is claimed ahead. Lines
    of interactive batches take as many of `slots` at most, so that the others stay free for single
    jobs.
    """

    def __init__(self, slots: int, bulk_slots: Callable[[], int]) -> None:
        self._slots = slots
        self._bulk_slots = bulk_slots
        self._jobs: Counter[Kind] = Counter()
        self._ended: deque[float] = deque()

    def begin(self, job: Job) -> None:
        self._jobs[_kind(job)] += 1

    def end(self, job: Job) -> None:
        kind = _kind(job)
        self._jobs[kind] -= 1
        if kind is Kind.bulk:
            now = time.monotonic()
            self._ended.append(now)
            while self._ended[0] < now - AHEAD_SECONDS:
                self._ended.popleft()

    @property
    def only_bulk(self) -> bool:
        """Whether no interactive job is counted."""
        return not (self._jobs[Kind.single] or self._jobs[Kind.line])

    def left(self) -> Room:
        """Safe to call from another thread."""
        bulk_slots = self._bulk_slots()
        interactive = self._slots - self._jobs[Kind.single] - self._jobs[Kind.line]
        lines = min(interactive, max(1, bulk_slots) - self._jobs[Kind.line])
        bulk = bulk_slots + self._ahead(bulk_slots) - self._jobs[Kind.bulk]
        return Room(
            max(interactive, 0) if self._slots else -1,
            max(lines, 0),
            max(bulk, 0) if bulk_slots else -1,
        )

    def _ahead(self, bulk_slots: int) -> int:
        times = tuple(self._ended)
        ended = len(times) - bisect_left(times, time.monotonic() - AHEAD_SECONDS)
        return min(max(ended, round(bulk_slots / 4)), bulk_slots * MAX_AHEAD)


def _kind(job: Job) -> Kind:
    if job.lane is Lane.bulk:
        return Kind.bulk
    return Kind.line if job.batch_id else Kind.single
