"""The duration of batches over the estimate at their submission."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import inf

import pytest

from jobs.batches.batch import Batch, BatchStatus
from jobs.batches.eta.simulation import ERROR_BUCKETS
from tests.integration.jobs.ledger.batch_kit import BatchDriver

HOUR = timedelta(hours=1)


async def begun(driver: BatchDriver, *, promised: float | None, due: float) -> Batch:
    """A batch of ten hours ago: its promise, and its deadline, so many hours after that."""
    then = datetime.now(UTC).replace(microsecond=0) - 10 * HOUR
    return await driver.begin(
        1,
        created_at=then,
        expected_at=None if promised is None else then + promised * HOUR,
        deadline=then + due * HOUR,
    )


async def complete(driver: BatchDriver, batch: Batch) -> None:
    await driver.release()
    await driver.run(driver.take_sent())
    assert await driver.write(batch)
    assert (await driver.get(batch)).status is BatchStatus.completed


async def expire(driver: BatchDriver, batch: Batch) -> None:
    await driver.ledger.upkeep.run_due_work()
    assert await driver.write(batch)
    assert (await driver.get(batch)).status is BatchStatus.expired


async def errors(driver: BatchDriver) -> tuple[list[float], object]:
    """The bucket of each batch that counts, and the sum of what they took over what was said."""
    found = (await driver.ledger.statistics.read_batches(["tax"])).errors
    counts = [found.buckets[bound] for bound in ERROR_BUCKETS]
    new = [count - before for count, before in zip(counts, [0, *counts], strict=False)]
    buckets = [bound for bound, count in zip(ERROR_BUCKETS, new, strict=True) for _ in range(count)]
    return buckets, found.total


@pytest.mark.parametrize(
    ("promised", "bucket"), [(40, 0.5), (12, 0.9), (9.5, 1.1), (5.5, 2), (2, inf)]
)
async def test_a_completed_batch_counts_with_what_it_took(
    driver: BatchDriver, promised: float, bucket: float
) -> None:
    await complete(driver, await begun(driver, promised=promised, due=50))
    assert await errors(driver) == ([bucket], pytest.approx(10 / promised, rel=0.01))


async def test_an_expired_batch_counts_with_the_time_until_its_deadline(
    driver: BatchDriver,
) -> None:
    await expire(driver, await begun(driver, promised=5, due=6))
    assert await errors(driver) == ([1.25], pytest.approx(1.2, rel=0.01))


async def test_a_batch_that_expires_while_its_file_is_read_counts_too(driver: BatchDriver) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    await driver.submit(created_at=now - 4 * HOUR, expected_at=now - 3 * HOUR, deadline=now)
    await driver.ledger.upkeep.run_due_work()
    assert await errors(driver) == ([4.0], pytest.approx(4))


async def test_nothing_is_learnt_where_a_late_end_was_promised_or_none(driver: BatchDriver) -> None:
    await expire(driver, await begun(driver, promised=8, due=6))
    await expire(driver, await begun(driver, promised=None, due=6))
    await complete(driver, await begun(driver, promised=None, due=50))
    assert await errors(driver) == ([], 0)


async def test_a_cancelled_batch_tells_nothing_of_the_promise(driver: BatchDriver) -> None:
    batch = await begun(driver, promised=5, due=50)
    await driver.ledger.batches.cancel("tax", batch.id)
    assert await driver.write(batch)
    assert await errors(driver) == ([], 0)
