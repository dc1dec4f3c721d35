"""A line has the states of any job, and its batch counts its ending once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from jobs.batches.batch import Batch, BatchStatus
from jobs.ledger.runs import Ending, Room
from jobs.model.problems import Problem
from jobs.model.states import JobStatus
from tests.integration.jobs.ledger.batch_kit import SUCCEEDED, BatchDriver

FAILED = Ending(JobStatus.failed, error=Problem("output-invalid", "x"))


@pytest.fixture
async def sent(driver: BatchDriver) -> tuple[Batch, str]:
    """A batch of one line, in Celery."""
    batch = await driver.begin(1)
    await driver.release()
    (job_id,) = driver.take_sent()
    return batch, job_id


async def again(driver: BatchDriver) -> str:
    """Release the line that came back."""
    assert (await driver.release()).released == 1
    (job_id,) = driver.take_sent()
    return job_id


async def written(driver: BatchDriver, batch: Batch) -> tuple[list[int], list[int]]:
    """What is in its files at its end."""
    assert (await driver.get(batch)).status is BatchStatus.finalizing
    assert await driver.write(batch)
    now = await driver.get(batch)
    assert now.status is BatchStatus.completed
    assert now.total == now.completed + now.failed == now.flushed
    return await driver.written_lines(now)


@pytest.mark.parametrize("ending", [SUCCEEDED, FAILED])
async def test_it_ends_once(driver: BatchDriver, sent: tuple[Batch, str], ending: Ending) -> None:
    batch, job_id = sent
    (claim,) = await driver.claim([job_id])
    for _ in range(2):
        assert await driver.ledger.runs.finish(claim, ending)
    good = ending.status is JobStatus.succeeded
    assert await driver.counts(batch) == (1, int(good), int(not good))
    assert await written(driver, batch) == (([1], []) if good else ([], [1]))
    assert await driver.ledger.jobs.get("tax", job_id) is None


@pytest.mark.parametrize("delay", [0, 0.001])
async def test_it_is_requeued_and_runs_again(
    driver: BatchDriver, sent: tuple[Batch, str], delay: float
) -> None:
    batch, job_id = sent
    (claim,) = await driver.claim([job_id])
    assert await driver.ledger.runs.requeue(claim, delay_seconds=delay, counted=True, code="x")
    if delay:
        while not (await driver.ledger.upkeep.run_due_work()).queued:
            pass
    assert not await driver.ledger.runs.finish(claim, SUCCEEDED)
    assert await again(driver) == job_id
    (second,) = await driver.claim([job_id])
    assert (second.tries, second.token) == (1, 2)
    assert await driver.ledger.runs.finish(second, FAILED)
    assert await written(driver, batch) == ([], [1])


async def test_it_runs_again_where_its_worker_died(
    driver: BatchDriver, sent: tuple[Batch, str]
) -> None:
    batch, job_id = sent
    (lost,) = await driver.claim([job_id])
    driver.end_lease(job_id)
    assert (await driver.ledger.upkeep.run_due_work()).rescued == 1
    assert await again(driver) == job_id
    await driver.claim([job_id])
    assert await driver.ledger.processes.declare_dead("w") == 1
    claims = await driver.ledger.runs.claim_waiting("w", 30, Room(1, 1, 1))
    assert (claims.suspect, claims.granted) == (job_id, [])
    (alone,) = (await driver.ledger.runs.claim([job_id], "w", 30, alone=True)).granted
    assert not await driver.ledger.runs.finish(lost, FAILED)
    assert await driver.ledger.runs.finish(alone, SUCCEEDED)
    assert await written(driver, batch) == ([1], [])


async def test_it_is_set_aside_where_it_kills_its_worker_even_alone(
    driver: BatchDriver, sent: tuple[Batch, str]
) -> None:
    batch, job_id = sent
    for death in range(3):
        driver.end_lease(job_id)
        await driver.ledger.upkeep.run_due_work()
        if death == 0:
            assert await again(driver) == job_id
        if death == 1:
            assert (await driver.ledger.runs.claim([job_id], "w", 30, alone=True)).granted
    job = await driver.ledger.jobs.get("tax", job_id)
    assert job is not None
    assert job.error is not None
    assert job.error["type"] == "/problems/poisoned"
    assert await written(driver, batch) == ([], [1])


@pytest.mark.parametrize("running", [False, True])
async def test_it_may_be_cancelled_on_its_own(
    driver: BatchDriver, sent: tuple[Batch, str], *, running: bool
) -> None:
    batch, job_id = sent
    claims = await driver.claim([job_id]) if running else []
    for _ in range(2):
        await driver.ledger.jobs.cancel("tax", job_id)
    for claim in claims:
        assert not await driver.ledger.runs.finish(claim, SUCCEEDED)
    assert (await driver.release()).released == 0
    assert await driver.counts(batch) == (1, 0, 1)
    assert await written(driver, batch) == ([], [1])


async def test_it_may_be_cancelled_while_it_waits_to_run_again(
    driver: BatchDriver, sent: tuple[Batch, str]
) -> None:
    batch, job_id = sent
    driver.end_lease(job_id)
    await driver.ledger.upkeep.run_due_work()
    await driver.ledger.jobs.cancel("tax", job_id)
    assert (await driver.release()).released == 0
    assert await written(driver, batch) == ([], [1])


def _move_deadline(driver: BatchDriver, batch_id: str, job_id: str) -> None:
    """To the time at which the batch was created: an hour earlier."""
    for record in (f"batch:{batch_id}", f"job:{job_id}"):
        driver.redis.hincrby(f"chancery:{record}", "deadline", -3_600_000)
    driver.redis.zincrby("chancery:batch-deadlines", -3_600_000, batch_id)


async def test_it_is_not_claimed_after_the_deadline_of_its_batch(driver: BatchDriver) -> None:
    batch = await driver.begin(2, deadline=datetime.now(UTC) + timedelta(hours=1))
    await driver.release(1)
    ids = driver.take_sent()
    (claim,) = await driver.claim(ids)
    await driver.ledger.runs.requeue(claim, delay_seconds=0, counted=False, code="x")
    _move_deadline(driver, batch.id, ids[0])
    assert (await driver.get(batch)).status is BatchStatus.in_progress
    await driver.release(1)
    job = await driver.ledger.jobs.get("tax", ids[0])
    assert job is not None
    assert job.status is JobStatus.expired
    await driver.ledger.upkeep.run_due_work()
    assert await driver.write(batch)
    now = await driver.get(batch)
    assert (now.status, now.failed) == (BatchStatus.expired, 2)
    assert await driver.written_lines(now) == ([], [1, 2])
