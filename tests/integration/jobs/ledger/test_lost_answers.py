"""A command that is repeated because its answer was lost changes nothing more."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic

import pytest

from jobs.batches.batch import FlushResult, Segment
from jobs.ledger import Ledger
from jobs.model.callback import Attempt, Delivery, Outcome
from jobs.model.ids import new_callback_id
from jobs.model.states import CallbackStatus
from tests.integration.batches import a_batch, claim_lines, released_lines, run_all
from tests.integration.jobs.ledger.callback_kit import claim_one
from tests.integration.jobs.ledger.conftest import a_job, submit_job


async def test_an_attempt_that_is_noted_twice_is_listed_once(ledger: Ledger) -> None:
    job = a_job(callback_id=new_callback_id(), callback_url="http://127.0.0.1:9/")
    await submit_job(ledger, job)
    await ledger.jobs.cancel("tax", job.id)
    assert job.callback_id is not None
    delivery = await claim_one(ledger, job.callback_id, 30)
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


async def test_a_claim_of_lines_that_is_repeated_gives_the_same_lines(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = await a_batch(ledger, lines=4)
    monkeypatch.setattr("jobs.ledger.runs.secrets.token_hex", lambda _: "the same")
    first = await claim_lines(ledger, 3)
    # One has ended before the client asks again.
    await run_all(ledger, first[:1])
    again = await claim_lines(ledger, 3)
    assert {each.job.id for each in again} == {each.job.id for each in first[1:]}
    assert sorted((await released_lines(ledger)).values()) == [1, 2, 3]
    monkeypatch.undo()
    await claim_lines(ledger, 3)
    assert sorted((await released_lines(ledger)).values()) == [1, 2, 3, 4]
    now = await ledger.batches.get("tax", batch.id)
    assert now is not None
    assert now.released == 4


async def test_a_segment_that_is_noted_twice_stays(ledger: Ledger) -> None:
    batch = await a_batch(ledger, lines=2)
    await run_all(ledger, await claim_lines(ledger, 2))
    unflushed = await ledger.batches.unflushed(batch.id, 1)
    assert unflushed is not None
    flushed = FlushResult(unflushed.batch, 1, 0, Segment("tax/aa/one", 9, 1), None, {})
    others = replace(flushed, output=Segment("tax/aa/two", 9, 1))
    assert await ledger.batches.flush(flushed)
    assert await ledger.batches.flush(flushed)
    assert not await ledger.batches.flush(others)
    file = await ledger.files.get("tax", unflushed.batch.output_file_id or "")
    assert file is not None
    assert (file.blobs, file.lines) == (("tax/aa/one",), 1)
