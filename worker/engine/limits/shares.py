"""Limits the requests of one job that are in flight while other jobs have some."""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter, deque
from collections.abc import Hashable

from worker.engine.limits.held import Held

RECENT_SECONDS = 1.0
"""A small job has no request in flight between two; it counts as present for this long."""


class Shares:
    """At most `share` requests of each job, as long as another job has requests too.

    A long document asks for as many requests as there are parts. All of them at once would keep
    the event loop busy, and a small job would wait for the loop at each of its steps. A job that is
    alone is not limited.
    """

    def __init__(self, share: int) -> None:
        self._share = share
        self._held: Counter[Hashable] = Counter()
        self._waiting: dict[Hashable, deque[asyncio.Future[None]]] = {}
        # The last job that asked, and when it did; and when any job before it last did. More would
        # keep the objects of all jobs of a second alive.
        self._latest: Hashable = None
        self._latest_at = self._before_at = -math.inf

    def hold(self, job: Hashable) -> Held:
        """Count as a request of `job` while the block runs; wait while it has its share."""
        return Held(lambda: self._enter(job), lambda: self._leave(job))

    async def _enter(self, job: Hashable) -> None:
        self._note(job)
        if not self._waiting.get(job) and self._has_room(job):
            self._held[job] += 1
            return
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(job, deque()).append(granted)
        try:
            await granted
        except asyncio.CancelledError:
            # It may have been granted just before the cancellation.
            if granted.done() and not granted.cancelled():
                self._leave(job)
            raise

    def _leave(self, job: Hashable) -> None:
        self._held[job] -= 1
        if not self._held[job]:
            del self._held[job]
        waiting = self._waiting.get(job)
        if waiting is None:
            return
        while waiting and (waiting[0].done() or self._has_room(job)):
            granted = waiting.popleft()
            if not granted.done():
                self._held[job] += 1
                granted.set_result(None)
        if not waiting:
            del self._waiting[job]

    def _has_room(self, job: Hashable) -> bool:
        return self._held[job] < self._share or not self._others(job)

    def _others(self, job: Hashable) -> bool:
        if any(other != job for other in self._held):
            return True
        other_at = self._before_at if job == self._latest else self._latest_at
        return time.monotonic() - other_at < RECENT_SECONDS

    def _note(self, job: Hashable) -> None:
        if job != self._latest:
            self._latest, self._before_at = job, self._latest_at
        self._latest_at = time.monotonic()
