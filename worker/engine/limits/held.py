"""Holds something of limited number while a block runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType


class Held(AbstractAsyncContextManager[None]):
    """Awaits `enter` before the block and calls `leave` after it.

    A class, because a generator with `asynccontextmanager` costs three times as much, for each
    request.
    """

    __slots__ = ("_enter", "_leave")

    def __init__(self, enter: Callable[[], Awaitable[None]], leave: Callable[[], None]) -> None:
        self._enter = enter
        self._leave = leave

    async def __aenter__(self) -> None:
        await self._enter()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leave()


class HeldBoth(AbstractAsyncContextManager[None]):
    """Holds `first`, then `second`, while a block runs."""

    __slots__ = ("_first", "_second")

    def __init__(self, first: Held, second: Held) -> None:
        self._first = first
        self._second = second

    async def __aenter__(self) -> None:
        await self._first.__aenter__()
        try:
            await self._second.__aenter__()
        except BaseException:
            await self._first.__aexit__(None, None, None)
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._second.__aexit__(kind, error, trace)
        await self._first.__aexit__(kind, error, trace)
