"""What may become of a line: what may become of any job, and its batch hears of it once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from jobs.batches.batch import Batch, BatchStatus
from jobs.ledger.runs import Ending
from jobs.model.problems import Problem
from jobs.model.states import JobStatus
from tests.integration.jobs.ledger.batch_kit import SUCCEEDED, Bureau

FAILED = Ending(JobStatus.failed, error=Problem("output-invalid", "x"))


@pytest.fixture
async def sent(bureau: Bureau) -> tuple[Batch, str]:
    """A batch of one line, in Celery."""
    batch = await bureau.begin(1)
    await bureau.release()
    (job_id,) = bureau.take_sent()
    return batch, job_id


async def again(bureau: Bureau) -> str:
    """Release the line that came back."""
    assert (await bureau.release()).released == 1
    (job_id,) = bureau.take_sent()
    return job_id


async def written(bureau: Bureau, batch: Batch) -> tuple[list[int], list[int]]:
    """What is in its files at its end."""
    assert (await bureau.get(batch)).status is BatchStatus.finalizing
    assert await bureau.write(batch)
    now = await bureau.get(batch)
    assert now.status is BatchStatus.completed
    assert now.total == now.completed + now.failed == now.flushed
    return await bureau.written_lines(now)


@pytest.mark.parametrize("ending", [SUCCEEDED, FAILED])
async def test_it_ends_once(bureau: Bureau, sent: tuple[Batch, str], ending: Ending) -> None:
    batch, job_id = sent
    (claim,) = await bureau.claim([job_id])
    for _ in range(2):
        assert await bureau.ledger.runs.finish(claim, ending)
    good = ending.status is JobStatus.succeeded
    assert await bureau.counts(batch) == (1, int(good), int(not good))
    assert await written(bureau, batch) == (([1], []) if good else ([], [1]))
    assert await bureau.ledger.jobs.get("tax", job_id) is None


@pytest.mark.parametrize("delay", [0, 0.001])
async def test_it_is_put_back_and_runs_again(
    bureau: Bureau, sent: tuple[Batch, str], delay: float
) -> None:
    batch, job_id = sent
    (claim,) = await bureau.claim([job_id])
    assert await bureau.ledger.runs.requeue(claim, delay_seconds=delay, counted=True, code="x")
    if delay:
        while not (await bureau.ledger.upkeep.run_due_work()).queued:
            pass
    assert not await bureau.ledger.runs.finish(claim, SUCCEEDED)
    assert await again(bureau) == job_id
    (second,) = await bureau.claim([job_id])
    assert (second.tries, second.token) == (1, 2)
    assert await bureau.ledger.runs.finish(second, FAILED)
    assert await written(bureau, batch) == ([], [1])


async def test_it_runs_again_where_its_worker_died(bureau: Bureau, sent: tuple[Batch, str]) -> None:
    batch, job_id = sent
    (lost,) = await bureau.claim([job_id], lease=0)
    assert (await bureau.ledger.upkeep.run_due_work()).rescued == 1
    assert await again(bureau) == job_id
    await bureau.claim([job_id])
    assert await bureau.ledger.processes.declare_dead("w") == 1
    assert await again(bureau) == job_id
    claims = await bureau.ledger.runs.claim([job_id], "w", 30)
    assert claims.suspects == [job_id]
    (alone,) = await bureau.claim([job_id], alone=True)
    assert not await bureau.ledger.runs.finish(lost, FAILED)
    assert await bureau.ledger.runs.finish(alone, SUCCEEDED)
    assert await written(bureau, batch) == ([1], [])


async def test_it_is_set_aside_where_it_kills_its_worker_even_alone(
    bureau: Bureau, sent: tuple[Batch, str]
) -> None:
    batch, job_id = sent
    for death in range(3):
        await bureau.claim([job_id], lease=0, alone=death == 2)
        await bureau.ledger.upkeep.run_due_work()
        if death < 2:
            await again(bureau)
    job = await bureau.ledger.jobs.get("tax", job_id)
    assert job is not None
    assert job.error is not None
    assert job.error["type"] == "/problems/poisoned"
    assert await written(bureau, batch) == ([], [1])


async def test_its_bystanders_in_the_message_are_claimed_and_it_alone_is_not(
    bureau: Bureau,
) -> None:
    await bureau.begin(3)
    await bureau.release()
    (message,) = bureau.messages()
    for _ in range(2):
        await bureau.claim(message[:1], lease=0)
        await bureau.ledger.upkeep.run_due_work()
        await bureau.release()
    await bureau.ledger.jobs.cancel("tax", message[1])
    claims = await bureau.ledger.runs.claim(message, "w", 30)
    assert [claim.job.id for claim in claims.granted] == message[2:]
    assert claims.suspects == message[:1]
    assert await bureau.claim(["job_unknown", *message[2:]]) == []


async def test_it_is_sent_again_where_its_message_was_lost(
    bureau: Bureau, sent: tuple[Batch, str]
) -> None:
    batch, job_id = sent
    while not (await bureau.ledger.upkeep.run_due_work(lost_after_seconds=0.001)).sent_again:
        pass
    assert bureau.sent() == [job_id]
    await bureau.run([job_id])
    assert await written(bureau, batch) == ([1], [])


@pytest.mark.parametrize("running", [False, True])
async def test_it_may_be_cancelled_on_its_own(
    bureau: Bureau, sent: tuple[Batch, str], *, running: bool
) -> None:
    batch, job_id = sent
    claims = await bureau.claim([job_id]) if running else []
    for _ in range(2):
        await bureau.ledger.jobs.cancel("tax", job_id)
    for claim in claims:
        assert not await bureau.ledger.runs.finish(claim, SUCCEEDED)
    assert await bureau.claim([job_id]) == []
    assert await bureau.counts(batch) == (1, 0, 1)
    assert await written(bureau, batch) == ([], [1])


async def test_it_may_be_cancelled_while_it_waits_to_run_again(
    bureau: Bureau, sent: tuple[Batch, str]
) -> None:
    batch, job_id = sent
    await bureau.claim([job_id], lease=0)
    await bureau.ledger.upkeep.run_due_work()
    await bureau.ledger.jobs.cancel("tax", job_id)
    assert (await bureau.release()).released == 0
    assert await written(bureau, batch) == ([], [1])


async def test_it_is_not_claimed_after_the_deadline_of_its_batch(bureau: Bureau) -> None:
    batch = await bureau.begin(2, deadline=datetime.now(UTC) + timedelta(seconds=0.3))
    await bureau.release(1)
    ids = bureau.take_sent()
    while datetime.now(UTC) <= batch.deadline:
        assert (await bureau.get(batch)).status is BatchStatus.in_progress
    assert await bureau.claim(ids) == []
    job = await bureau.ledger.jobs.get("tax", ids[0])
    assert job is not None
    assert job.status is JobStatus.expired
    await bureau.ledger.upkeep.run_due_work()
    assert await bureau.write(batch)
    now = await bureau.get(batch)
    assert (now.status, now.failed) == (BatchStatus.expired, 2)
    assert await bureau.written_lines(now) == ([], [1, 2])
