"""The life of a callback in the ledger."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from redis import Redis

from jobs.ledger import Ledger
from jobs.ledger.runs import Ending
from jobs.model.callback import Attempt, Callback, Delivery, Outcome
from jobs.model.job import Job
from jobs.model.states import CallbackStatus, JobStatus
from tests.integration.jobs.ledger.callback_kit import claim_one
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
    delivery = await claim_one(ledger, callback.id, 30)
    assert isinstance(delivery, Delivery)
    assert isinstance(delivery.subject, Job)
    assert (delivery.attempt, delivery.subject.result) == (1, 1)
    assert await claim_one(ledger, callback.id, 30) is None
    assert await ledger.callbacks.settle(
        delivery, TRIED, CallbackStatus.delivered, Outcome.delivered
    )
    assert await claim_one(ledger, callback.id, 30) is None


async def test_a_delivery_has_what_is_stored(
    ledger: Ledger, submit: Submit, redis_url: str
) -> None:
    callback = await ended(ledger, submit)
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        for token in ("1", "2"):
            delivery = await claim_one(ledger, callback.id, 30)
            assert isinstance(delivery, Delivery)
            (stored,) = (await ledger.callbacks.list("tax")).items
            assert replace(delivery.callback, attempts=stored.attempts) == stored
            assert redis.hget(f"chancery:callback:{callback.id}", "token") == token
            assert str(delivery.token) == token
            await ledger.callbacks.settle(delivery, TRIED, CallbackStatus.pending, Outcome.failed)


async def test_a_failed_attempt_is_made_again_when_due(ledger: Ledger, submit: Submit) -> None:
    callback = await ended(ledger, submit)
    delivery = await claim_one(ledger, callback.id, 30)
    assert isinstance(delivery, Delivery)
    await ledger.callbacks.settle(
        delivery, TRIED, CallbackStatus.pending, Outcome.failed, delay_seconds=5
    )
    assert await claim_one(ledger, callback.id, 30) is None
    async with asyncio.timeout(30):
        while not (claims := await ledger.callbacks.claim(9, 30)).deliveries:
            await asyncio.sleep(0.01)
    (again,) = claims.deliveries
    assert (again.attempt, again.callback.id) == (2, callback.id)


async def test_a_couriers_lost_lease_refuses_its_report(ledger: Ledger, submit: Submit) -> None:
    callback = await ended(ledger, submit)
    lost = await claim_one(ledger, callback.id, 0)
    taken = await claim_one(ledger, callback.id, 30)
    assert isinstance(lost, Delivery)
    assert isinstance(taken, Delivery)
    assert not await ledger.callbacks.settle(lost, TRIED, CallbackStatus.dead, Outcome.failed)
    assert await ledger.callbacks.settle(taken, TRIED, CallbackStatus.delivered, Outcome.delivered)


async def test_a_dead_callback_is_seen_and_sent_again(ledger: Ledger, submit: Submit) -> None:
    callback = await ended(ledger, submit)
    delivery = await claim_one(ledger, callback.id, 30)
    assert isinstance(delivery, Delivery)
    await ledger.callbacks.settle(delivery, TRIED, CallbackStatus.dead, Outcome.failed)
    dead = (await ledger.callbacks.list("tax", status=CallbackStatus.dead)).items
    assert [one.id for one in dead] == [callback.id]
    assert len(dead[0].attempts) == 1
    assert await ledger.callbacks.redeliver("parks", callback.id) is None
    again = await ledger.callbacks.redeliver("tax", callback.id)
    assert again is not None
    assert again.status is CallbackStatus.pending
    second = await claim_one(ledger, callback.id, 30)
    assert isinstance(second, Delivery)
    assert second.attempt == 1


async def test_what_the_receiver_answered_is_kept_for_the_last_attempt(
    ledger: Ledger, submit: Submit
) -> None:
    callback = await ended(ledger, submit)
    for said in ("First.", "Last: 系统维护"):
        delivery = await claim_one(ledger, callback.id, 30)
        assert isinstance(delivery, Delivery)
        attempt = replace(TRIED, response=said)
        await ledger.callbacks.settle(delivery, attempt, CallbackStatus.pending, Outcome.failed)
    (after,) = (await ledger.callbacks.list("tax")).items
    assert [one.response for one in after.attempts] == [None, "Last: 系统维护"]
    delivery = await claim_one(ledger, callback.id, 30)
    assert isinstance(delivery, Delivery)
    assert (delivery.attempt, delivery.number) == (3, 3)
    await ledger.callbacks.settle(delivery, TRIED, CallbackStatus.delivered, Outcome.delivered)
    (delivered,) = (await ledger.callbacks.list("tax")).items
    assert [one.response for one in delivered.attempts] == [None] * 3


async def test_attempts_are_numbered_on_when_a_callback_is_sent_again(
    ledger: Ledger, submit: Submit
) -> None:
    callback = await ended(ledger, submit)
    delivery = await claim_one(ledger, callback.id, 30)
    assert isinstance(delivery, Delivery)
    await ledger.callbacks.settle(delivery, TRIED, CallbackStatus.dead, Outcome.failed)
    await ledger.callbacks.redeliver("tax", callback.id)
    again = await claim_one(ledger, callback.id, 30)
    assert isinstance(again, Delivery)
    assert (again.attempt, again.number) == (1, 2)


async def test_a_courier_gets_as_many_as_it_has_room_for_the_longest_due_first(
    ledger: Ledger, submit: Submit
) -> None:
    callbacks = [await ended(ledger, submit) for _ in range(5)]
    first, second = await ledger.callbacks.claim(3, 30), await ledger.callbacks.claim(3, 30)
    deliveries = [*first.deliveries, *second.deliveries]
    assert [each.callback.id for each in deliveries] == [each.id for each in callbacks]
    assert (first.more, second.more) == (True, False)
    assert not (await ledger.callbacks.claim(3, 30)).deliveries


async def test_many_callbacks_need_one_wake_up_and_it_is_passed_on_to_another_courier(
    ledger: Ledger, submit: Submit, redis_url: str
) -> None:
    await ledger.callbacks.claim(2, 30, "idle")
    for _ in range(4):
        await ended(ledger, submit)
    with Redis.from_url(redis_url) as redis:
        assert redis.llen("callbacks") == 1
        redis.delete("callbacks")
        await ledger.callbacks.claim(2, 30, woken=True)
        assert redis.llen("callbacks") == 1
        redis.delete("callbacks")
        await ledger.callbacks.claim(9, 30, woken=True)
        assert redis.llen("callbacks") == 0


async def test_no_wake_up_is_sent_to_a_courier_that_claims_others_at_once(
    ledger: Ledger, submit: Submit, redis_url: str
) -> None:
    kept = 0
    with Redis.from_url(redis_url) as redis:
        for _ in range(100):  # it expires soon, perhaps before the next command
            await ended(ledger, submit)
            (delivery,) = (await ledger.callbacks.claim(1, 30, woken=True)).deliveries
            redis.delete("callbacks")
            await ledger.callbacks.settle(
                delivery, TRIED, CallbackStatus.delivered, Outcome.delivered, asks_again=True
            )
            if kept := redis.persist("chancery:claim-expected:callbacks"):
                break
        assert kept
        await ended(ledger, submit)
        assert redis.llen("callbacks") == 0
        redis.delete("chancery:claim-expected:callbacks")
        await ended(ledger, submit)
        assert redis.llen("callbacks") == 1


async def test_couriers_are_woken_for_an_attempt_that_is_due(
    ledger: Ledger, submit: Submit, redis_url: str
) -> None:
    callback = await ended(ledger, submit)
    (delivery,) = (await ledger.callbacks.claim(1, 30, woken=True)).deliveries
    await ledger.callbacks.settle(
        delivery, TRIED, CallbackStatus.pending, Outcome.failed, delay_seconds=0.05
    )
    with Redis.from_url(redis_url) as redis:
        redis.delete("callbacks", "chancery:woken:callbacks")
        async with asyncio.timeout(30):
            while not redis.llen("callbacks"):
                await ledger.upkeep.run_due_work()
    assert (await ledger.callbacks.claim(1, 30)).deliveries[0].callback.id == callback.id


async def test_settlements_that_are_made_together_are_each_stored(
    ledger: Ledger, submit: Submit
) -> None:
    callbacks = [await ended(ledger, submit) for _ in range(3)]
    deliveries = (await ledger.callbacks.claim(9, 30)).deliveries
    lost = replace(deliveries[1], token=deliveries[1].token - 1)
    stored = await asyncio.gather(
        *(
            ledger.callbacks.settle(each, TRIED, CallbackStatus.delivered, Outcome.delivered)
            for each in (deliveries[0], lost, deliveries[2])
        )
    )
    assert stored == [True, False, True]
    listed = {each.id: each.status for each in (await ledger.callbacks.list("tax")).items}
    assert [listed[each.id] for each in callbacks] == [
        CallbackStatus.delivered,
        CallbackStatus.pending,
        CallbackStatus.delivered,
    ]
