"""A text that only its job has named is in no index of what expires: it is removed with the job."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr
from redis import Redis

from jobs.ledger import Ledger
from jobs.model.ids import new_callback_id
from jobs.process.settings import RedisSettings, RetentionSettings
from tests.integration.jobs.ledger.conftest import (
    a_document,
    a_job,
    ended_job,
    pass_time_of,
    submit_job,
)
from tests.integration.jobs.ledger.kept import check_kept

INDEX, DOCUMENT, MEMBER = "chancery:documents", "chancery:document:tax:doc_1", "tax:doc_1"
BLOB = "tax/aa/blob"


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        yield redis
        check_kept(redis)


@asynccontextmanager
async def keeping(redis_url: str, jobs: float, documents: float) -> AsyncIterator[Ledger]:
    """A ledger that keeps both for so many hours."""
    retention = RetentionSettings(job_retention_hours=jobs, document_retention_hours=documents)
    ledger = Ledger(RedisSettings(url=SecretStr(redis_url)), retention)
    yield ledger
    await ledger.close()


async def test_it_is_removed_with_its_job(ledger: Ledger, redis: Redis) -> None:
    job_id = await ended_job(ledger)
    assert not redis.exists(INDEX)
    assert (await ledger.upkeep.prune()).jobs == 0
    pass_time_of(redis, job_id)
    redis.hset(DOCUMENT, "expires_at", 1)
    pruned = await ledger.upkeep.prune()
    assert (pruned.jobs, pruned.documents, pruned.blobs) == (1, 1, [BLOB])
    assert not redis.exists(DOCUMENT, "chancery:keep-times")


async def test_it_goes_in_its_time_while_a_callback_keeps_the_job(
    ledger: Ledger, redis: Redis
) -> None:
    event = {"callback_url": "http://oa.tax/hook", "callback_id": new_callback_id()}
    job_id = await ended_job(ledger, **event)
    pass_time_of(redis, job_id)
    redis.hset(DOCUMENT, "expires_at", 1)
    pruned = await ledger.upkeep.prune()
    assert (pruned.jobs, pruned.documents) == (0, 1)
    assert redis.zrange("chancery:ended", 0, -1) == [job_id]


async def test_one_that_is_kept_longer_than_its_job_expires_by_itself(
    redis_url: str, redis: Redis
) -> None:
    async with keeping(redis_url, jobs=1, documents=2) as ledger:
        pass_time_of(redis, await ended_job(ledger))
        pruned = await ledger.upkeep.prune()
        assert (pruned.jobs, pruned.documents) == (1, 0)
        assert redis.zscore(INDEX, MEMBER) == int(redis.hget(DOCUMENT, "expires_at") or 0)
        redis.zadd(INDEX, {MEMBER: 1})
        assert (await ledger.upkeep.prune()).blobs == [BLOB]


async def test_one_that_is_kept_for_less_than_its_job_expires_by_itself(
    redis_url: str, redis: Redis
) -> None:
    async with keeping(redis_url, jobs=2, documents=1) as ledger:
        job_id = await ended_job(ledger)
        assert redis.zscore(INDEX, MEMBER) == int(redis.hget(DOCUMENT, "expires_at") or 0)
        redis.zadd(INDEX, {MEMBER: 1})
        assert (await ledger.upkeep.prune()).blobs == [BLOB]
        pass_time_of(redis, job_id)
        assert (await ledger.upkeep.prune()).jobs == 1


async def test_one_that_something_else_names_later_expires_by_itself(
    ledger: Ledger, redis: Redis
) -> None:
    for use in ("upload", "job", "library"):
        await ended_job(ledger)
        if use == "upload":
            await ledger.documents.keep(a_document())
        elif use == "job":
            await submit_job(ledger, a_job(), document=None)
        else:
            await ledger.libraries.add("tax", "laws", "doc_1")
        assert redis.zscore(INDEX, MEMBER) == int(redis.hget(DOCUMENT, "expires_at") or 0), use
        await ledger.documents.withdraw("tax", "doc_1")


async def test_one_that_is_sent_again_after_a_cancellation_is_kept(
    ledger: Ledger, redis: Redis
) -> None:
    job = a_job()
    await submit_job(ledger, job)
    await ledger.jobs.cancel("tax", job.id)
    await ended_job(ledger)
    assert (await ledger.upkeep.prune()).documents == 0
    assert redis.exists(DOCUMENT)


async def test_one_that_two_jobs_brought_goes_with_the_last_of_them(
    ledger: Ledger, redis: Redis
) -> None:
    for ending in ("cancellation", "deletion"):
        first = await ended_job(ledger)
        if ending == "cancellation":
            job = a_job()
            await submit_job(ledger, job)
            await ledger.jobs.cancel("tax", job.id)
            await ledger.upkeep.prune()
            await ledger.jobs.delete("tax", job.id)
        else:
            assert await ledger.jobs.delete("tax", await ended_job(ledger)) == []
        assert redis.exists(DOCUMENT), ending
        assert await ledger.jobs.delete("tax", first) == [BLOB], ending


async def test_one_that_two_jobs_brought_stays_when_a_callback_keeps_the_first(
    ledger: Ledger, redis: Redis
) -> None:
    event = {"callback_url": "http://oa.tax/hook", "callback_id": new_callback_id()}
    first, second = await ended_job(ledger, **event), await ended_job(ledger)
    pass_time_of(redis, first)
    redis.hset(DOCUMENT, "expires_at", 1)
    await ledger.upkeep.prune()
    assert await ledger.jobs.delete("tax", first) == []
    assert await ledger.jobs.delete("tax", second) == [BLOB]


async def test_one_whose_other_job_was_cancelled_is_removed_in_its_time(
    ledger: Ledger, redis: Redis
) -> None:
    first, job = await ended_job(ledger), a_job()
    await submit_job(ledger, job)
    await ledger.jobs.cancel("tax", job.id)
    pass_time_of(redis, first)
    redis.hset(DOCUMENT, "expires_at", 1)
    pruned = await ledger.upkeep.prune()
    assert (pruned.jobs, pruned.blobs) == (1, [BLOB])
    await ledger.jobs.delete("tax", job.id)


async def test_jobs_with_other_times_of_keeping_are_removed_each_in_its_own(
    redis_url: str, redis: Redis
) -> None:
    for hours in (1, 2):
        async with keeping(redis_url, jobs=hours, documents=hours) as ledger:
            deleted, gone, kept = [await ended_job(ledger) for _ in range(3)]
            await ledger.jobs.delete("tax", deleted)
            pass_time_of(redis, gone)
            assert (await ledger.upkeep.prune()).jobs == 1
            assert await ledger.jobs.get("tax", gone) is None
            assert await ledger.jobs.get("tax", kept) is not None
    assert redis.smembers("chancery:keep-times") == {"3600000", "7200000"}
