"""Combines the calls of many callers into few."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

from jobs.model.lanes import FEW

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Coalescer(Generic[Item, Answer]):
    """Collects the items that are asked for while a call is under way, and sends them in the next.

    One call carries at most `most` items. A single caller is not delayed. Where a call fails, each
    of its callers gets the error. With `drop_cancelled`, the item of a caller that was cancelled
    before its call began is not sent.
    """

    def __init__(
        self,
        send: Callable[[Sequence[Item]], Awaitable[Sequence[Answer]]],
        most: int = 64,
        *,
        drop_cancelled: bool = False,
    ) -> None:
        self._send = send
        self._most = most
        self._drop_cancelled = drop_cancelled
        self._waiting: deque[tuple[Item, asyncio.Future[Answer]]] = deque()
        self._sent_at = -math.inf
        self._due = self._due_with_few = math.inf
        self._is_due = asyncio.Event()
        self._timeout: asyncio.Timeout | None = None
        self._sending: asyncio.Task[None] | None = None

    async def ask(
        self, item: Item, apart_seconds: float = 0.0, few_apart_seconds: float | None = None
    ) -> Answer:
        """`apart_seconds`: the item waits for others until this time has passed since the last
        call, or a call is full. `few_apart_seconds`: instead of that, while fewer than `FEW` wait.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((item, answer))
        few = apart_seconds if few_apart_seconds is None else few_apart_seconds
        self._due = min(self._due, self._sent_at + apart_seconds)
        self._due_with_few = min(self._due_with_few, self._sent_at + few)
        if self._next_due <= loop.time() or len(self._waiting) >= self._most:
            self._is_due.set()
        elif self._timeout is not None:
            self._timeout.reschedule(self._next_due)
        if self._sending is None:
            self._sending = asyncio.create_task(self._send_all())
        return await answer

    @property
    def _next_due(self) -> float:
        return self._due_with_few if len(self._waiting) < FEW else self._due

    async def _send_all(self) -> None:
        try:
            while self._waiting:
                await self._wait_until_due()
                group = self._next_group()
                if not self._waiting:
                    self._due = self._due_with_few = math.inf
                    self._is_due.clear()
                if group:
                    self._sent_at = asyncio.get_running_loop().time()
                    await self._send_group(group)
        finally:
            self._sending = None

    def _next_group(self) -> Sequence[tuple[Item, asyncio.Future[Answer]]]:
        group: list[tuple[Item, asyncio.Future[Answer]]] = []
        while self._waiting and len(group) < self._most:
            item, answer = self._waiting.popleft()
            if not (self._drop_cancelled and answer.cancelled()):
                group.append((item, answer))
        return group

    async def _wait_until_due(self) -> None:
        """Wait until the first item is due, or a call is full."""
        if not self._is_due.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout_at(self._next_due) as self._timeout:
                    await self._is_due.wait()
            self._timeout = None

    async def _send_group(self, group: Sequence[tuple[Item, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self._send([item for item, _ in group])
        except Exception as error:  # noqa: BLE001 - passed on to the callers
            for _, future in group:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), answer in zip(group, answers, strict=True):
            if not future.done():
                future.set_result(answer)
