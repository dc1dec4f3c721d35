"""Paused work waits, and continues when it is resumed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from jobs.ledger import Ledger
from jobs.ledger.pauses import Pause
from jobs.ledger.runs import Claims, LeaseRenewal, Room, WaitingClaims
from jobs.model.job import Progress
from jobs.model.lanes import Lane
from jobs.model.states import JobStatus
from tests.integration.jobs.ledger.batch_kit import BatchDriver
from tests.integration.jobs.ledger.conftest import Submit

NOTHING = WaitingClaims([], None, more=False)
INTERACTIVE = [Pause("tax"), Pause(lane=Lane.interactive), Pause("tax", Lane.interactive)]
BULK = [Pause("tax"), Pause(lane=Lane.bulk), Pause("tax", Lane.bulk)]


async def pause(ledger: Ledger, pause: Pause) -> None:
    await ledger.pauses.pause(pause.department, pause.lane)


async def resume(ledger: Ledger, pause: Pause) -> None:
    await ledger.pauses.resume(pause.department, pause.lane)


async def status(driver: BatchDriver, job_id: str) -> JobStatus:
    job = await driver.ledger.jobs.get("tax", job_id)
    assert job is not None
    return job.status


@pytest.mark.parametrize("which", INTERACTIVE)
async def test_an_interactive_job_waits_until_it_is_resumed(
    driver: BatchDriver, submit: Submit, which: Pause
) -> None:
    await pause(driver.ledger, which)
    ids = [await submit() for _ in range(3)]
    assert await driver.ledger.runs.claim_waiting("w", 30, Room(10)) == NOTHING
    assert [await status(driver, job_id) for job_id in ids] == [JobStatus.queued] * 3
    await resume(driver.ledger, which)
    claims = await driver.ledger.runs.claim_waiting("w", 30, Room(10))
    assert [claim.job.id for claim in claims.granted] == ids


@pytest.mark.parametrize("which", INTERACTIVE)
async def test_a_job_that_is_paused_before_its_claim_waits(
    driver: BatchDriver, submit: Submit, which: Pause
) -> None:
    job_id = await submit()
    await pause(driver.ledger, which)
    assert await driver.ledger.runs.claim([job_id], "w", 30) == Claims([], [])
    assert await driver.ledger.runs.claim_waiting("w", 30, Room(10)) == NOTHING
    assert await status(driver, job_id) is JobStatus.queued
    await resume(driver.ledger, which)
    (claim,) = (await driver.ledger.runs.claim_waiting("w", 30, Room(10))).granted
    assert claim.job.attempts == 1


@pytest.mark.parametrize("which", BULK)
async def test_bulk_work_is_not_released(driver: BatchDriver, submit: Submit, which: Pause) -> None:
    await submit(lane=Lane.bulk)
    await driver.begin(3)
    await driver.begin(2, department="parks")
    await pause(driver.ledger, which)
    theirs = 0 if which.department is None else 2
    released = await driver.release()
    assert (released.released, released.more) == (theirs, False)
    await resume(driver.ledger, which)
    assert (await driver.release()).released == 6 - theirs


@pytest.mark.parametrize("which", BULK)
async def test_a_line_that_runs_when_it_is_paused_goes_on_and_waits_when_requeued(
    driver: BatchDriver, which: Pause
) -> None:
    await driver.begin(3)
    await driver.release(1)
    (claim,) = await driver.claim(driver.take_sent())
    await pause(driver.ledger, which)
    held = [LeaseRenewal(claim.job.id, claim.token, Progress())]
    assert await driver.ledger.runs.renew("w", held, 30) == frozenset()
    await driver.ledger.runs.requeue(claim, delay_seconds=0, counted=False, code="x")
    assert (await driver.release()).released == 0
    await resume(driver.ledger, which)
    assert (await driver.release()).released == 3
    await driver.run(driver.sent())
    (batch,) = await driver.ledger.batches.open()
    assert await driver.counts(batch) == (3, 3, 0)


async def test_one_lane_that_is_paused_leaves_the_other_alone(
    driver: BatchDriver, submit: Submit
) -> None:
    await driver.begin(2)
    await driver.ledger.pauses.pause("tax", Lane.interactive)
    for _ in range(150):  # more than are looked at for the first that may go
        await submit()
    assert (await driver.release()).released == 2
    await driver.ledger.pauses.resume("tax", Lane.interactive)
    await driver.ledger.pauses.pause("tax", Lane.bulk)
    await driver.begin(2)
    assert (await driver.release()).released == 150
    assert len(driver.sent()) == 2


async def test_interactive_batches_are_paused_with_their_lane(driver: BatchDriver) -> None:
    await driver.begin(3, lane=Lane.interactive)
    await driver.ledger.pauses.pause(lane=Lane.interactive)
    await driver.begin(1)
    assert (await driver.release()).released == 1
    await driver.ledger.pauses.resume(lane=Lane.interactive)
    await driver.ledger.pauses.pause(lane=Lane.bulk)
    assert (await driver.release()).released == 3


async def test_work_that_is_paused_can_be_cancelled_and_expires(
    driver: BatchDriver, submit: Submit
) -> None:
    await driver.ledger.pauses.pause("tax")
    first = await submit()
    ago = datetime.now(UTC) - timedelta(seconds=1)
    second = await submit(deadline=ago)
    await driver.ledger.jobs.cancel("tax", first)
    await driver.ledger.upkeep.run_due_work()
    assert await status(driver, first) is JobStatus.cancelled
    assert await status(driver, second) is JobStatus.expired
    await driver.ledger.pauses.resume("tax")
    assert (await driver.release()).released == 0
