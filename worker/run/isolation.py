"""Lets a job that may kill its worker run with nothing beside it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Isolation:
    """Many in company, or one alone. Whoever waits to be alone goes before new company."""

    def __init__(self) -> None:
        self._changed = asyncio.Condition()
        self._company = 0
        self._alone = False
        self._waiting = 0

    @property
    def open(self) -> bool:
        """Whether company is welcome. May be asked from another thread."""
        return not self._alone and not self._waiting

    @asynccontextmanager
    async def in_company(self) -> AsyncIterator[None]:
        async with self._changed:
            await self._changed.wait_for(lambda: self.open)
            self._company += 1
        try:
            yield
        finally:
            async with self._changed:
                self._company -= 1
                self._changed.notify_all()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        async with self._changed:
            self._waiting += 1
            try:
                await self._changed.wait_for(lambda: not self._company and not self._alone)
                self._alone = True
            finally:
                self._waiting -= 1
                self._changed.notify_all()
        try:
            yield
        finally:
            async with self._changed:
                self._alone = False
                self._changed.notify_all()
