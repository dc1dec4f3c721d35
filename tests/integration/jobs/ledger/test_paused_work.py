"""Work that operators have paused: it waits, and goes on where it was when it is resumed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from jobs.ledger import Ledger
from jobs.ledger.pauses import Pause
from jobs.ledger.runs import Claims
from jobs.model.lanes import Lane
from jobs.model.states import JobStatus
from tests.integration.jobs.ledger.batch_kit import Bureau
from tests.integration.jobs.ledger.conftest import Submit

INTERACTIVE = [Pause("tax"), Pause(lane=Lane.interactive), Pause("tax", Lane.interactive)]
BULK = [Pause("tax"), Pause(lane=Lane.bulk), Pause("tax", Lane.bulk)]


async def pause(ledger: Ledger, pause: Pause) -> None:
    await ledger.pauses.pause(pause.department, pause.lane)


async def resume(ledger: Ledger, pause: Pause) -> None:
    await ledger.pauses.resume(pause.department, pause.lane)


async def status(bureau: Bureau, job_id: str) -> JobStatus:
    job = await bureau.ledger.jobs.get("tax", job_id)
    assert job is not None
    return job.status


@pytest.mark.parametrize("which", INTERACTIVE)
async def test_an_interactive_job_waits_and_is_sent_when_resumed(
    bureau: Bureau, submit: Submit, which: Pause
) -> None:
    await pause(bureau.ledger, which)
    ids = [await submit() for _ in range(3)]
    assert bureau.sent(Lane.interactive) == []
    assert [await status(bureau, job_id) for job_id in ids] == [JobStatus.queued] * 3
    assert (await bureau.release()).released == 0
    await resume(bureau.ledger, which)
    assert (await bureau.release(0)).released == 3  # it is no bulk work: it needs no room
    assert sorted(bureau.sent(Lane.interactive)) == sorted(ids)
    assert (await bureau.release()).released == 0
    await bureau.run(ids)
    assert await status(bureau, ids[0]) is JobStatus.succeeded


@pytest.mark.parametrize("which", INTERACTIVE)
async def test_a_job_that_is_paused_before_its_claim_waits(
    bureau: Bureau, submit: Submit, which: Pause
) -> None:
    job_id = await submit()
    await pause(bureau.ledger, which)
    assert await bureau.ledger.runs.claim(bureau.sent(Lane.interactive), "w", 30) == Claims([], [])
    assert await status(bureau, job_id) is JobStatus.queued
    assert (await bureau.ledger.upkeep.run_due_work(lost_after_seconds=0)).sent_again == 0
    await resume(bureau.ledger, which)
    # Its first message may be still there: it does not run for that.
    assert await bureau.claim([job_id]) == []
    await bureau.release()
    (claim,) = await bureau.claim([job_id])
    assert claim.job.attempts == 1


@pytest.mark.parametrize("which", BULK)
async def test_bulk_work_is_not_released(bureau: Bureau, submit: Submit, which: Pause) -> None:
    await submit(lane=Lane.bulk)
    await bureau.begin(3)
    await bureau.begin(2, department="parks")
    await pause(bureau.ledger, which)
    theirs = 0 if which.department is None else 2
    released = await bureau.release()
    assert (released.released, released.more) == (theirs, False)
    await resume(bureau.ledger, which)
    assert (await bureau.release()).released == 6 - theirs


@pytest.mark.parametrize("which", BULK)
async def test_lines_that_are_paused_before_their_claim_wait(bureau: Bureau, which: Pause) -> None:
    await bureau.begin(3)
    await bureau.release(3)
    running, *ids = bureau.take_sent()
    (claim,) = await bureau.claim([running])
    await pause(bureau.ledger, which)
    assert await bureau.claim(ids) == []
    assert bureau.redis.scard("chancery:running-bulk") == 1
    # What runs goes on to its end.
    assert await bureau.ledger.runs.renew("w", [], 30) == frozenset()
    await bureau.ledger.runs.requeue(claim, delay_seconds=0, counted=False, code="x")
    assert (await bureau.release()).released == 0
    await resume(bureau.ledger, which)
    assert (await bureau.release()).released == 3
    await bureau.run(bureau.sent())
    (batch,) = await bureau.ledger.batches.open()
    assert await bureau.counts(batch) == (3, 3, 0)


async def test_one_lane_that_is_paused_leaves_the_other_alone(
    bureau: Bureau, submit: Submit
) -> None:
    await bureau.begin(2)
    await bureau.ledger.pauses.pause("tax", Lane.interactive)
    for _ in range(150):  # more than are looked at for the first that may go
        await submit()
    assert (await bureau.release()).released == 2
    await bureau.ledger.pauses.resume("tax", Lane.interactive)
    await bureau.ledger.pauses.pause("tax", Lane.bulk)
    await bureau.begin(2)
    assert (await bureau.release()).released == 150
    assert len(bureau.sent()) == 2


async def test_interactive_batches_are_paused_with_their_lane(bureau: Bureau) -> None:
    await bureau.begin(3, lane=Lane.interactive)
    await bureau.ledger.pauses.pause(lane=Lane.interactive)
    await bureau.begin(1)
    assert (await bureau.release()).released == 1
    await bureau.ledger.pauses.resume(lane=Lane.interactive)
    await bureau.ledger.pauses.pause(lane=Lane.bulk)
    assert (await bureau.release()).released == 3


async def test_a_line_of_an_interactive_batch_that_is_paused_when_sent_waits(
    bureau: Bureau,
) -> None:
    await bureau.begin(3, lane=Lane.interactive)
    await bureau.release(2)
    ids = bureau.take_sent(Lane.interactive)
    await bureau.ledger.pauses.pause("tax")
    assert await bureau.claim(ids) == []
    await bureau.ledger.pauses.resume("tax")
    await bureau.release(3)
    assert len(await bureau.claim(bureau.sent(Lane.interactive))) == 3


async def test_work_that_is_paused_can_be_cancelled_and_expires(
    bureau: Bureau, submit: Submit
) -> None:
    await bureau.ledger.pauses.pause("tax")
    first = await submit()
    ago = datetime.now(UTC) - timedelta(seconds=1)
    second = await submit(deadline=ago)
    await bureau.ledger.jobs.cancel("tax", first)
    await bureau.ledger.upkeep.run_due_work()
    assert await status(bureau, first) is JobStatus.cancelled
    assert await status(bureau, second) is JobStatus.expired
    await bureau.ledger.pauses.resume("tax")
    assert (await bureau.release()).released == 0
