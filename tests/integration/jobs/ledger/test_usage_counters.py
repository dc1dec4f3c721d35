"""The counters of usage: each run is counted once, whatever becomes of its job."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from redis.asyncio import Redis

from jobs.ledger import Ledger
from jobs.ledger.runs import Ending
from jobs.ledger.statistics import DayOfUse
from jobs.ledger.task_use import ModelUse
from jobs.model.department import Quota
from jobs.model.job import Claim, RunUsage, Usage
from jobs.model.provenance import Provenance
from jobs.model.roles import Role
from jobs.model.states import JobStatus
from tests.integration.jobs.ledger.conftest import Submit, a_job, submit_job

USAGE = Usage(100, 20, 30, 2.0, 5, 1.5, 450.0)
MODELS = {Role.full: "deepseek"}
USED = RunUsage(USAGE, models=MODELS)
SUCCEEDED = Ending(
    JobStatus.succeeded,
    result='{"summary":"x"}',
    usage=USAGE,
    models=MODELS,
    pages=3,
    provenance=Provenance("1", "deepseek", "0" * 64),
)
DAY_SECONDS = 86_400


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url, decode_responses=True) as redis:
        yield redis


async def claimed(ledger: Ledger, job_id: str) -> Claim:
    (claim,) = (await ledger.runs.claim([job_id], "w1", 30)).granted
    return claim


async def today(ledger: Ledger) -> DayOfUse:
    now = datetime.now(UTC).date()
    (day,) = await ledger.statistics.usage("tax", now, now)
    return day


async def put_back(ledger: Ledger, claim: Claim) -> bool:
    return await ledger.runs.requeue(
        claim, delay_seconds=0, counted=True, code="engine-failed", used=USED
    )


async def test_an_ending_is_counted_by_task_and_model(ledger: Ledger, submit: Submit) -> None:
    claim = await claimed(ledger, await submit())
    for _ in range(2):  # as a worker does whose connection was lost
        assert await ledger.runs.finish(claim, SUCCEEDED)
    assert (await today(ledger)).models == [
        ModelUse("summarize", Role.full, "deepseek", documents=1, pages=3, usage=USAGE)
    ]


async def test_a_run_that_is_put_back_is_counted_once_and_is_no_document(
    ledger: Ledger, submit: Submit
) -> None:
    claim = await claimed(ledger, await submit())
    assert await put_back(ledger, claim)
    assert not await put_back(ledger, claim)
    assert (await today(ledger)).models == [
        ModelUse("summarize", Role.full, "deepseek", usage=USAGE)
    ]
    assert await ledger.runs.finish(await claimed(ledger, claim.job.id), SUCCEEDED)
    day = await today(ledger)
    assert day.models == [
        ModelUse("summarize", Role.full, "deepseek", documents=1, pages=3, usage=USAGE + USAGE)
    ]
    assert (day.prompt_tokens, day.jobs) == (200, {"succeeded": 1})


async def test_a_run_of_a_cancelled_job_is_counted_once(ledger: Ledger, submit: Submit) -> None:
    claim = await claimed(ledger, await submit())
    await ledger.jobs.cancel("tax", claim.job.id)
    assert not await ledger.runs.finish(claim, SUCCEEDED)
    for _ in range(2):
        assert not await put_back(ledger, claim)
    day = await today(ledger)
    assert day.jobs == {"cancelled": 1}
    assert [(part.documents, part.usage) for part in day.models] == [(0, USAGE)]


async def test_a_run_that_failed_is_no_document(ledger: Ledger, submit: Submit) -> None:
    failed = Ending(JobStatus.failed, usage=USAGE, models=MODELS, pages=3)
    assert await ledger.runs.finish(await claimed(ledger, await submit()), failed)
    (part,) = (await today(ledger)).models
    assert (part.documents, part.pages, part.usage) == (0, 0, USAGE)


async def test_repeated_runs_are_not_taken_from_the_quota(ledger: Ledger) -> None:
    await ledger.departments.create("tax", quota=Quota(tokens_per_day=1000))
    job = a_job()
    await submit_job(ledger, job)
    claim = await claimed(ledger, job.id)
    await put_back(ledger, claim)
    (left,) = await ledger.departments.quotas("tax")
    assert left.left == 1000
    await ledger.runs.finish(await claimed(ledger, claim.job.id), SUCCEEDED)
    (left,) = await ledger.departments.quotas("tax")
    assert left.left == 1000 - 120


async def test_a_days_counters_are_deleted_after_two_years(
    ledger: Ledger, submit: Submit, redis: Redis
) -> None:
    first, second = await submit(), await submit()
    await ledger.runs.finish(await claimed(ledger, first), SUCCEEDED)
    (key,) = await redis.keys("chancery:usage:tax:*")
    assert 730 * DAY_SECONDS < await redis.ttl(key) <= 731 * DAY_SECONDS
    await redis.expire(key, 700 * DAY_SECONDS)
    await ledger.jobs.cancel("tax", second)
    assert await redis.ttl(key) <= 700 * DAY_SECONDS
