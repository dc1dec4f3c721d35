"""Pauses by operators: of a department, a lane, or one lane of a department.

The set `chancery:paused` has members `department:NAME`, `lane:LANE` and `department:NAME:LANE`. The
scripts read it before they release or claim a job.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.ledger.server.connection import PREFIX, Connection
from jobs.model.lanes import Lane

_PAUSED = f"{PREFIX}paused"


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause of a department's jobs in a lane. None: all departments, or all lanes; not both.

    Raises `ValueError` if both are None.
    """

    department: str | None = None
    lane: Lane | None = None

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
        return bool(await self._connection.ask(redis.sadd(_PAUSED, member)))

    async def resume(self, department: str | None = None, lane: Lane | None = None) -> bool:
        """End exactly this pause. False: there is no such pause."""
        redis, member = self._connection.redis, _member(Pause(department, lane))
        return bool(await self._connection.ask(redis.srem(_PAUSED, member)))

    async def list(self) -> Sequence[Pause]:
        """All pauses: lanes first, then departments by name."""
        redis = self._connection.redis
        members = await self._connection.ask(redis.smembers(_PAUSED))
        pauses = [_to_pause(member) for member in members]
        return sorted(pauses, key=lambda pause: (pause.department or "", pause.lane or ""))


def pause_members(department: str, lane: Lane) -> Sequence[str]:
    """The pauses that hold this department's jobs in this lane, as `chancery:paused` has them."""
    holding = (Pause(department), Pause(lane=lane), Pause(department, lane))
    return [_member(pause) for pause in holding]


def _member(pause: Pause) -> str:
    if pause.department is None:
        return f"lane:{pause.lane}"
    return f"department:{pause.department}" + (f":{pause.lane}" if pause.lane else "")


def _to_pause(member: str) -> Pause:
    kind, name, *lane = member.split(":")
    if kind == "lane":
        return Pause(lane=Lane(name))
    return Pause(name, Lane(lane[0]) if lane else None)
