"""Figures of the whole system, for metrics and for `chancery doctor`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TypedDict

from jobs.ledger.connection import PREFIX, Connection
from jobs.ledger.task_use import TaskUse, cascade_counts, tasks_of, usage_of
from jobs.model.callback import Outcome
from jobs.model.lanes import Queue
from jobs.model.states import CallbackStatus, JobStatus

_OPEN = (JobStatus.scheduled, JobStatus.queued, JobStatus.running)


@dataclass(frozen=True, slots=True)
class Figures:
    """`jobs`: open jobs by department and status. `endings`: since the ledger began, by task, lane
    and status. `queues`: messages waiting in Celery. `callbacks`: by department and status.
    `attempts`, `callbacks_ended`: since the ledger began, by department and outcome or status.
    `urls_gone`: URLs that answered 410, by department. `broken`: receivers whose breaker is not
    closed, by department, and whether they may be tried again. `counters`: events, by name.
    `cascaded`: jobs that the fast model was to do, since the ledger began, by task and whether its
    answer was `kept` or the job `escalated`; `doubts`: why, by task and code.
    """

    jobs: Mapping[tuple[str, JobStatus], int]
    endings: Mapping[tuple[str, str, JobStatus], int]
    queues: Mapping[Queue, int]
    callbacks: Mapping[tuple[str, CallbackStatus], int]
    attempts: Mapping[tuple[str, Outcome], int]
    callbacks_ended: Mapping[tuple[str, CallbackStatus], int]
    urls_gone: Mapping[str, int]
    broken: Mapping[str, Mapping[str, bool]]
    counters: Mapping[str, int]
    cascaded: Mapping[tuple[str, str], int] = field(default_factory=dict)
    doubts: Mapping[tuple[str, str], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Server:
    version: str
    appendonly: bool
    appendfsync: str | None
    maxmemory_policy: str
    used_memory: int


@dataclass(frozen=True, slots=True)
class DayOfUse:
    """A department's use on one day (UTC). `jobs` are endings by status; `tasks` is by task."""

    day: date
    jobs: Mapping[str, int]
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    engine_seconds: float
    tasks: Mapping[str, TaskUse]


class FigureLedger:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def read(self, departments: Sequence[str]) -> Figures:
        pipeline = self._connection.redis.pipeline(transaction=False)
        jobs = [(name, status) for name in departments for status in _OPEN]
        callbacks = [
            (name, status)
            for name in departments
            for status in (CallbackStatus.pending, CallbackStatus.dead)
        ]
        for name, job_status in jobs:
            pipeline.zcard(f"{PREFIX}jobs:{name}:{job_status.value}")
        for name, callback_status in callbacks:
            pipeline.zcard(f"{PREFIX}callbacks:{name}:{callback_status.value}")
        for name in departments:
            pipeline.zcard(f"{PREFIX}gone:{name}")
        pipeline.zrange(f"{PREFIX}breakers", 0, -1, withscores=True)
        pipeline.time()
        pipeline.hgetall(f"{PREFIX}callback-counts")
        for queue in Queue:
            pipeline.llen(queue.value)
        pipeline.hgetall(f"{PREFIX}endings")
        pipeline.hgetall(f"{PREFIX}counters")
        pipeline.hgetall(f"{PREFIX}cascade")
        *others, cascade = await self._connection.ask(pipeline.execute())
        answers = iter(others)
        cascaded, doubts = cascade_counts(cascade)
        return Figures(
            jobs={key: next(answers) for key in jobs},
            callbacks={key: next(answers) for key in callbacks},
            urls_gone={name: next(answers) for name in departments},
            broken=_broken(departments, next(answers), next(answers)),
            **_counts(departments, next(answers)),
            queues={queue: next(answers) for queue in Queue},
            endings={_ending(name): int(count) for name, count in next(answers).items()},
            counters={name: int(count) for name, count in next(answers).items()},
            cascaded=cascaded,
            doubts=doubts,
        )

    async def pace(self) -> Mapping[str, tuple[float, float]]:
        """Tokens done, and the seconds that the whole system took for them, by task.

        By Little's law: what a task's runs took together, over how many ran beside each other.
        """
        kept = await self._connection.ask(self._connection.redis.hgetall(f"{PREFIX}pace"))
        busy = {
            name.removeprefix("busy_ms:"): float(ms)
            for name, ms in kept.items()
            if name.startswith("busy_ms:")
        }
        wall = float(kept.get("wall_ms", 0))
        beside = sum(busy.values()) / wall if wall else 0
        if not beside:
            return {}
        return {
            task: (float(kept[f"tokens:{task}"]), ms / beside / 1000) for task, ms in busy.items()
        }

    async def interactive_in_hand(self) -> int:
        """Interactive jobs that are in Celery or running."""
        pipeline = self._connection.redis.pipeline(transaction=True)
        pipeline.zcard(f"{PREFIX}sent:interactive")
        pipeline.zcard(f"{PREFIX}running")
        pipeline.scard(f"{PREFIX}running-bulk")
        sent, running, bulk = await self._connection.ask(pipeline.execute())
        return int(sent + running - bulk)

    async def server(self) -> Server:
        redis = self._connection.redis
        info = await self._connection.ask(redis.info())
        config = await self._connection.ask(redis.config_get("appendfsync"))
        return Server(
            version=str(info.get("valkey_version") or info["redis_version"]),
            appendonly=bool(info.get("aof_enabled")),
            appendfsync=config.get("appendfsync"),
            maxmemory_policy=str(info.get("maxmemory_policy", "noeviction")),
            used_memory=int(info["used_memory"]),
        )

    async def usage(self, department: str, first: date, last: date) -> Sequence[DayOfUse]:
        """A department's use on each day from `first` to `last` on which there was any."""
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        pipeline = self._connection.redis.pipeline(transaction=False)
        for day in days:
            number = round(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) // 86_400
            pipeline.hgetall(f"{PREFIX}usage:{department}:{number}")
        records = await self._connection.ask(pipeline.execute())
        return [_day(day, record) for day, record in zip(days, records, strict=True) if record]


def _broken(
    departments: Sequence[str],
    breakers: Sequence[tuple[str, float]],
    server_time: tuple[int, int],
) -> Mapping[str, Mapping[str, bool]]:
    found: dict[str, dict[str, bool]] = {name: {} for name in departments}
    for receiver, open_until in breakers:
        department, place = receiver.split(" ", 1)
        found.setdefault(department, {})[place] = open_until <= server_time[0] * 1000
    return found


class _Counts(TypedDict):
    attempts: Mapping[tuple[str, Outcome], int]
    callbacks_ended: Mapping[tuple[str, CallbackStatus], int]


def _counts(departments: Sequence[str], counts: Mapping[str, str]) -> _Counts:
    """All of them, so that one that was never counted is 0 and not missing."""

    def count(name: str, what: str) -> int:
        return int(counts.get(f"{name}:{what}", 0))

    ended = (CallbackStatus.delivered, CallbackStatus.dead)
    return _Counts(
        attempts={
            (name, outcome): count(name, f"attempts:{outcome.value}")
            for name in departments
            for outcome in Outcome
        },
        callbacks_ended={
            (name, status): count(name, f"ended:{status.value}")
            for name in departments
            for status in ended
        },
    )


def _ending(name: str) -> tuple[str, str, JobStatus]:
    task, lane, status = name.split(":")
    return task, lane, JobStatus(status)


def _day(day: date, record: Mapping[str, str]) -> DayOfUse:
    used = usage_of(record)
    return DayOfUse(
        day=day,
        jobs={
            name.removeprefix("jobs_"): int(count)
            for name, count in record.items()
            if name.startswith("jobs_")
        },
        prompt_tokens=used.prompt_tokens,
        completion_tokens=used.completion_tokens,
        cached_tokens=used.cached_tokens,
        engine_seconds=used.engine_seconds,
        tasks=tasks_of(record),
    )
