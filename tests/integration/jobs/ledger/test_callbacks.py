"""The life of a callback in the ledger."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from jobs.ledger import Ledger
from jobs.ledger.runs import Ending
from jobs.model.callback import Attempt, Callback, Delivery, Outcome, Refusal
from jobs.model.job import Job
from jobs.model.states import CallbackStatus, JobStatus
from tests.integration.jobs.ledger.conftest import Submit

URL = "http://receiver.intranet/hook"
TRIED = Attempt(at=datetime.now(UTC), status_code=500, error=None, seconds=0.1)


async def ended(ledger: Ledger, submit: Submit) -> Callback:
    job_id = await submit(url=URL)
    (claim,) = (await ledger.runs.claim([job_id], "w", 30)).granted
    assert await ledger.runs.finish(claim, Ending(JobStatus.succeeded, result="1"))
    return (await ledger.callbacks.list("tax", job_id=job_id)).items[0]


async def test_an_ending_and_its_event_come_together(ledger: Ledger, submit: Submit) -> None:
    callback = await ended(ledger, submit)
    assert (callback.type, callback.url) == ("job.succeeded", URL)
    assert callback.status is CallbackStatus.pending


async def test_a_job_that_never_ran_has_its_event_too(ledger: Ledger, submit: Submit) -> None:
    job_id = await submit(url=URL)
    await ledger.jobs.cancel("tax", job_id)
    await ledger.jobs.cancel("tax", job_id)
    events = (await ledger.callbacks.list("tax")).items
    assert [event.type for event in events] == ["job.cancelled"]


async def test_one_courier_at_a_time_has_a_delivery(ledger: Ledger, submit: Submit) -> None:
    callback = await ended(ledger, submit)
    delivery = await ledger.callbacks.claim(callback.id, 30)
    assert isinstance(delivery, Delivery)
    assert isinstance(delivery.subject, Job)
    assert (delivery.attempt, delivery.subject.result) == (1, 1)
    assert isinstance(await ledger.callbacks.claim(callback.id, 30), Refusal)
    assert await ledger.callbacks.settle(
        delivery, TRIED, CallbackStatus.delivered, Outcome.delivered
    )
    assert isinstance(await ledger.callbacks.claim(callback.id, 30), Refusal)


async def test_a_failed_attempt_is_made_again_when_due(ledger: Ledger, submit: Submit) -> None:
    callback = await ended(ledger, submit)
    delivery = await ledger.callbacks.claim(callback.id, 30)
    assert isinstance(delivery, Delivery)
    await ledger.callbacks.settle(
        delivery, TRIED, CallbackStatus.pending, Outcome.failed, delay_seconds=0.05
    )
    assert isinstance(await ledger.callbacks.claim(callback.id, 30), Refusal)
    async with asyncio.timeout(5):
        while (await ledger.upkeep.run_due_work()).callbacks == 0:
            await asyncio.sleep(0.01)
    again = await ledger.callbacks.claim(callback.id, 30)
    assert isinstance(again, Delivery)
    assert (again.attempt, again.callback.id) == (2, callback.id)


async def test_a_couriers_lost_lease_refuses_its_report(ledger: Ledger, submit: Submit) -> None:
    callback = await ended(ledger, submit)
    lost = await ledger.callbacks.claim(callback.id, 0)
    taken = await ledger.callbacks.claim(callback.id, 30)
    assert isinstance(lost, Delivery)
    assert isinstance(taken, Delivery)
    assert not await ledger.callbacks.settle(lost, TRIED, CallbackStatus.dead, Outcome.failed)
    assert await ledger.callbacks.settle(taken, TRIED, CallbackStatus.delivered, Outcome.delivered)


async def test_a_dead_callback_is_seen_and_sent_again(ledger: Ledger, submit: Submit) -> None:
    callback = await ended(ledger, submit)
    delivery = await ledger.callbacks.claim(callback.id, 30)
    assert isinstance(delivery, Delivery)
    await ledger.callbacks.settle(delivery, TRIED, CallbackStatus.dead, Outcome.failed)
    dead = (await ledger.callbacks.list("tax", status=CallbackStatus.dead)).items
    assert [one.id for one in dead] == [callback.id]
    assert len(dead[0].attempts) == 1
    assert await ledger.callbacks.redeliver("parks", callback.id) is None
    again = await ledger.callbacks.redeliver("tax", callback.id)
    assert again is not None
    assert again.status is CallbackStatus.pending
    second = await ledger.callbacks.claim(callback.id, 30)
    assert isinstance(second, Delivery)
    assert second.attempt == 1


async def test_what_the_receiver_answered_is_kept_for_the_last_attempt(
    ledger: Ledger, submit: Submit
) -> None:
    callback = await ended(ledger, submit)
    for said in ("First.", "Last: 系统维护"):
        delivery = await ledger.callbacks.claim(callback.id, 30)
        assert isinstance(delivery, Delivery)
        attempt = replace(TRIED, response=said)
        await ledger.callbacks.settle(delivery, attempt, CallbackStatus.pending, Outcome.failed)
    (after,) = (await ledger.callbacks.list("tax")).items
    assert [one.response for one in after.attempts] == [None, "Last: 系统维护"]
    delivery = await ledger.callbacks.claim(callback.id, 30)
    assert isinstance(delivery, Delivery)
    assert (delivery.attempt, delivery.number) == (3, 3)
    await ledger.callbacks.settle(delivery, TRIED, CallbackStatus.delivered, Outcome.delivered)
    (delivered,) = (await ledger.callbacks.list("tax")).items
    assert [one.response for one in delivered.attempts] == [None] * 3


async def test_attempts_are_numbered_on_when_a_callback_is_sent_again(
    ledger: Ledger, submit: Submit
) -> None:
    callback = await ended(ledger, submit)
    delivery = await ledger.callbacks.claim(callback.id, 30)
    assert isinstance(delivery, Delivery)
    await ledger.callbacks.settle(delivery, TRIED, CallbackStatus.dead, Outcome.failed)
    await ledger.callbacks.redeliver("tax", callback.id)
    again = await ledger.callbacks.claim(callback.id, 30)
    assert isinstance(again, Delivery)
    assert (again.attempt, again.number) == (1, 2)
