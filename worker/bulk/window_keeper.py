"""Tells the ledger which bulk work is outside its window, and when engines did work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from jobs.batches.batch import Batch
from jobs.health.engines import healthy_time
from jobs.ledger import Ledger
from jobs.ledger.processes import Process
from jobs.ledger.upkeep import Windows
from jobs.process.settings import BulkSettings


class WindowKeeper:
    """Reads windows and workers at each call of `update`.

    `default_slots`: the bulk jobs that run at once, until a worker reports its own number.
    """

    def __init__(self, ledger: Ledger, bulk: BulkSettings, default_slots: int) -> None:
        self._ledger = ledger
        self._bulk = bulk
        self._default_slots = default_slots
        self._uses_holidays = False

    @property
    def detail(self) -> Mapping[str, Any]:
        """For the heartbeat: whether a window needs holidays, and until when they are known."""
        known = self._bulk.known_holidays
        until = known.until.isoformat() if known else None
        return {"uses_holidays": self._uses_holidays, "holidays_until": until}

    async def update(self) -> None:
        """Store the windows of this moment, and when an engine was healthy last."""
        now = await self._ledger.now()
        windows = {
            department.name: self._bulk.calendar(department.window)
            for department in await self._ledger.departments.all()
        }
        self._uses_holidays = any(window.uses_holidays for window in windows.values())
        departments = frozenset(name for name, window in windows.items() if not window.is_open(now))
        batches = frozenset(
            batch.id for batch in await self._ledger.batches.open() if self._is_closed(batch, now)
        )
        processes = await self._ledger.processes.list()
        idle_slots = await self._idle_slots(processes) if departments else 0
        await self._ledger.upkeep.set_windows(
            Windows(departments, batches, idle_slots), healthy_time(processes)
        )

    async def _idle_slots(self, processes: Sequence[Process]) -> int:
        """Half of the slots, if departments outside their window may use what is idle: only while
        there are no interactive jobs.
        """
        if self._bulk.outside_window == "wait":
            return 0
        if await self._ledger.statistics.interactive_in_hand():
            return 0
        slots = _bulk_slots(processes) or self._default_slots
        return max(1, slots // 2)

    def _is_closed(self, batch: Batch, now: datetime) -> bool:
        return batch.window is not None and not self._bulk.calendar(batch.window).is_open(now)


def _bulk_slots(processes: Sequence[Process]) -> int:
    """How many bulk jobs the engines of live workers can run at once, as the workers report; 0 if
    there are none.
    """
    return sum(
        int(process.detail.get("bulk_places", 0))
        for process in processes
        if process.role == "worker" and process.live
    )
