"""What happened to jobs, callbacks and batches, for Flower."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic_core import from_json

from jobs.ledger.server.connection import PREFIX, Connection


class Event(StrEnum):
    """The events of Celery's tasks."""

    received = "received"
    started = "started"
    succeeded = "succeeded"
    failed = "failed"
    retried = "retried"
    revoked = "revoked"


@dataclass(frozen=True, slots=True)
class Activity:
    """One event. `name` is the task, `callback` or `batch`; `process` is empty if none took part.

    `at`: seconds since 1970 by Redis's clock. `detail`: a problem's code, or why an attempt failed.
    `seconds`: how long the run took, 0 if unknown.
    """

    event: Event
    id: str
    name: str
    at: float
    process: str = ""
    detail: str = ""
    seconds: float = 0.0


class ActivityLedger:
    """Every method raises `ProblemError("unavailable")` while Redis cannot be reached."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def take(self, most: int) -> Sequence[Activity]:
        """Remove and return the oldest events, at most `most`."""
        command = self._connection.redis.lpop(f"{PREFIX}activity", most)
        return [_activity(from_json(each)) for each in await self._connection.ask(command) or ()]


def _activity(record: Sequence[Any]) -> Activity:
    event, id_, name, at_ms, process, detail, seconds = record
    return Activity(Event(event), id_, name, at_ms / 1000, process, detail, seconds)
