"""Limits the requests in flight on an engine, by priority."""

from __future__ import annotations

import asyncio
import heapq
from collections import Counter
from itertools import count

from worker.engine.held import Held


class Slots:
    """A fixed number of slots. The waiter with the lowest priority number gets the next free one.

    Equal priorities are served by owner in turns, so that the many requests of one department's
    long document do not delay another department, and of one owner in order of arrival. The last
    `reserved` slots are for priority 0.
    """

    def __init__(self, number: int, reserved: int = 0) -> None:
        self._free = number
        self._reserved = min(reserved, number - 1)
        self._waiting: list[tuple[int, int, int, asyncio.Future[None]]] = []
        self._order = count()
        # The turn that is being served, and the turn of each owner's last waiter, by priority.
        self._turns: Counter[int] = Counter()
        self._last_turns: dict[tuple[int, str], int] = {}

    def acquire(self, priority: int, owner: str = "") -> Held:
        """Hold a slot while the block runs."""
        return Held(lambda: self._acquire(priority, owner), self._release)

    def _is_free(self, priority: int) -> bool:
        return self._free > (self._reserved if priority else 0)

    async def _acquire(self, priority: int, owner: str) -> None:
        if self._is_free(priority):
            self._free -= 1
            return
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        turn = self._next_turn(priority, owner)
        heapq.heappush(self._waiting, (priority, turn, next(self._order), granted))
        try:
            await granted
        except asyncio.CancelledError:
            # The slot may have been granted just before the cancellation.
            if granted.done() and not granted.cancelled():
                self._release()
            raise

    def _next_turn(self, priority: int, owner: str) -> int:
        """One turn after the owner's last waiter, or the current one if none waits."""
        turn = max(self._turns[priority], self._last_turns.get((priority, owner), -1) + 1)
        self._last_turns[priority, owner] = turn
        return turn

    def _release(self) -> None:
        self._free += 1
        while self._waiting and (self._waiting[0][3].done() or self._is_free(self._waiting[0][0])):
            priority, turn, _, granted = heapq.heappop(self._waiting)
            if not granted.done():
                self._free -= 1
                self._turns[priority] = turn
                granted.set_result(None)
        if not self._waiting:
            self._last_turns.clear()
