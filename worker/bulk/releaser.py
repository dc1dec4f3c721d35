"""The scheduler's release of bulk work: so much that the engines never run dry, and no more."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from jobs.batches.batch import Batch
from jobs.ledger import Ledger
from jobs.ledger.processes import Process
from jobs.ledger.upkeep import Release, ReleaseResult
from jobs.process.settings import BatchSettings, BulkSettings, WorkerSettings

LIVE_SECONDS = 10.0
LOOK_SECONDS = 1.0
# So much longer than one turn of the scheduler is what is released ahead to last.
AHEAD_SECONDS = 0.25
MOST_AHEAD = 8
FULL_KV_CACHE = 0.9
SMOOTHING = 0.3


class Releaser:
    """Looks at windows and engines once a second, and releases as often as it is asked to."""

    def __init__(self, ledger: Ledger, bulk: BulkSettings, batches: BatchSettings) -> None:
        self._ledger = ledger
        self._bulk = bulk
        self._chunk = batches.chunk_lines
        self._places = WorkerSettings().bulk_places
        self._idle_places = 0
        self._closed: frozenset[str] = frozenset()
        self._closed_batches: frozenset[str] = frozenset()
        self._look_at = 0.0
        self._rate = 0.0
        self._last = (time.monotonic(), 0)

    async def release(self) -> ReleaseResult:
        """Release what may be released now."""
        if time.monotonic() >= self._look_at:
            await self._look()
            self._look_at = time.monotonic() + LOOK_SECONDS
        released = await self._ledger.upkeep.release(
            Release(
                depth=self._depth(),
                chunk=self._chunk,
                closed=self._closed,
                closed_batches=self._closed_batches,
                idle_depth=self._idle_places,
            )
        )
        self._note(released)
        return released

    def _depth(self) -> int:
        ahead = max(self._rate * AHEAD_SECONDS, self._places / 4)
        return self._places + round(min(ahead, self._places * MOST_AHEAD))

    def _note(self, released: ReleaseResult) -> None:
        """Learn how many bulk jobs end in a second."""
        now, (then, left) = time.monotonic(), self._last
        ended = max(left - released.in_hand, 0)
        self._rate += SMOOTHING * (ended / max(now - then, 0.001) - self._rate)
        self._last = (now, released.in_hand + released.released)

    async def _look(self) -> None:
        now = datetime.now(UTC)
        self._places = bulk_places(await self._ledger.processes.list())
        closed = {
            department.name
            for department in await self._ledger.departments.all()
            if not self._bulk.calendar(department.window).is_open(now)
        }
        self._closed = frozenset(closed)
        self._idle_places = max(1, self._places // 2) if await self._may_use_idle() else 0
        batches = await self._ledger.batches.open()
        self._closed_batches = frozenset(one.id for one in batches if self._is_closed(one, now))

    async def _may_use_idle(self) -> bool:
        """Outside its window bulk may use what others leave: half, while there is no interactive
        work.
        """
        if not self._closed or self._bulk.outside_window == "wait":
            return False
        return not await self._ledger.statistics.interactive_in_hand()

    def _is_closed(self, batch: Batch, now: datetime) -> bool:
        return batch.window is not None and not self._bulk.calendar(batch.window).is_open(now)


def bulk_places(processes: Sequence[Process]) -> int:
    """How many bulk jobs the live workers' engines can work on at once, by their own figures.

    An engine with requests waiting and a full KV cache gets no more than it runs. Before any worker
    was heard from it is what one is set to.
    """
    places = [
        _places_of(process)
        for process in processes
        if process.role == "worker" and process.age_seconds < LIVE_SECONDS
    ]
    return sum(places) or WorkerSettings().bulk_places


def _places_of(worker: Process) -> int:
    places = int(worker.detail.get("bulk_places", 0))
    engine = worker.detail.get("engine") or {}
    if engine.get("waiting") and engine.get("kv_cache_use", 0) >= FULL_KV_CACHE:
        return min(places, max(1, int(engine.get("running", 0))))
    return places
