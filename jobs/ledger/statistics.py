"""Statistics of the whole system, for metrics, usage and `chancery doctor`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from typing import TypedDict

from jobs.batches.batch import BatchStatus
from jobs.batches.eta.simulation import ERROR_BUCKETS
from jobs.ledger.batches import BatchLedger
from jobs.ledger.pauses import pause_members
from jobs.ledger.server.connection import PREFIX, Connection
from jobs.ledger.server.memory import LIST_VALUE
from jobs.ledger.task_use import (
    ModelUse,
    TaskUse,
    cascade_counts,
    models_of,
    tasks_of,
    total_by_task,
    usage_of,
)
from jobs.model.callback import Outcome
from jobs.model.lanes import Lane, Queue
from jobs.model.states import CallbackStatus, JobStatus, JobSubstatus

_OPEN = (JobStatus.scheduled, JobStatus.queued, JobStatus.running, *JobSubstatus)


@dataclass(frozen=True, slots=True)
class Statistics:
    """Statistics of jobs and callbacks. Counts "in all" go back to the ledger's first start.

    `jobs`: open jobs by department and status.
    `queues`: jobs and batches, or callbacks, that may start now, by the queue whose processes they
    wait for. `callbacks`: pending and dead ones, by department and status. `attempts`,
    `callbacks_ended`: in all, by department and outcome or status.
    `urls_gone`: URLs that answered 410, by department. `broken`: receivers whose breaker is not
    closed, by department, and whether they may be tried again. `counters`: events in all, by name.
    `cascaded`: jobs given to the fast model, in all, by task and whether its answer was `kept` or
    the job `escalated` to the full model. `doubts`: reasons for escalation, by task and code.
    `kept`: bytes by department and place: `records` in Redis, `stored` in the store.
    """

    jobs: Mapping[tuple[str, JobStatus | JobSubstatus], int]
    queues: Mapping[Queue, int]
    callbacks: Mapping[tuple[str, CallbackStatus], int]
    attempts: Mapping[tuple[str, Outcome], int]
    callbacks_ended: Mapping[tuple[str, CallbackStatus], int]
    urls_gone: Mapping[str, int]
    broken: Mapping[str, Mapping[str, bool]]
    counters: Mapping[str, int]
    cascaded: Mapping[tuple[str, str], int] = field(default_factory=dict)
    doubts: Mapping[tuple[str, str], int] = field(default_factory=dict)
    kept: Mapping[tuple[str, str], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Server:
    """`max_memory` is 0 for no limit; memory is in bytes. `list_value_bytes`: hashes with longer
    values are tables; None if the server does not say.
    """

    version: str
    appendonly: bool
    appendfsync: str | None
    list_value_bytes: int | None
    maxmemory_policy: str
    used_memory: int
    max_memory: int = 0


@dataclass(frozen=True, slots=True)
class DayOfUse:
    """A department's usage on one day (UTC).

    `jobs`: endings by status. `tasks`, `models`: usage by task, and by task and model.
    """

    day: date
    jobs: Mapping[str, int]
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    engine_seconds: float
    tasks: Mapping[str, TaskUse]
    models: Sequence[ModelUse] = ()

    def __add__(self, other: DayOfUse) -> DayOfUse:
        """The sum of two departments."""
        return DayOfUse(
            day=self.day,
            jobs=Counter(self.jobs) + Counter(other.jobs),
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            engine_seconds=self.engine_seconds + other.engine_seconds,
            tasks=total_by_task((self.tasks, other.tasks)),
            models=(*self.models, *other.models),
        )


@dataclass(frozen=True, slots=True)
class EstimateErrors:
    """Cumulative histogram of actual over estimated duration of batches, by upper bound.

    An expired batch counts with the time until its deadline, which is a lower bound, unless the
    estimate was later than the deadline.
    """

    buckets: Mapping[float, int]
    total: float


@dataclass(frozen=True, slots=True)
class BatchStatistics:
    """Statistics of batches.

    `open`: batches that have not ended, by department and status. `ended`: the others, in all.
    `waiting`: lines not yet released, by department. `released`: lines released and not ended.
    `pace`: measured tokens per second, by task.
    """

    open: Mapping[tuple[str, BatchStatus], int]
    ended: Mapping[tuple[str, BatchStatus], int]
    waiting: Mapping[str, int]
    released: Mapping[str, int]
    pace: Mapping[str, float]
    errors: EstimateErrors


class StatisticsLedger:
    def __init__(self, connection: Connection, batches: BatchLedger) -> None:
        self._connection = connection
        self._batches = batches

    async def read(self, departments: Sequence[str]) -> Statistics:
        server_time = await self._connection.ask(self._connection.redis.time())
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
        pipeline.hgetall(f"{PREFIX}callback-counts")
        for name in departments:
            pipeline.zcard(f"{PREFIX}ready:{name}")
            pipeline.zcard(f"{PREFIX}waiting:{name}")
        pipeline.zcount(f"{PREFIX}callbacks-due", "-inf", server_time[0] * 1000)
        pipeline.hgetall(f"{PREFIX}counters")
        for name in departments:
            pipeline.hgetall(f"{PREFIX}kept:{name}")
            pipeline.hvals(f"{PREFIX}kept-replies:{name}")
        pipeline.hgetall(f"{PREFIX}cascade")
        *others, cascade = await self._connection.ask(pipeline.execute())
        answers = iter(others)
        cascaded, doubts = cascade_counts(cascade)
        return Statistics(
            jobs={key: next(answers) for key in jobs},
            callbacks={key: next(answers) for key in callbacks},
            urls_gone={name: next(answers) for name in departments},
            broken=_broken(departments, next(answers), server_time),
            **_counts(departments, next(answers)),
            queues=_queues([(next(answers), next(answers)) for _ in departments], next(answers)),
            counters={name: int(count) for name, count in next(answers).items()},
            kept={
                (name, place): count
                for name in departments
                for place, count in _kept(next(answers), next(answers)).items()
            },
            cascaded=cascaded,
            doubts=doubts,
        )

    async def read_batches(self, departments: Sequence[str]) -> BatchStatistics:
        pipeline = self._connection.redis.pipeline(transaction=False)
        pipeline.hgetall(f"{PREFIX}batch-endings")
        pipeline.hgetall(f"{PREFIX}estimates")
        for name in departments:
            pipeline.get(f"{PREFIX}waiting-lines:{name}")
            pipeline.get(f"{PREFIX}open-lines:{name}")
        endings, estimates, *lines = await self._connection.ask(pipeline.execute())
        counts = [int(count or 0) for count in lines]
        open_ = await self._batches.open()
        pace = await self.pace()
        return BatchStatistics(
            open=Counter((batch.department, batch.status) for batch in open_),
            ended={_batch_ending(name): int(count) for name, count in endings.items()},
            waiting=dict(zip(departments, counts[::2], strict=True)),
            released=dict(zip(departments, counts[1::2], strict=True)),
            pace={task: tokens / seconds for task, (tokens, seconds) in pace.items() if seconds},
            errors=_estimate_errors(estimates),
        )

    async def pace(self) -> Mapping[str, tuple[float, float]]:
        """Tokens of ended lines, and the seconds that the whole system took for them, by task.

        By Little's law: the runs' total time, over the average number of runs at a time.
        """
        record = await self._connection.ask(self._connection.redis.hgetall(f"{PREFIX}pace"))
        busy = {
            name.removeprefix("busy_ms:"): float(ms)
            for name, ms in record.items()
            if name.startswith("busy_ms:")
        }
        wall = float(record.get("wall_ms", 0))
        parallel = sum(busy.values()) / wall if wall else 0
        if not parallel:
            return {}
        return {
            task: (float(record[f"tokens:{task}"]), ms / parallel / 1000)
            for task, ms in busy.items()
        }

    async def interactive_in_hand(self) -> int:
        """Interactive jobs that run or may run."""
        pipeline = self._connection.redis.pipeline(transaction=True)
        pipeline.zcard(f"{PREFIX}running")
        pipeline.scard(f"{PREFIX}running-bulk")
        pipeline.zrange(f"{PREFIX}ready-turns", 0, -1)
        pipeline.smembers(f"{PREFIX}paused")
        running, bulk, names, paused = await self._connection.ask(pipeline.execute())
        pipeline = self._connection.redis.pipeline(transaction=False)
        for name in names:
            if paused.isdisjoint(pause_members(name, Lane.interactive)):
                pipeline.zcard(f"{PREFIX}ready:{name}")
        return int(running - bulk + sum(await self._connection.ask(pipeline.execute())))

    async def server(self) -> Server:
        redis = self._connection.redis
        info = await self._connection.ask(redis.info())
        config = await self._connection.ask(redis.config_get("appendfsync"))
        # Redis 6.2 takes one name in a command.
        config |= await self._connection.ask(redis.config_get(LIST_VALUE))
        return Server(
            version=str(info.get("valkey_version") or info["redis_version"]),
            appendonly=bool(info.get("aof_enabled")),
            appendfsync=config.get("appendfsync"),
            list_value_bytes=int(config[LIST_VALUE]) if LIST_VALUE in config else None,
            maxmemory_policy=str(info.get("maxmemory_policy", "noeviction")),
            used_memory=int(info["used_memory"]),
            max_memory=int(info.get("maxmemory", 0)),
        )

    async def usage(self, department: str, first: date, last: date) -> Sequence[DayOfUse]:
        """A department's usage on each day from `first` to `last`, without days of no usage."""
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
    broken: dict[str, dict[str, bool]] = {name: {} for name in departments}
    for receiver, open_until in breakers:
        department, address = receiver.split(" ", 1)
        broken.setdefault(department, {})[address] = open_until <= server_time[0] * 1000
    return broken


def _queues(waiting: Sequence[tuple[int, int]], callbacks: int) -> Mapping[Queue, int]:
    """`waiting`: interactive and bulk work of each department."""
    return {
        Queue.interactive: sum(interactive for interactive, _ in waiting),
        Queue.bulk: sum(bulk for _, bulk in waiting),
        Queue.callbacks: callbacks,
    }


def _kept(kept: Mapping[str, str], replies: Sequence[str]) -> Mapping[str, int]:
    return {
        "records": int(kept.get("records", 0)) + sum(map(int, replies)),
        "stored": int(kept.get("stored", 0)),
    }


class _Counts(TypedDict):
    attempts: Mapping[tuple[str, Outcome], int]
    callbacks_ended: Mapping[tuple[str, CallbackStatus], int]


def _counts(departments: Sequence[str], counts: Mapping[str, str]) -> _Counts:
    """Counts of every department and status, so that one that never occurred is 0."""

    def count(name: str, event: str) -> int:
        return int(counts.get(f"{name}:{event}", 0))

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


def _batch_ending(name: str) -> tuple[str, BatchStatus]:
    department, _, status = name.rpartition(":")
    return department, BatchStatus(status)


def _estimate_errors(record: Mapping[str, str]) -> EstimateErrors:
    counts = [int(record.get(f"le:{bound:g}", 0)) for bound in ERROR_BUCKETS]
    buckets = dict(zip(ERROR_BUCKETS, accumulate(counts), strict=True))
    return EstimateErrors(buckets, float(record.get("sum", 0)))


def _day(day: date, record: Mapping[str, str]) -> DayOfUse:
    usage = usage_of(record)
    return DayOfUse(
        day=day,
        jobs={
            name.removeprefix("jobs_"): int(count)
            for name, count in record.items()
            if name.startswith("jobs_")
        },
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        cached_tokens=usage.cached_tokens,
        engine_seconds=usage.engine_seconds,
        tasks=tasks_of(record),
        models=models_of(record),
    )
