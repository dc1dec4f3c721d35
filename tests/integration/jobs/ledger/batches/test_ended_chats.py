"""What is read of the chats of a batch that have ended, to be written to its files."""

from __future__ import annotations

import dataclasses

from jobs.batches.batch import EndedChat, LineUrl
from jobs.ledger.runs import Ending
from jobs.ledger.unreadable import PROBLEM
from jobs.model.problems import Problem
from jobs.model.provenance import Provenance, Sampling
from jobs.model.states import JobStatus
from tests.integration.jobs.ledger.batch_kit import SUCCEEDED, BatchDriver

PROVENANCE = Provenance("1", "r1", "a" * 64, requests=1, sampling=Sampling(seed=4), seconds=0.5)
ENDINGS = [
    SUCCEEDED,
    Ending(JobStatus.succeeded, result='{"choices": []}', provenance=PROVENANCE),
    Ending(JobStatus.succeeded, result_blob="tax/aa/one", result_bytes=4, provenance=PROVENANCE),
    Ending(JobStatus.failed, error=Problem("output-invalid", "x"), provenance=PROVENANCE),
]
CHATS = [("chat", 100)] * len(ENDINGS)


async def ended(driver: BatchDriver, endpoint: LineUrl) -> tuple[str, list[str]]:
    """A batch whose lines have ended as in `ENDINGS`, and its jobs."""
    batch = await driver.begin(CHATS, endpoint=endpoint.value)
    await driver.release()
    ids = driver.take_sent()
    for job_id, ending in zip(ids, ENDINGS, strict=True):
        await driver.run([job_id], ending)
    return batch.id, ids


async def test_each_member_is_that_of_the_job(driver: BatchDriver) -> None:
    batch_id, ids = await ended(driver, LineUrl.chat)
    driver.redis.hset(f"chancery:job:{ids[0]}", "case_blob", "tax/aa/case")
    jobs = await driver.ledger.jobs.get_all("tax", ids)
    unflushed = await driver.ledger.batches.unflushed(batch_id, 10)
    assert unflushed is not None
    chats = unflushed.jobs
    assert [type(chat) for chat in chats] == [EndedChat] * len(ENDINGS)
    for field in dataclasses.fields(EndedChat):
        read = [getattr(chat, field.name) for chat in chats]
        assert read == [getattr(job, field.name) for job in jobs], field.name


async def test_jobs_of_a_batch_of_jobs_are_read_whole(driver: BatchDriver) -> None:
    batch_id, ids = await ended(driver, LineUrl.jobs)
    jobs = await driver.ledger.jobs.get_all("tax", ids)
    unflushed = await driver.ledger.batches.unflushed(batch_id, 10)
    assert unflushed is not None
    assert list(unflushed.jobs) == list(jobs)


async def test_a_chat_whose_record_cannot_be_read_has_failed(driver: BatchDriver) -> None:
    batch_id, ids = await ended(driver, LineUrl.chat)
    driver.redis.hset(f"chancery:job:{ids[1]}", "provenance", '{"later": 1}')
    unflushed = await driver.ledger.batches.unflushed(batch_id, 10)
    assert unflushed is not None
    chats = {chat.id: chat for chat in unflushed.jobs}
    assert chats[ids[0]].status is JobStatus.succeeded
    assert chats[ids[1]].status is JobStatus.failed
    assert chats[ids[1]].error == PROBLEM.to_dict()


async def test_nothing_is_read_if_a_chat_was_written_meanwhile(driver: BatchDriver) -> None:
    batch_id, ids = await ended(driver, LineUrl.chat)
    driver.redis.delete(f"chancery:job:{ids[2]}")
    assert await driver.ledger.batches.unflushed(batch_id, 10) is None
