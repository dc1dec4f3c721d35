"""Ends batches in the ledger, and says how they ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from jobs.batches.batch import Batch, BatchStatus
from jobs.ledger.runs import Ending
from jobs.model.problems import Problem
from jobs.model.states import JobStatus
from tests.integration.jobs.ledger.batch_kit import BatchDriver

FAILED = Ending(JobStatus.failed, error=Problem("output-invalid", "x"))
WHY = [BatchStatus.cancelled, BatchStatus.expired]


async def close(driver: BatchDriver, batch: Batch, why: BatchStatus) -> None:
    """Cancel a batch, or have its deadline pass and run_due_work find it."""
    if why is BatchStatus.cancelled:
        await driver.ledger.batches.cancel("tax", batch.id)
        return
    ago = datetime.now(UTC) - timedelta(seconds=1)
    if driver.redis.zscore("chancery:batch-deadlines", batch.id) is not None:
        driver.redis.zadd("chancery:batch-deadlines", {batch.id: ago.timestamp() * 1000})
    await driver.ledger.upkeep.run_due_work()


async def write_all(driver: BatchDriver, batch: Batch, most: int = 1_000) -> None:
    while (await driver.get(batch)).ended_at is None:
        assert await driver.write(batch, most)


async def ended_as(driver: BatchDriver, batch: Batch) -> BatchStatus:
    """How it ended, after a look at what an ended batch leaves behind and what it does not."""
    now = await driver.get(batch)
    assert now.ended_at is not None
    redis = driver.redis
    for name in ("batches-open", "batch-deadlines", "batches-closing", "flush-due", "indexing"):
        assert redis.zscore(f"chancery:{name}", batch.id) is None, name
    for name in ("index", "open", "outcomes"):
        assert not redis.exists(f"chancery:{name}:{batch.id}"), name
    for name in ("waiting", "open"):
        assert redis.get(f"chancery:{name}-lines:tax") in (None, "0"), name
    for file_id in (now.input_file_id, now.output_file_id, now.error_file_id):
        assert redis.hget(f"chancery:file:{file_id}", "uses") in (None, "0")
    assert redis.hget("chancery:batch-endings", f"tax:{now.status}") == "1"
    return now.status
