"""Releases bulk jobs: as many as keep the engines busy, and no more."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from jobs.batches.batch import Batch
from jobs.ledger import Ledger
from jobs.ledger.processes import Process
from jobs.ledger.upkeep import Release, ReleaseResult
from jobs.process.settings import BatchSettings, BulkSettings

REFRESH_SECONDS = 1.0
# Jobs released ahead last longer than the time between two releases.
AHEAD_SECONDS = 0.25
MAX_AHEAD = 8
FULL_KV_CACHE = 0.9
SMOOTHING = 0.3


class Releaser:
    """Reads windows and workers once a second, and releases jobs at each call of `release`.

    `default_slots`: the bulk jobs that run at once, until a worker reports its own number.
    """

    def __init__(
        self, ledger: Ledger, bulk: BulkSettings, batches: BatchSettings, default_slots: int
    ) -> None:
        self._ledger = ledger
        self._bulk = bulk
        self._chunk = batches.chunk_lines
        self._default_slots = self._slots = default_slots
        self._idle_slots = 0
        self._closed: frozenset[str] = frozenset()
        self._closed_batches: frozenset[str] = frozenset()
        self._refresh_at = 0.0
        self._rate = 0.0
        self._last = (time.monotonic(), 0)

    async def release(self) -> ReleaseResult:
        """Release the jobs that may run now."""
        if time.monotonic() >= self._refresh_at:
            await self._refresh()
            self._refresh_at = time.monotonic() + REFRESH_SECONDS
        released = await self._ledger.upkeep.release(
            Release(
                depth=self._depth(),
                chunk=self._chunk,
                closed=self._closed,
                closed_batches=self._closed_batches,
                idle_depth=self._idle_slots,
            )
        )
        self._note(released)
        return released

    def _depth(self) -> int:
        ahead = max(self._rate * AHEAD_SECONDS, self._slots / 4)
        return self._slots + round(min(ahead, self._slots * MAX_AHEAD))

    def _note(self, released: ReleaseResult) -> None:
        """Estimate how many bulk jobs end per second."""
        now, (then, in_hand) = time.monotonic(), self._last
        ended = max(in_hand - released.in_hand, 0)
        self._rate += SMOOTHING * (ended / max(now - then, 0.001) - self._rate)
        self._last = (now, released.in_hand + released.released)

    async def _refresh(self) -> None:
        now = datetime.now(UTC)
        self._slots = bulk_slots(await self._ledger.processes.list()) or self._default_slots
        closed = {
            department.name
            for department in await self._ledger.departments.all()
            if not self._bulk.calendar(department.window).is_open(now)
        }
        self._closed = frozenset(closed)
        self._idle_slots = max(1, self._slots // 2) if await self._may_use_idle() else 0
        batches = await self._ledger.batches.open()
        self._closed_batches = frozenset(
            batch.id for batch in batches if self._is_closed(batch, now)
        )

    async def _may_use_idle(self) -> bool:
        """Whether departments outside their window may use half of the slots: only while there are
        no interactive jobs.
        """
        if not self._closed or self._bulk.outside_window == "wait":
            return False
        return not await self._ledger.statistics.interactive_in_hand()

    def _is_closed(self, batch: Batch, now: datetime) -> bool:
        return batch.window is not None and not self._bulk.calendar(batch.window).is_open(now)


def bulk_slots(processes: Sequence[Process]) -> int:
    """How many bulk jobs the engines of live workers can run at once, as the workers report; 0 if
    there are none. An engine with waiting requests and a full KV cache gets no more than it runs.
    """
    return sum(
        _slots_of(process) for process in processes if process.role == "worker" and process.live
    )


def _slots_of(worker: Process) -> int:
    slots = int(worker.detail.get("bulk_places", 0))
    engine = worker.detail.get("engine") or {}
    if engine.get("waiting") and engine.get("kv_cache_use", 0) >= FULL_KV_CACHE:
        return min(slots, max(1, int(engine.get("running", 0))))
    return slots
