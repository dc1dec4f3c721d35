"""The engines that operators drained: the hash `chancery:engines-drained` has the time in ms of
each by its name, until it is resumed. Only names that a worker reports are added.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from jobs.ledger.server.connection import PREFIX, Connection

_DRAINED = f"{PREFIX}engines-drained"


class EngineLedger:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def drain(self, name: str) -> bool:
        """Let workers send nothing more to the engine until `resume`. False: it was drained."""
        redis = self._connection.redis
        seconds, micros = await self._connection.ask(redis.time())
        now_ms = seconds * 1000 + micros // 1000
        return bool(await self._connection.ask(redis.hsetnx(_DRAINED, name, now_ms)))

    async def resume(self, name: str) -> bool:
        """Let workers use the engine again. False: it was not drained."""
        return bool(await self._connection.ask(self._connection.redis.hdel(_DRAINED, name)))

    async def drained(self) -> Mapping[str, datetime]:
        """The drained engines by name, and since when."""
        times = await self._connection.ask(self._connection.redis.hgetall(_DRAINED))
        return {
            name: datetime.fromtimestamp(int(ms) / 1000, UTC) for name, ms in sorted(times.items())
        }
