"""Where an answer of the ledger was lost, the client asks again: that changes nothing more."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from time import monotonic

from jobs.callback import Attempt, Delivery, Outcome
from jobs.ids import new_callback_id
from jobs.ledger import Ledger
from jobs.states import CallbackStatus
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
