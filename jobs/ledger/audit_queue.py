"""Audit records of operators' commands, which wait here for the scheduler to write them.

A command may run on a machine without the data dir. The list `chancery:audit` has one JSON object
for each; the scheduler removes it after it has been written, so a crash may repeat a record.
"""

from __future__ import annotations

from collections.abc import Sequence

from jobs.ledger.server.connection import PREFIX, Connection

_QUEUE = f"{PREFIX}audit"


class AuditQueue:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, entry: str) -> None:
        """Durable when it returns."""
        await self._connection.ask(self._connection.redis.rpush(_QUEUE, entry))

    async def waiting(self, most: int = 500) -> Sequence[str]:
        """The oldest entries."""
        entries = await self._connection.ask(self._connection.redis.lrange(_QUEUE, 0, most - 1))
        return list(entries)

    async def remove(self, entries: Sequence[str]) -> None:
        """Remove each of `entries` once."""
        pipeline = self._connection.redis.pipeline(transaction=True)
        for entry in entries:
            pipeline.lrem(_QUEUE, 1, entry)
        await self._connection.ask(pipeline.execute())
