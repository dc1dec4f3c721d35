"""A lock that lets many jobs run together, or one job that may kill its worker run alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import TracebackType


class Isolation:
    """A shared and exclusive lock. A waiting exclusive holder goes before new shared ones."""

    def __init__(self) -> None:
        self._changed = asyncio.Condition()
        self._shared = 0
        self._exclusive = False
        self._exclusive_waiting = 0

    @property
    def open(self) -> bool:
        """Whether `shared` would be granted at once. Safe to read from another thread."""
        return not self._exclusive and not self._exclusive_waiting

    def shared(self) -> AbstractAsyncContextManager[None]:
        """Hold the lock together with others while the block runs."""
        return _Shared(self)

    async def enter_shared(self) -> None:
        """As `shared`, until `leave_shared`."""
        # The lock is taken only where someone waits: it costs as much as a small job.
        if self.open:
            self._shared += 1
            return
        async with self._changed:
            await self._changed.wait_for(lambda: self.open)
            self._shared += 1

    async def leave_shared(self) -> None:
        self._shared -= 1
        if not self.open:
            async with self._changed:
                self._changed.notify_all()

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[None]:
        async with self._changed:
            self._exclusive_waiting += 1
            try:
                await self._changed.wait_for(lambda: not self._shared and not self._exclusive)
                self._exclusive = True
            finally:
                self._exclusive_waiting -= 1
                self._changed.notify_all()
        try:
            yield
        finally:
            async with self._changed:
                self._exclusive = False
                self._changed.notify_all()


class _Shared(AbstractAsyncContextManager[None]):
    """A class, because a generator costs several times as much, for each job."""

    __slots__ = ("_lock",)

    def __init__(self, lock: Isolation) -> None:
        self._lock = lock

    async def __aenter__(self) -> None:
        await self._lock.enter_shared()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._lock.leave_shared()
