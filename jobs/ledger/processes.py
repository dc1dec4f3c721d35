"""Heartbeats of processes. Their age is measured by Redis's clock: machines' clocks differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic_core import from_json

from jobs.ledger.records import dump
from jobs.ledger.server.connection import PREFIX, Connection

_KEEP_MS = 600_000
# A process sends one each second; a loop that stands still is noticed within 5 s.
LIVE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Process:
    """A running process.

    `name` is unique to one start of one process. `detail` is what its role reports of itself.
    `age_seconds` is the time since its last heartbeat, which `ProcessLedger.list` fills in.
    """

    role: str
    name: str
    host: str
    pid: int
    started_at: datetime
    detail: Mapping[str, Any]
    age_seconds: float = 0.0

    @property
    def live(self) -> bool:
        """Whether its event loop turned in the last `LIVE_SECONDS`."""
        return self.age_seconds <= LIVE_SECONDS


@dataclass(frozen=True, slots=True)
class Start:
    """The first heartbeat of a process."""

    role: str
    host: str
    name: str
    at: datetime


class ProcessLedger:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def beat(self, process: Process) -> datetime:
        """Store a heartbeat of this moment. Returns the time by Redis's clock."""
        now_ms = await self._connection.run(
            "processes/beat", process.name, dump(process), _KEEP_MS, process.role, process.host
        )
        return datetime.fromtimestamp(int(now_ms) / 1000, UTC)

    async def list(self) -> Sequence[Process]:
        """The processes with a heartbeat in the last ten minutes, by role and name."""
        answers = await self._connection.run("processes/list", _KEEP_MS)
        processes = [_to_process(from_json(text), int(age_ms)) for text, age_ms in answers]
        return sorted(processes, key=lambda process: (process.role, process.name))

    async def last_starts(self) -> Sequence[Start]:
        """The last thousand starts of processes, the oldest first."""
        redis = self._connection.redis
        starts = await self._connection.ask(redis.zrange(f"{PREFIX}starts", 0, -1, withscores=True))
        return [_to_start(member, ms) for member, ms in starts]

    async def leave(self, name: str) -> None:
        """Remove a process that stops in order and runs no jobs."""
        redis = self._connection.redis
        pipeline = redis.pipeline(transaction=True)
        pipeline.delete(f"{PREFIX}process:{name}")
        pipeline.zrem(f"{PREFIX}processes", name)
        await self._connection.ask(pipeline.execute())

    async def declare_dead(self, name: str) -> int:
        """Take back at once the jobs that a dead worker ran. Returns how many."""
        return int(await self._connection.run("processes/declare_dead", name))


def _to_start(member: str, ms: float) -> Start:
    role, host, name = member.split(" ", 2)
    return Start(role, host, name, datetime.fromtimestamp(ms / 1000, UTC))


def _to_process(fields: dict[str, Any], age_ms: int) -> Process:
    return Process(
        role=fields["role"],
        name=fields["name"],
        host=fields["host"],
        pid=fields["pid"],
        started_at=datetime.fromisoformat(fields["started_at"]),
        detail=fields["detail"],
        age_seconds=age_ms / 1000,
    )
