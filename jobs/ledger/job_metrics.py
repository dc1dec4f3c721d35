"""Counters of ended jobs and their tokens, which `job_metrics.lua` and `usage.lua` write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate

from redis.asyncio.client import Pipeline

from jobs.ledger.server.connection import PREFIX, Connection
from jobs.ledger.task_use import usage_of
from jobs.model.job import Usage
from jobs.model.lanes import Lane
from jobs.model.states import JobStatus

# The upper bounds of the histograms in milliseconds, as in the script.
TIME_BOUNDS_MS = (
    *(100, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 120_000, 300_000, 600_000),
    *(1_800_000, 3_600_000, 14_400_000, 86_400_000),
)
ABOVE = "inf"


@dataclass(frozen=True, slots=True)
class Times:
    """A histogram of durations. `counts`: cumulative, for each of `TIME_BOUNDS_MS` and in all."""

    counts: tuple[int, ...]
    total_seconds: float


@dataclass(frozen=True, slots=True)
class JobMetrics:
    """Counts since the ledger's first start.

    `endings`: jobs by task, lane, status and the code of their problem, '' without one. `ran`: the
    duration of runs that ended jobs, by task and lane. `waited`: the time from the submission, or
    from `not_before`, to that run, of jobs outside batches, by department and lane. `usage`: by
    department.
    """

    endings: Mapping[tuple[str, str, JobStatus, str], int]
    ran: Mapping[tuple[str, Lane], Times]
    waited: Mapping[tuple[str, Lane], Times]
    usage: Mapping[str, Usage]


class JobMetricsLedger:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def read(self) -> JobMetrics:
        pipeline: Pipeline = self._connection.redis.pipeline(transaction=False)
        for name in ("endings", "job-times", "tokens"):
            pipeline.hgetall(f"{PREFIX}{name}")
        endings, times, tokens = await self._connection.ask(pipeline.execute())
        return JobMetrics(
            endings={_ending(name): int(count) for name, count in endings.items()},
            ran=_times(times, "ran"),
            waited=_times(times, "waited"),
            usage=_usage(tokens),
        )


def _ending(name: str) -> tuple[str, str, JobStatus, str]:
    task, lane, status, *code = name.split(":")
    return task, lane, JobStatus(status), code[0] if code else ""


def _times(record: Mapping[str, str], kind: str) -> Mapping[tuple[str, Lane], Times]:
    series: dict[tuple[str, Lane], dict[str, int]] = {}
    for name, amount in record.items():
        of_kind, subject, lane, bound = name.split(":")
        if of_kind == kind:
            series.setdefault((subject, Lane(lane)), {})[bound] = int(amount)
    return {key: _histogram(counts) for key, counts in series.items()}


def _histogram(counts: Mapping[str, int]) -> Times:
    bounds = [*map(str, TIME_BOUNDS_MS), ABOVE]
    cumulative = accumulate(counts.get(bound, 0) for bound in bounds)
    return Times(tuple(cumulative), counts.get("sum", 0) / 1000)


def _usage(record: Mapping[str, str]) -> Mapping[str, Usage]:
    departments: dict[str, dict[str, str]] = {}
    for name, amount in record.items():
        department, _, counter = name.rpartition(":")
        departments.setdefault(department, {})[counter] = amount
    return {name: usage_of(amounts) for name, amounts in departments.items()}
