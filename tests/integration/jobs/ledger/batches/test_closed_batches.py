"""A batch that is cancelled, or whose deadline passes, keeps what was done of it."""

from __future__ import annotations

import pytest

from jobs.batches.batch import BatchStatus
from jobs.batches.views import batch_view
from tests.integration.jobs.ledger.batch_kit import SUCCEEDED, BatchDriver
from tests.integration.jobs.ledger.batches.endings import WHY, close, ended_as, write_all


@pytest.mark.parametrize("why", WHY)
async def test_a_batch_that_only_waits_is_closed_with_all_its_lines_unrun(
    driver: BatchDriver, why: BatchStatus
) -> None:
    batch = await driver.begin(5, refused=1)
    await close(driver, batch, why)
    assert (await driver.release()).released == 0
    assert (await driver.get(batch)).closing is why
    await write_all(driver, batch, most=2)
    await driver.ledger.upkeep.run_due_work()
    assert await ended_as(driver, batch) is why
    assert await driver.written_lines(await driver.get(batch)) == ([], [6, 1, 2, 3, 4, 5])
    assert await driver.counts(batch) == (6, 0, 6)


@pytest.mark.parametrize("why", WHY)
async def test_a_batch_that_runs_is_closed_and_keeps_what_was_done(
    driver: BatchDriver, why: BatchStatus
) -> None:
    batch = await driver.begin(9)
    await driver.release(6)
    done, running, queued, back, *_ = driver.take_sent()
    await driver.run([done])
    runs = await driver.claim([running, back, queued])
    await driver.ledger.runs.requeue(runs[1], delay_seconds=60, counted=False, code="x")
    await driver.ledger.runs.requeue(runs[2], delay_seconds=0, counted=False, code="x")
    await driver.ledger.pauses.pause("tax")
    await close(driver, batch, why)
    now = await driver.get(batch)
    assert now.status is (BatchStatus.cancelling if why in WHY[:1] else BatchStatus.in_progress)
    await driver.ledger.upkeep.run_due_work()
    assert await driver.ledger.runs.renew("w", [], 30) == frozenset()
    assert not await driver.ledger.runs.finish(runs[0], SUCCEEDED)
    await driver.ledger.pauses.resume("tax")
    assert (await driver.release()).released == 0
    assert await driver.counts(batch) == (9, 1, 5)
    await write_all(driver, batch)
    assert await ended_as(driver, batch) is why
    good, bad = await driver.written_lines(await driver.get(batch))
    assert (good, sorted(bad)) == ([1], [2, 3, 4, 5, 6, 7, 8, 9])
    assert (await driver.ledger.jobs.list("tax")).items == []


@pytest.mark.parametrize("why", WHY)
async def test_a_batch_whose_lines_have_all_ended_is_completed_though_it_is_closed(
    driver: BatchDriver, why: BatchStatus
) -> None:
    batch = await driver.begin(2)
    await driver.release()
    await driver.run(driver.take_sent())
    await close(driver, batch, why)
    await write_all(driver, batch)
    assert await ended_as(driver, batch) is BatchStatus.completed
    assert await driver.counts(batch) == (2, 2, 0)


async def test_lines_that_end_while_a_batch_is_closed_are_written_too(driver: BatchDriver) -> None:
    batch = await driver.begin(3)
    await driver.release(2)
    runs = await driver.claim(driver.take_sent())
    await close(driver, batch, BatchStatus.cancelled)
    # Schedulers write what is not to be run before run_due_work has ended what runs.
    assert await driver.write(batch)
    assert (await driver.get(batch)).status is BatchStatus.cancelling
    assert await driver.ledger.runs.finish(runs[0], SUCCEEDED)
    await driver.ledger.upkeep.run_due_work()
    await write_all(driver, batch)
    assert await ended_as(driver, batch) is BatchStatus.cancelled
    assert await driver.written_lines(await driver.get(batch)) == ([1], [3, 2])


async def test_a_batch_is_closed_once(driver: BatchDriver) -> None:
    batch = await driver.begin(3)
    await close(driver, batch, BatchStatus.cancelled)
    first = await driver.get(batch)
    await close(driver, batch, BatchStatus.expired)
    await close(driver, batch, BatchStatus.cancelled)
    assert await driver.get(batch) == first
    await write_all(driver, batch)
    await close(driver, batch, BatchStatus.cancelled)
    assert await ended_as(driver, batch) is BatchStatus.cancelled


async def test_so_many_lines_in_hand_are_ended_a_part_at_a_time(driver: BatchDriver) -> None:
    batch = await driver.begin(600)
    for depth in (400, 600):
        await driver.release(depth)
    await close(driver, batch, BatchStatus.cancelled)
    first, second, third = [await driver.ledger.upkeep.run_due_work() for _ in range(3)]
    assert (first.closed, second.closed, third.closed) == (500, 100, 0)
    await write_all(driver, batch)
    assert await ended_as(driver, batch) is BatchStatus.cancelled
    assert sorted((await driver.written_lines(await driver.get(batch)))[1]) == [*range(1, 601)]


async def test_a_batch_that_is_cancelled_while_its_file_is_read_has_no_files(
    driver: BatchDriver,
) -> None:
    batch = await driver.submit(lines=3)
    assert await driver.ledger.batches.cancel("tax", batch.id)
    view = batch_view(await driver.get(batch))
    assert view.status is BatchStatus.cancelled
    assert view.cancelling_at == view.cancelled_at is not None
    assert (view.output_file_id, view.error_file_id) == (None, None)
    assert view.request_counts.model_dump() == {"total": 0, "completed": 0, "failed": 0}
