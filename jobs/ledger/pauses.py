"""Pauses by operators: of a department, a lane, or one lane of a department.

The set `chancery:paused` has members `department:NAME`, `lane:LANE` and `department:NAME:LANE`. The
scripts read it before they release or claim a job. The hash `chancery:paused-at` has the time in ms
of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from jobs.ledger.records import to_time
from jobs.ledger.server.connection import PREFIX, Connection
from jobs.model.lanes import Lane

_PAUSED = f"{PREFIX}paused"
_PAUSED_AT = f"{PREFIX}paused-at"


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause of a department's jobs in a lane. None: all departments, or all lanes; not both.

    `since` is None for a pause of an earlier release. Raises `ValueError` if both are None.
    """

    department: str | None = None
    lane: Lane | None = None
    since: datetime | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if self.department is None and self.lane is None:
            raise ValueError("a pause needs a department, a lane or both")

    def holds(self, department: str, lane: Lane) -> bool:
        """Whether it pauses jobs of this department in this lane."""
        return self.department in (None, department) and self.lane in (None, lane)


class PauseLedger:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def pause(self, department: str | None = None, lane: Lane | None = None) -> bool:
        """Start no more of these jobs until `resume`. False: they were paused already.

        Running jobs go on. Raises `ValueError` if both arguments are None.
        """
        redis, member = self._connection.redis, _member(Pause(department, lane))
        seconds, micros = await self._connection.ask(redis.time())
        pipeline = redis.pipeline(transaction=True)
        pipeline.sadd(_PAUSED, member)
        pipeline.hsetnx(_PAUSED_AT, member, seconds * 1000 + micros // 1000)
        return bool((await self._connection.ask(pipeline.execute()))[0])

    async def resume(self, department: str | None = None, lane: Lane | None = None) -> bool:
        """End exactly this pause. False: there is no such pause."""
        redis, member = self._connection.redis, _member(Pause(department, lane))
        pipeline = redis.pipeline(transaction=True)
        pipeline.srem(_PAUSED, member)
        pipeline.hdel(_PAUSED_AT, member)
        return bool((await self._connection.ask(pipeline.execute()))[0])

    async def list(self) -> Sequence[Pause]:
        """All pauses: lanes first, then departments by name."""
        redis = self._connection.redis
        pipeline = redis.pipeline(transaction=False)
        pipeline.smembers(_PAUSED)
        pipeline.hgetall(_PAUSED_AT)
        members, times = await self._connection.ask(pipeline.execute())
        pauses = [_to_pause(member, to_time(times.get(member))) for member in members]
        return sorted(pauses, key=lambda pause: (pause.department or "", pause.lane or ""))


def pause_members(department: str, lane: Lane) -> Sequence[str]:
    """The pauses that hold this department's jobs in this lane, as `chancery:paused` has them."""
    holding = (Pause(department), Pause(lane=lane), Pause(department, lane))
    return [_member(pause) for pause in holding]


def _member(pause: Pause) -> str:
    if pause.department is None:
        return f"lane:{pause.lane}"
    return f"department:{pause.department}" + (f":{pause.lane}" if pause.lane else "")


def _to_pause(member: str, since: datetime | None) -> Pause:
    kind, name, *lane = member.split(":")
    if kind == "lane":
        return Pause(lane=Lane(name), since=since)
    return Pause(name, Lane(lane[0]) if lane else None, since)
