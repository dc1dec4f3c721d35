"""Heartbeats: which processes there are, and how they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic_core import from_json

from jobs.ledger.connection import PREFIX, Connection
from jobs.ledger.records import dump

FORGOTTEN_AFTER_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Process:
    """`name` is unique to one start of one process; `detail` is what its role has to say."""

    role: str
    name: str
    host: str
    pid: int
    started_at: datetime
    seen_at: datetime
    detail: Mapping[str, Any]


class ProcessLedger:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def beat(self, process: Process) -> None:
        """Say that a process lives. `seen_at` is kept as given."""
        redis = self._connection.redis
        pipeline = redis.pipeline(transaction=True)
        pipeline.hset(f"{PREFIX}process:{process.name}", "process", dump(process))
        pipeline.expire(f"{PREFIX}process:{process.name}", FORGOTTEN_AFTER_SECONDS)
        pipeline.zadd(f"{PREFIX}processes", {process.name: process.seen_at.timestamp()})
        await self._connection.ask(pipeline.execute())

    async def list(self) -> Sequence[Process]:
        """All processes seen in the last ten minutes, by role and name."""
        redis = self._connection.redis
        before = datetime.now(UTC).timestamp() - FORGOTTEN_AFTER_SECONDS
        await self._connection.ask(redis.zremrangebyscore(f"{PREFIX}processes", "-inf", before))
        names = await self._connection.ask(redis.zrange(f"{PREFIX}processes", 0, -1))
        pipeline = redis.pipeline(transaction=False)
        for name in names:
            pipeline.hget(f"{PREFIX}process:{name}", "process")
        texts = await self._connection.ask(pipeline.execute())
        found = [_to_process(from_json(text)) for text in texts if text]
        return sorted(found, key=lambda process: (process.role, process.name))

    async def leave(self, name: str) -> None:
        """A process ends as it should, with nothing in hand."""
        redis = self._connection.redis
        pipeline = redis.pipeline(transaction=True)
        pipeline.delete(f"{PREFIX}process:{name}")
        pipeline.zrem(f"{PREFIX}processes", name)
        await self._connection.ask(pipeline.execute())

    async def declare_dead(self, name: str) -> int:
        """Take back at once what a dead worker had in hand; returns how many jobs that were."""
        return int(await self._connection.run("declare_dead", name))


def _to_process(fields: dict[str, Any]) -> Process:
    return Process(
        **{
            **fields,
            "started_at": datetime.fromisoformat(fields["started_at"]),
            "seen_at": datetime.fromisoformat(fields["seen_at"]),
        }
    )
