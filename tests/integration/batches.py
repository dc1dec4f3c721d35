"""Batches in the ledger, as the scheduler's reader leaves them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from jobs.batches.batch import Batch, IndexResult, NewBatch
from jobs.batches.input.index import Entry, pack
from jobs.ledger import Ledger
from jobs.ledger.runs import Ending, Room
from jobs.ledger.upkeep import Windows
from jobs.model.ids import new_batch_id, new_file_id
from jobs.model.job import Claim
from jobs.model.lanes import Lane
from jobs.model.states import JobStatus
from tests.integration.files import a_file


async def a_batch(ledger: Ledger, lines: int, *, hours: float = 24) -> Batch:
    """A batch of tax's with so many lines that wait, due in so many hours."""
    file = a_file(lines=lines)
    await ledger.files.keep(file)
    now = datetime.now(UTC)
    batch = NewBatch(
        id=new_batch_id(),
        callback_id=None,
        department="tax",
        endpoint="/v1/jobs",
        lane=Lane.bulk,
        input_file_id=file.id,
        input_bytes=file.bytes,
        completion_window="24h",
        deadline=now + timedelta(hours=hours),
        created_at=now,
    )
    await ledger.batches.create(batch, b"{}", None)
    indexing = await ledger.batches.claim_indexing()
    assert indexing is not None
    begun = IndexResult(
        index=pack(Entry(100 * number, 100, 50, number + 1, 0) for number in range(lines)),
        tasks=["summarize"],
        tokens={"summarize": 50 * lines},
        indexed=lines,
        total=lines,
        refused=0,
        output_file_id=new_file_id(),
        error_file_id=new_file_id(),
        refusals=None,
    )
    assert await ledger.batches.begin(indexing, begun)
    assert await ledger.batches.begin(indexing, begun)
    found = await ledger.batches.get("tax", batch.id)
    assert found is not None
    return found


async def claim_lines(ledger: Ledger, most: int) -> Sequence[Claim]:
    """Claim lines of batches, at most so many."""
    await ledger.upkeep.set_windows(Windows())
    return (await ledger.runs.claim_waiting("w", 30, Room(0, 0, most))).granted


async def run_all(ledger: Ledger, claims: Sequence[Claim]) -> None:
    for claim in claims:
        assert await ledger.runs.finish(claim, Ending(JobStatus.succeeded, result="{}"))


async def released_lines(ledger: Ledger) -> dict[str, int]:
    """Numbers of the lines that are jobs now, by job id."""
    jobs = (await ledger.jobs.list("tax", limit=100)).items
    return {job.id: job.line.number for job in jobs if job.line is not None}
