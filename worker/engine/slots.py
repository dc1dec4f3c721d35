"""Limits the requests in flight on an engine, by priority."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count


class Slots:
    """A fixed number of slots. The waiter with the lowest priority number gets the next free one;
    equal priorities are served in order of arrival. The last `reserved` slots are for priority 0.
    """

    def __init__(self, number: int, reserved: int = 0) -> None:
        self._free = number
        self._reserved = min(reserved, number - 1)
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = count()

    @asynccontextmanager
    async def acquire(self, priority: int) -> AsyncIterator[None]:
        """Hold a slot while the block runs."""
        await self._acquire(priority)
        try:
            yield
        finally:
            self._release()

    def _is_free(self, priority: int) -> bool:
        return self._free > (self._reserved if priority else 0)

    async def _acquire(self, priority: int) -> None:
        if self._is_free(priority):
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (priority, next(self._order), turn))
        try:
            await turn
        except asyncio.CancelledError:
            # The slot may have been granted just before the cancellation.
            if turn.done() and not turn.cancelled():
                self._release()
            raise

    def _release(self) -> None:
        self._free += 1
        while self._waiting and (self._waiting[0][2].done() or self._is_free(self._waiting[0][0])):
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                self._free -= 1
                turn.set_result(None)
