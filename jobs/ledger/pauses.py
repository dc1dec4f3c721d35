"""What operators have paused: departments, lanes, or one lane of a department.

`chancery:paused` is a set of `department:NAME`, `lane:LANE` and `department:NAME:LANE`, which the
scripts look into before they send a job.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.ledger.connection import PREFIX, Connection
from jobs.model.lanes import Lane

_PAUSED = f"{PREFIX}paused"


@dataclass(frozen=True, slots=True)
class Pause:
    """Jobs of this department, in this lane; None is all of them. One of the two is said."""

    department: str | None = None
    lane: Lane | None = None

    def __post_init__(self) -> None:
        if self.department is None and self.lane is None:
            raise ValueError("a pause is of a department, of a lane or of both")

    def holds(self, department: str, lane: Lane) -> bool:
        """Whether jobs of this department in this lane wait because of it."""
        return self.department in (None, department) and self.lane in (None, lane)


class PauseLedger:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def pause(self, department: str | None = None, lane: Lane | None = None) -> bool:
        """Send no more such jobs until they are resumed; False where they were paused already.

        What runs goes on to its end. Raises `ValueError` where neither is given.
        """
        redis, member = self._connection.redis, _member(Pause(department, lane))
        return bool(await self._connection.ask(redis.sadd(_PAUSED, member)))

    async def resume(self, department: str | None = None, lane: Lane | None = None) -> bool:
        """End this pause and no other; False where there was none such."""
        redis, member = self._connection.redis, _member(Pause(department, lane))
        return bool(await self._connection.ask(redis.srem(_PAUSED, member)))

    async def list(self) -> Sequence[Pause]:
        """All pauses: lanes first, then departments by name."""
        redis = self._connection.redis
        found = [_to_pause(one) for one in await self._connection.ask(redis.smembers(_PAUSED))]
        return sorted(found, key=lambda pause: (pause.department or "", pause.lane or ""))


def _member(pause: Pause) -> str:
    if pause.department is None:
        return f"lane:{pause.lane}"
    return f"department:{pause.department}" + (f":{pause.lane}" if pause.lane else "")


def _to_pause(member: str) -> Pause:
    kind, name, *lane = member.split(":")
    if kind == "lane":
        return Pause(lane=Lane(name))
    return Pause(name, Lane(lane[0]) if lane else None)
