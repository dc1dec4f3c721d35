"""Records that this release cannot read: listed, cancelled and ended like others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from redis import Redis

from jobs.ledger import Ledger
from jobs.model.job import Job
from jobs.model.states import CallbackStatus, JobStatus
from tests.integration.files import a_file
from tests.integration.jobs.ledger.batch_kit import BatchDriver
from tests.integration.jobs.ledger.conftest import Submit

PREFIX = "chancery:"
# Times outside the years that `datetime` has, as an earlier release stored them.
EDGES: dict[Any, Any] = {"not_before": "-62135625600000", "deadline": "2.534023044e+14"}
# Values of a later release.
LATER = {"created_at": "soon", "lane": "night", "usage": '{"pages": 3}', "model": "vast"}


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        yield redis


async def found(ledger: Ledger, job_id: str) -> Job:
    job = await ledger.jobs.get("tax", job_id)
    assert job is not None
    return job


async def test_times_at_the_edges_are_read_as_the_nearest(
    ledger: Ledger, redis: Redis, submit: Submit
) -> None:
    job_id = await submit()
    redis.hset(f"{PREFIX}job:{job_id}", mapping=EDGES)
    job = await found(ledger, job_id)
    assert job.error is None
    assert (job.not_before and job.not_before.year, job.deadline and job.deadline.year) == (1, 9999)
    assert [one.id for one in (await ledger.jobs.list("tax")).items] == [job_id]
    (claim,) = (await ledger.runs.claim([job_id], "w", 30)).granted
    assert claim.job.id == job_id


@pytest.mark.parametrize("field", LATER)
async def test_one_unreadable_job_breaks_no_list_and_can_be_cancelled(
    ledger: Ledger, redis: Redis, submit: Submit, field: str
) -> None:
    others = [await submit() for _ in range(2)]
    job_id = await submit()
    redis.hset(f"{PREFIX}job:{job_id}", field, LATER[field])
    listed = {one.id: one for one in (await ledger.jobs.list("tax")).items}
    assert set(listed) == {job_id, *others}
    assert [listed[one].error for one in others] == [None, None]
    unreadable = listed[job_id]
    assert unreadable.error is not None
    assert unreadable.error["type"] == "/problems/record-unreadable"
    assert unreadable.status is JobStatus.queued
    assert unreadable.created_at.year >= 2025
    assert (await found(ledger, job_id)).error == unreadable.error
    cancelled = await ledger.jobs.cancel("tax", job_id)
    assert cancelled is not None
    assert cancelled.status is JobStatus.cancelled


async def test_a_claimed_job_that_is_unreadable_ends_and_the_others_run(
    ledger: Ledger, redis: Redis, submit: Submit
) -> None:
    good, bad = await submit(), await submit()
    redis.hset(f"{PREFIX}job:{bad}", "options", "{not JSON")
    claims = await ledger.runs.claim([bad, good], "w", 30)
    assert [claim.job.id for claim in claims.granted] == [good]
    job = await found(ledger, bad)
    assert job.status is JobStatus.failed
    assert job.error is not None
    assert job.error["type"] == "/problems/record-unreadable"


async def test_one_unreadable_batch_breaks_no_list(driver: BatchDriver) -> None:
    batch, other = await driver.begin(1), await driver.begin(1)
    driver.redis.hset(f"{PREFIX}batch:{batch.id}", "tokens", "{not JSON")
    page = await driver.ledger.batches.list("tax", after=None, limit=10)
    assert {one.id for one in page.items} == {batch.id, other.id}
    unreadable = await driver.get(batch)
    assert unreadable.errors[0]["code"] == "record-unreadable"
    assert unreadable.status is batch.status
    assert [one.id for one in await driver.ledger.batches.open()] == [other.id]
    cancelled = await driver.ledger.batches.cancel("tax", batch.id)
    assert cancelled is not None
    assert cancelled.status == "cancelling"
    await driver.write(batch)
    assert (await driver.get(batch)).status == "cancelled"


async def test_one_unreadable_callback_breaks_no_list(
    ledger: Ledger, redis: Redis, submit: Submit
) -> None:
    for _ in range(2):
        await ledger.jobs.cancel("tax", await submit(url="http://receiver.intranet/hook"))
    ids = [one.id for one in (await ledger.callbacks.list("tax")).items]
    redis.hset(f"{PREFIX}callback:{ids[0]}", "next_attempt_at", "soon")
    listed = {one.id: one for one in (await ledger.callbacks.list("tax")).items}
    assert set(listed) == set(ids)
    assert listed[ids[0]].status is CallbackStatus.pending
    assert "cannot be read" in (listed[ids[0]].error or "")


async def test_unreadable_files_and_departments_are_left_out_of_lists(
    ledger: Ledger, redis: Redis
) -> None:
    files = [a_file(made=n) for n in range(2)]
    for file in files:
        await ledger.files.keep(file)
    redis.hset(f"{PREFIX}file:{files[0].id}", "purpose", "later")
    assert [one.id for one in (await ledger.files.list("tax")).items] == [files[1].id]
    await ledger.departments.create("tax")
    await ledger.departments.create("parks")
    redis.hset(f"{PREFIX}department:tax", "weight", "heavy")
    assert [one.name for one in await ledger.departments.all()] == ["parks"]
