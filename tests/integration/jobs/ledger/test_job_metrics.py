"""Counters of ended jobs, kept in the step that ends them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from redis import Redis

from jobs.ledger import Ledger
from jobs.ledger.job_metrics import TIME_BOUNDS_MS, Times
from jobs.ledger.runs import Ending
from jobs.model.job import Usage
from jobs.model.lanes import Lane
from jobs.model.problems import Problem
from jobs.model.states import JobStatus
from tests.integration.jobs.ledger.batch_kit import BatchDriver
from tests.integration.jobs.ledger.conftest import Submit
from tests.integration.jobs.ledger.test_jobs import claimed

MINUTE_MS = 60_000


def within(times: Times, seconds: float) -> int:
    """How many took at most that long; `seconds` is one of the bounds."""
    return times.counts[TIME_BOUNDS_MS.index(round(seconds * 1000))]


def move_back(redis: Redis, job_id: str, **minutes: int) -> None:
    """Let the job's times lie that many minutes in the past."""
    for name, amount in minutes.items():
        redis.hincrby(f"chancery:job:{job_id}", name, -amount * MINUTE_MS)


async def test_an_ending_counts_its_code_times_and_tokens(
    ledger: Ledger, submit: Submit, redis_url: str
) -> None:
    job_id = await submit()
    claim = await claimed(ledger, job_id)
    with Redis.from_url(redis_url) as redis:
        move_back(redis, job_id, created_at=32, started_at=4)
    error = Problem("engine-refused", "The engine refused it.")
    ending = Ending(JobStatus.failed, error=error, usage=Usage(100, 20, 30, 1.5))
    assert await ledger.runs.finish(claim, ending)
    assert await ledger.runs.finish(claim, ending)  # a repeated report counts once
    metrics = await ledger.job_metrics.read()
    assert metrics.endings == {("summarize", "interactive", JobStatus.failed, "engine-refused"): 1}
    ran = metrics.ran["summarize", Lane.interactive]
    assert (within(ran, 120), within(ran, 300), ran.counts[-1]) == (0, 1, 1)
    assert 240 <= ran.total_seconds < 270
    waited = metrics.waited["tax", Lane.interactive]
    assert (within(waited, 600), within(waited, 1_800)) == (0, 1)
    assert metrics.usage == {"tax": Usage(100, 20, 30, 1.5)}


async def test_a_job_that_never_ran_has_waited_until_its_end(
    ledger: Ledger, submit: Submit, redis_url: str
) -> None:
    job_id = await submit()
    with Redis.from_url(redis_url) as redis:
        move_back(redis, job_id, created_at=90)
    await ledger.jobs.cancel("tax", job_id)
    metrics = await ledger.job_metrics.read()
    assert metrics.endings == {("summarize", "interactive", JobStatus.cancelled, "cancelled"): 1}
    assert metrics.ran == {}
    waited = metrics.waited["tax", Lane.interactive]
    assert (within(waited, 3_600), within(waited, 14_400)) == (0, 1)


async def test_the_time_before_not_before_is_no_waiting(
    ledger: Ledger, submit: Submit, redis_url: str
) -> None:
    job_id = await submit(not_before=datetime.now(UTC) + timedelta(hours=1))
    with Redis.from_url(redis_url) as redis:
        move_back(redis, job_id, created_at=90)
    await ledger.jobs.cancel("tax", job_id)
    waited = (await ledger.job_metrics.read()).waited["tax", Lane.interactive]
    assert (within(waited, 0.1), waited.total_seconds) == (1, 0)


async def test_lines_that_end_together_are_counted_each_and_do_not_wait(
    ledger: Ledger, driver: BatchDriver
) -> None:
    await driver.begin([("summarize", 100), ("extract", 100), ("summarize", 100)])
    await driver.release()
    ending = Ending(JobStatus.succeeded, result="{}", usage=Usage(10, 5, 0, 0.5))
    claims = driver.claimed.values()
    assert all(await asyncio.gather(*(ledger.runs.finish(claim, ending) for claim in claims)))
    metrics = await ledger.job_metrics.read()
    assert metrics.endings["summarize", "bulk", JobStatus.succeeded, ""] == 2
    assert metrics.ran["extract", Lane.bulk].counts[-1] == 1
    assert metrics.waited == {}
    assert metrics.usage["tax"].prompt_tokens == 30
