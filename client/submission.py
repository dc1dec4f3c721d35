"""Many files, one job each: some sent at a time, and waited for while others are still sent."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from client.async_client import AsyncChancery
from client.errors import ChanceryError, Unauthorized, Unreachable
from client.models import Job

SENT_AT_A_TIME = 6
WAITED_FOR_AT_A_TIME = 32


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for each file. `wait_seconds` is how long for each job's end; None is not."""

    task: str
    options: Mapping[str, Any] = field(default_factory=dict)
    callback_url: str | None = None
    lane: str | None = None
    model: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    wait_seconds: float | None = None


class Watcher(Protocol):
    """Is told what becomes of each file: not sent, or sent and then perhaps ended."""

    def not_sent(self, file: Path, error: ChanceryError | OSError) -> None: ...

    def sent(self, file: Path, job: Job) -> None: ...

    def ended(self, file: Path, job: Job, result: Any) -> None: ...

    def lost(self, file: Path, job: Job, why: str) -> None:
        """The job goes on, but its end could not be seen."""
        ...


class Submission:
    def __init__(self, chancery: AsyncChancery, order: Order, watcher: Watcher) -> None:
        self._chancery = chancery
        self._order = order
        self._watcher = watcher
        self._sending = asyncio.Semaphore(SENT_AT_A_TIME)
        self._waiting = asyncio.Semaphore(WAITED_FOR_AT_A_TIME)

    async def run(self, files: Sequence[Path]) -> None:
        """Raises `Unreachable` or `Unauthorized` as soon as one file meets it: all others would."""
        pieces = [asyncio.create_task(self._one(file)) for file in files]
        try:
            await asyncio.gather(*pieces)
        finally:
            await stop(pieces)

    async def _one(self, file: Path) -> None:
        async with self._sending:
            job = await self._send(file)
        if job is not None and self._order.wait_seconds is not None:
            async with self._waiting:
                await self._follow(file, job, self._order.wait_seconds)

    async def _send(self, file: Path) -> Job | None:
        order = self._order
        try:
            job = await self._chancery.submit(
                order.task,
                file=file,
                options=order.options or None,
                callback_url=order.callback_url,
                lane=order.lane,
                model=order.model,
                metadata=order.metadata or None,
            )
        except (Unreachable, Unauthorized):
            raise
        except (ChanceryError, OSError) as error:
            self._watcher.not_sent(file, error)
            return None
        self._watcher.sent(file, job)
        return job

    async def _follow(self, file: Path, job: Job, seconds: float) -> None:
        try:
            ended = await self._chancery.wait(job.id, seconds)
            result = ended.result
            if ended.succeeded and result is None:
                result = await self._chancery.result(job.id)
        except (Unreachable, Unauthorized):
            raise
        except ChanceryError as error:
            self._watcher.lost(file, job, str(error))
        else:
            self._watcher.ended(file, ended, result)


async def stop(pieces: Sequence[asyncio.Task[None]]) -> None:
    """Ends all. One that turned its cancellation into a timeout, and goes on, is asked again."""
    left = {piece for piece in pieces if not piece.done()}
    while left:
        for piece in left:
            piece.cancel()
        _, left = await asyncio.wait(left, timeout=1.0)
    # Their errors are known by now: the first one is on its way up.
    await asyncio.gather(*pieces, return_exceptions=True)
