"""Deletion on request: what goes with a job, a document and a batch, and what is in the way."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis

from jobs.ledger import Ledger
from jobs.ledger.runs import Ending
from jobs.model.ids import new_callback_id
from jobs.model.problems import ProblemError
from jobs.model.states import JobStatus
from tests.integration.jobs.ledger.batch_kit import BatchDriver
from tests.integration.jobs.ledger.callback_kit import URL, claim_one, settle, taken
from tests.integration.jobs.ledger.conftest import Submit, a_document, a_job, submit_job

# Counters, the rank of the last message, and what the scheduler takes for Flower: ids, no content.
STAYS = (
    "job-times",
    "activity",
    "callback-counts",
    "counters",
    "endings",
    "messages",
    "ready-turn",
    "ready-turns",  # a department without jobs is removed by the next claim
    "rewrite",
    "keep-times",
    "asking:callbacks",
    "woken:callbacks",
    "woken:interactive",
)


def left(redis_url: str) -> set[str]:
    """Keys, except counters and the ids of jobs by their ends."""
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        keys = {str(key) for key in redis.scan_iter("chancery:*")}
    keys -= {f"chancery:{name}" for name in STAYS}
    return {key for key in keys if not key.startswith(("chancery:usage:", "chancery:ended:"))}


async def code_of(call: Awaitable[object]) -> str:
    with pytest.raises(ProblemError) as raised:
        await call
    return raised.value.problem.code


async def finished(ledger: Ledger, job_id: str, blob: str | None = None) -> None:
    (claim,) = (await ledger.runs.claim([job_id], "w", 30)).granted
    result = None if blob else "{}"
    ending = Ending(JobStatus.succeeded, result=result, result_blob=blob)
    assert await ledger.runs.finish(claim, ending)


async def test_an_ended_job_is_deleted_with_its_callback_and_names_its_blob(
    ledger: Ledger, submit: Submit, redis_url: str
) -> None:
    job_id = await submit(url=URL)
    assert await code_of(ledger.jobs.delete("tax", job_id)) == "not-ended"
    (claim,) = (await ledger.runs.claim([job_id], "w", 30)).granted
    assert await code_of(ledger.jobs.delete("tax", job_id)) == "not-ended"
    ending = Ending(JobStatus.succeeded, result_blob="tax/aa/result")
    assert await ledger.runs.finish(claim, ending)
    assert await ledger.jobs.delete("health", job_id) is None
    (callback,) = (await ledger.callbacks.list("tax", job_id=job_id)).items
    assert await ledger.jobs.delete("tax", job_id) == ["tax/aa/result", "tax/aa/blob"]
    assert await ledger.jobs.delete("tax", job_id) is None
    assert await ledger.jobs.get("tax", job_id) is None
    assert (await ledger.callbacks.list("tax")).items == []
    assert await claim_one(ledger, callback.id, 30) is None
    assert left(redis_url) == set()


async def test_a_job_is_deleted_while_its_callback_is_delivered(
    ledger: Ledger, submit: Submit, redis_url: str
) -> None:
    job_id = await submit(url=URL)
    await finished(ledger, job_id)
    (callback,) = (await ledger.callbacks.list("tax", job_id=job_id)).items
    delivery = await taken(ledger, callback)
    assert await ledger.jobs.delete("tax", job_id) == ["tax/aa/blob"]
    assert not await settle(ledger, delivery, 204)
    assert not {key for key in left(redis_url) if callback.id in key}


async def test_a_text_goes_with_its_job_unless_it_has_another_use(
    ledger: Ledger, redis_url: str
) -> None:
    async def text_job(document_id: str) -> str:
        job = a_job(document_id=document_id)
        await submit_job(ledger, job)
        return job.id

    alone, twice = await text_job("doc_1"), await text_job("doc_2")
    other = await text_job("doc_2")
    for job_id in (alone, twice):
        await finished(ledger, job_id)
    assert await ledger.jobs.delete("tax", alone) == ["tax/aa/blob"]
    assert await ledger.jobs.delete("tax", twice) == []
    await finished(ledger, other)
    assert await ledger.jobs.delete("tax", other) == ["tax/aa/blob"]
    for use in ("upload", "job", "library", "batch"):
        await finished(ledger, job_id := await text_job("doc_3"))
        if use == "upload":
            await ledger.documents.keep(a_document(document_id="doc_3"))
        elif use == "job":
            await submit_job(ledger, a_job(document_id="doc_3"), document=None)
        elif use == "library":
            await ledger.libraries.add("tax", "laws", "doc_3")
        else:
            deadline = datetime.now(UTC) + timedelta(hours=1)
            await ledger.documents.extend("tax", ["doc_3"], deadline)
        assert await ledger.jobs.delete("tax", job_id) == [], use
        await ledger.documents.withdraw("tax", "doc_3")
    assert not {key for key in left(redis_url) if key.startswith("chancery:document:")}


async def test_a_document_is_deleted_when_nothing_needs_it(
    ledger: Ledger, submit: Submit, redis_url: str
) -> None:
    job_id = await submit()
    assert await code_of(ledger.documents.delete("tax", "doc_1")) == "document-in-use"
    await ledger.jobs.cancel("tax", job_id)
    await ledger.libraries.add("tax", "laws", "doc_1")
    assert await code_of(ledger.documents.delete("tax", "doc_1")) == "document-in-use"
    await ledger.libraries.remove("tax", "laws", "doc_1")
    assert await ledger.documents.delete("health", "doc_1") is None
    assert await ledger.documents.delete("tax", "doc_1") == "tax/aa/blob"
    assert await ledger.documents.delete("tax", "doc_1") is None
    assert await ledger.jobs.delete("tax", job_id) == []
    assert left(redis_url) == set()


async def test_an_ended_batch_is_deleted_with_its_jobs_and_files(
    ledger: Ledger, driver: BatchDriver, redis_url: str
) -> None:
    batch = await driver.begin(3, callback_id=new_callback_id(), callback_url=URL)
    assert await code_of(_deleted(ledger, batch.id)) == "not-ended"
    await driver.release()
    first, *others = driver.take_sent()
    await driver.run([first])
    assert await code_of(ledger.jobs.delete("tax", first)) == "not-ended"
    await driver.run(others)
    await driver.write(batch)
    ended = await driver.get(batch)
    assert ended.ended_at is not None
    blobs = await _deleted(ledger, batch.id)
    assert "tax/aa/input" in blobs
    assert len(blobs) == 2
    assert await ledger.batches.get("tax", batch.id) is None
    assert (await ledger.files.list("tax")).items == []
    assert not {key for key in left(redis_url) if batch.id in key or "file" in key or "kept" in key}
    assert await _deleted(ledger, batch.id) == []


async def test_a_batch_leaves_an_input_file_that_another_one_reads(
    ledger: Ledger, driver: BatchDriver
) -> None:
    batch = await driver.begin(0, refused=1)
    await driver.write(batch)
    assert (await driver.get(batch)).ended_at is not None
    other = await driver.submit(input_file_id=batch.input_file_id)
    await _deleted(ledger, batch.id)
    assert await ledger.files.get("tax", batch.input_file_id) is not None
    await ledger.batches.cancel("tax", other.id)
    assert "tax/aa/input" in await _deleted(ledger, other.id)


async def _deleted(ledger: Ledger, batch_id: str) -> list[str]:
    return [blob async for blobs in ledger.batches.delete("tax", batch_id) for blob in blobs]
