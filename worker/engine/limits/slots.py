"""Limits the requests in flight on an engine, by priority."""

from __future__ import annotations

import asyncio
import heapq
from collections import Counter
from itertools import count

from worker.engine.limits.held import Held
from worker.engine.limits.pace import Pace


class Slots:
    """A fixed number of slots. The waiter with the lowest priority number gets the next free one.

    Equal priorities are served by owner in turns, so that the many requests of one department's
    long document do not delay another department, and of one owner in order of arrival. An owner
    that was not served lately is ahead of the others by as many requests as there are slots. The
    last `reserved` slots are for priority 0. Waiters of another priority start at the pace at which
    requests end (`Pace`), unless they are ahead.
    """

    def __init__(self, number: int, reserved: int = 0) -> None:
        self._number = number
        self._free = number
        self._reserved = min(reserved, number - 1)
        self._waiting: list[tuple[int, int, int, asyncio.Future[None]]] = []
        self._order = count()
        # The latest turn that was served, and the turn of each owner's last waiter, by priority.
        self._turns: Counter[int] = Counter()
        self._last_turns: dict[tuple[int, str], int] = {}
        self._pace = Pace(number - self._reserved)
        self._timer: asyncio.TimerHandle | None = None

    def acquire(self, priority: int, owner: str = "") -> Held:
        """Hold a slot while the block runs."""
        return Held(lambda: self._acquire(priority, owner), self._release)

    def _is_free(self, priority: int) -> bool:
        return self._free > (self._reserved if priority else 0)

    async def _acquire(self, priority: int, owner: str) -> None:
        if self._is_free(priority) and not (self._waiting and self._waiting[0][0] <= priority):
            self._free -= 1
            return
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        turn = self._next_turn(priority, owner)
        heapq.heappush(self._waiting, (priority, turn, next(self._order), granted))
        self._serve()
        try:
            await granted
        except asyncio.CancelledError:
            # The slot may have been granted just before the cancellation.
            if granted.done() and not granted.cancelled():
                self._release()
            raise

    def _next_turn(self, priority: int, owner: str) -> int:
        """One turn after the owner's last waiter, but not long before the current one."""
        key, earliest = (priority, owner), self._turns[priority] - self._number
        turn = max(earliest, self._last_turns.get(key, earliest) + 1)
        self._last_turns[key] = turn
        return turn

    def _release(self) -> None:
        self._free += 1
        if self._free > self._number / 2:
            self._pace.forget()
        else:
            now = asyncio.get_running_loop().time()
            self._pace.end(now, others_wait=bool(self._waiting))
        self._serve()

    def _serve(self) -> None:
        """Give free slots to waiters, as far as the pace allows it now."""
        while self._waiting and (self._waiting[0][3].done() or self._may_start()):
            priority, turn, _, granted = heapq.heappop(self._waiting)
            if not granted.done():
                self._free -= 1
                self._turns[priority] = max(turn, self._turns[priority])
                granted.set_result(None)

    def _may_start(self) -> bool:
        """Whether the first waiter may start now; if only the pace forbids it, serve it later."""
        priority, turn, *_ = self._waiting[0]
        if not self._is_free(priority):
            return False
        if priority:
            loop = asyncio.get_running_loop()
            delay = self._pace.delay(loop.time()) if turn >= self._turns[priority] else 0.0
            if delay > 0:
                self._timer = self._timer or loop.call_later(delay, self._serve_in_time)
                return False
            self._pace.start(loop.time())
        return True

    def _serve_in_time(self) -> None:
        self._timer = None
        self._serve()
