"""Wakes callers when the job that they wait for ends."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from jobs.ledger.server.connection import PREFIX
from jobs.ledger.server.errors import AWAY

log = structlog.get_logger()


class Endings:
    """One subscription, shared by all waiting callers and opened by the first of them."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._listener: asyncio.Task[None] | None = None
        self._listening = asyncio.Event()

    @asynccontextmanager
    async def watch(self, job_id: str) -> AsyncIterator[asyncio.Event]:
        """An event that is set when the job ends. It may also be set without an ending."""
        if self._listener is None:
            self._listener = asyncio.create_task(self._listen())
        ended = asyncio.Event()
        self._waiting[job_id].add(ended)
        try:
            await self._listening.wait()
            yield ended
        finally:
            self._waiting[job_id].discard(ended)
            if not self._waiting[job_id]:
                del self._waiting[job_id]

    async def close(self) -> None:
        if self._listener is not None:
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)

    async def _listen(self) -> None:
        while True:
            try:
                async with self._redis.pubsub() as subscription:
                    await subscription.subscribe(f"{PREFIX}endings")
                    self._listening.set()
                    self._wake_all()  # endings may have been missed before the subscription
                    async for message in subscription.listen():
                        if message["type"] == "message":
                            self._wake(message["data"].split())
            except (RedisError, *AWAY) as error:
                log.warning("endings.subscription_lost", error=str(error))
                self._listening.set()
                await asyncio.sleep(1)

    def _wake(self, job_ids: Sequence[str]) -> None:
        for job_id in job_ids:
            for ended in self._waiting.get(job_id, ()):
                ended.set()

    def _wake_all(self) -> None:
        for events in self._waiting.values():
            for ended in events:
                ended.set()
