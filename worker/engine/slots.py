"""The places for requests that may be in flight on an engine."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count


class Places:
    """A fixed number of places. Whoever has the lowest priority number takes the next free one.

    Equal priorities are served in the order in which they came. The last `kept` places are only
    for priority 0.
    """

    def __init__(self, number: int, kept: int = 0) -> None:
        self._free = number
        self._kept = min(kept, number - 1)
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = count()

    @asynccontextmanager
    async def take(self, priority: int) -> AsyncIterator[None]:
        """Hold a place for the length of the block."""
        await self._acquire(priority)
        try:
            yield
        finally:
            self._release()

    def _may_take(self, priority: int) -> bool:
        return self._free > (self._kept if priority else 0)

    async def _acquire(self, priority: int) -> None:
        if self._may_take(priority):
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (priority, next(self._order), turn))
        try:
            await turn
        except asyncio.CancelledError:
            # The place may have been handed over just before the cancellation arrived.
            if turn.done() and not turn.cancelled():
                self._release()
            raise

    def _release(self) -> None:
        self._free += 1
        while self._waiting and (self._waiting[0][2].done() or self._may_take(self._waiting[0][0])):
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                self._free -= 1
                turn.set_result(None)
