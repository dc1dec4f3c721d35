"""The memory in Redis of what stays of an ended job."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from redis import Redis

from jobs.blobs import inline_blob
from jobs.ledger import Ledger
from jobs.ledger.runs import Ending, LeaseRenewal
from jobs.model.ids import document_id
from jobs.model.job import Progress, Usage
from jobs.model.provenance import Provenance, Sampling
from jobs.model.states import JobStatus
from tests.integration.jobs.ledger.conftest import a_document, a_job, submit_job
from tests.integration.jobs.ledger.kept import PREFIX, check_kept

TEXT = "Notice 60: the water supply in Mill Street is interrupted."
DIGEST = hashlib.sha256(TEXT.encode()).hexdigest()
RESULT = '{"summary":"' + "The water supply is interrupted. " * 10 + '"}'
USAGE = Usage(prompt_tokens=334, completion_tokens=12, engine_seconds=0.02, gpu_seconds=0.01)
PROVENANCE = Provenance(
    "1", "instant", DIGEST, requests=1, prompt_sha256=DIGEST, sampling=Sampling(0.0, 1), seconds=0.1
)
# A table takes more memory.
LISTS = ("listpack", "ziplist")


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        yield redis


async def a_job_with_text(ledger: Ledger) -> str:
    job = a_job(document_id=document_id(DIGEST))
    text = replace(
        a_document("tax", job.document_id), sha256=DIGEST, bytes=len(TEXT), blob=inline_blob(TEXT)
    )
    await submit_job(ledger, job, document=text)
    return job.id


def record(redis: Redis, kind: str) -> tuple[str, dict[str, str]]:
    """The key and the fields of the only record of a kind."""
    (key,) = redis.keys(f"{PREFIX}{kind}:*")
    fields: Any = redis.hgetall(key)
    return str(key), fields


async def test_an_ended_job_keeps_only_what_is_read_of_it(ledger: Ledger, redis: Redis) -> None:
    job_id = await a_job_with_text(ledger)
    (claim,) = (await ledger.runs.claim([job_id], "w", 30)).granted
    ending = Ending(JobStatus.succeeded, result=RESULT, usage=USAGE, provenance=PROVENANCE)

    assert await ledger.runs.finish(claim, ending)

    job_key, job = record(redis, "job")
    assert set(job) == {
        *("department", "task", "lane", "document_id", "status", "attempts"),
        *("created_at", "started_at", "finished_at", "result", "usage", "provenance"),
        # A late run is refused by its token, and the space is freed by what was counted.
        *("token", "ended_by", "kept_records"),
    }
    document_key, document = record(redis, "document")
    assert set(document) == {
        *("bytes", "blob", "own", "jobs"),
        *("expires_at", "keep_ms", "kept_records"),
    }
    for key in (job_key, document_key):
        assert redis.object("encoding", key) in LISTS
    used = [redis.memory_usage(key, samples=0) for key in (job_key, document_key)]
    assert sum(used) < 1_400, used
    check_kept(redis)


async def test_a_late_run_of_an_ended_job_is_refused(ledger: Ledger, redis: Redis) -> None:
    job_id = await a_job_with_text(ledger)
    (late,) = (await ledger.runs.claim([job_id], "w1", 0)).granted
    await ledger.upkeep.run_due_work()
    (claim,) = (await ledger.runs.claim([job_id], "w2", 30)).granted
    ending = Ending(JobStatus.succeeded, result=RESULT)
    assert await ledger.runs.finish(claim, ending)
    _, before = record(redis, "job")

    assert not await ledger.runs.finish(late, replace(ending, result="{}"))
    assert not await ledger.runs.requeue(late, delay_seconds=0, counted=True, code="x")
    assert await ledger.runs.finish(claim, ending), "its own answer may have been lost"
    assert not (await ledger.runs.claim([job_id], "w1", 30)).granted

    assert record(redis, "job")[1] == before


async def test_progress_of_a_failed_job_stays(ledger: Ledger) -> None:
    job_id = await a_job_with_text(ledger)
    (claim,) = (await ledger.runs.claim([job_id], "w", 30)).granted
    await ledger.runs.renew("w", [LeaseRenewal(job_id, claim.token, Progress(2, 5))], 30)
    assert await ledger.runs.finish(claim, Ending(JobStatus.failed))
    job = await ledger.jobs.get("tax", job_id)
    assert job is not None
    assert (job.progress.done, job.progress.total) == (2, 5)
