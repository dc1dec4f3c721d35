"""A lock that lets many jobs run together, or one job that may kill its worker run alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


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

    @asynccontextmanager
    async def shared(self) -> AsyncIterator[None]:
        # The lock is taken only where someone waits: it costs as much as a small job.
        if self.open:
            self._shared += 1
        else:
            async with self._changed:
                await self._changed.wait_for(lambda: self.open)
                self._shared += 1
        try:
            yield
        finally:
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
