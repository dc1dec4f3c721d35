"""Where an answer of the ledger was lost, the client asks again: that changes nothing more."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import cycle
from time import monotonic

import pytest

from jobs.batches.batch import Batch, Begun, Flushed, NewBatch, Segment
from jobs.batches.index import Entry, pack
from jobs.callback import Attempt, Delivery, Outcome
from jobs.ids import new_batch_id, new_callback_id, new_file_id, new_job_id
from jobs.lanes import Lane
from jobs.ledger import Ledger
from jobs.ledger.jobs import Ending
from jobs.ledger.upkeep import Release
from jobs.states import CallbackStatus, JobStatus
from tests.integration.files import a_file
from tests.integration.ledger.conftest import a_job, submit_job


async def test_an_attempt_that_is_noted_twice_is_listed_once(ledger: Ledger) -> None:
    job = a_job(callback_id=new_callback_id(), callback_url="http://127.0.0.1:9/")
    await submit_job(ledger, job)
    await ledger.jobs.cancel("tax", job.id)
    assert job.callback_id is not None
    delivery = await ledger.callbacks.claim(job.callback_id, 30)
    assert isinstance(delivery, Delivery)
    attempt = Attempt(datetime.now(UTC), 500, None, 0.1)
    for _ in range(2):
        assert await ledger.callbacks.settle(
            delivery, attempt, CallbackStatus.pending, Outcome.failed
        )
    (callback,) = (await ledger.callbacks.list("tax")).items
    assert len(callback.attempts) == 1


async def test_the_first_who_waits_for_a_job_waits_until_it_ends(ledger: Ledger) -> None:
    job = a_job()
    await submit_job(ledger, job)
    began = monotonic()
    await ledger.jobs.wait_ended(job.id, 0.5)
    assert monotonic() - began >= 0.5
    waiting = asyncio.create_task(ledger.jobs.wait_ended(job.id, 30))
    await asyncio.sleep(0)
    await ledger.jobs.cancel("tax", job.id)
    async with asyncio.timeout(10):
        await waiting


async def a_batch(ledger: Ledger, lines: int) -> Batch:
    """A batch of tax's with so many lines that wait for their release."""
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
        deadline=now + timedelta(hours=24),
        created_at=now,
    )
    await ledger.batches.create(batch, b"{}", None)
    indexing = await ledger.batches.claim_indexing()
    assert indexing is not None
    begun = Begun(
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


async def run_all(ledger: Ledger, job_ids: Sequence[str]) -> None:
    claims = await ledger.jobs.claim(job_ids, "w", 30)
    for claim in claims.granted:
        assert await ledger.jobs.finish(claim, Ending(JobStatus.succeeded, result="{}"))


async def released_lines(ledger: Ledger) -> dict[str, int]:
    """Numbers of the lines that are jobs now, by job id."""
    jobs = (await ledger.jobs.list("tax", limit=100)).items
    return {job.id: job.line.number for job in jobs if job.line is not None}


async def test_lines_that_are_released_twice_are_not_given_the_ids_of_others(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = await a_batch(ledger, lines=4)
    ids = [new_job_id() for _ in range(2)]
    left = cycle(ids[:2])
    monkeypatch.setattr("jobs.ledger.upkeep.new_job_id", lambda: next(left))
    await ledger.upkeep.release(Release(depth=2))
    # One has ended before the client asks again: there is room.
    await run_all(ledger, ids[:1])
    await ledger.upkeep.release(Release(depth=2))
    assert await released_lines(ledger) == dict(zip(ids, (1, 2), strict=True))
    monkeypatch.undo()
    await ledger.upkeep.release(Release(depth=3))
    assert sorted((await released_lines(ledger)).values()) == [1, 2, 3, 4]
    again = await ledger.batches.get("tax", batch.id)
    assert again is not None
    assert again.released == 4


async def test_a_segment_that_is_noted_twice_stays(ledger: Ledger) -> None:
    batch = await a_batch(ledger, lines=2)
    await ledger.upkeep.release(Release(depth=2))
    await run_all(ledger, list(await released_lines(ledger)))
    unflushed = await ledger.batches.unflushed(batch.id, 1)
    assert unflushed is not None
    flushed = Flushed(unflushed.batch, 1, 0, Segment("tax/aa/one", 9, 1), None, {})
    others = replace(flushed, output=Segment("tax/aa/two", 9, 1))
    assert await ledger.batches.flush(flushed)
    assert await ledger.batches.flush(flushed)
    assert not await ledger.batches.flush(others)
    file = await ledger.files.get("tax", unflushed.batch.output_file_id or "")
    assert file is not None
    assert (file.blobs, file.lines) == (("tax/aa/one",), 1)
