"""A URL whose receiver answered 410: nothing waits for it, and nothing is sent to it, until it is
opened again.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from jobs.callback import Attempt, Callback, Delivery, Outcome
from jobs.ledger import Ledger
from jobs.ledger.jobs import Ending
from jobs.states import CallbackStatus, JobStatus
from tests.integration.ledger.conftest import Submit

URL = "http://receiver.intranet/hook"
ANOTHER = "http://receiver.intranet/other"
ANSWERED_410 = Attempt(at=datetime.now(UTC), status_code=410, error=None, seconds=0.1)
ANSWERED_500 = Attempt(at=datetime.now(UTC), status_code=500, error=None, seconds=0.1)
DEAD, PENDING = CallbackStatus.dead, CallbackStatus.pending


async def ended(
    ledger: Ledger, submit: Submit, url: str = URL, department: str = "tax"
) -> Callback:
    job_id = await submit(url=url, department=department)
    claim = await ledger.jobs.claim(job_id, "w", 30)
    assert claim is not None
    assert await ledger.jobs.finish(claim, Ending(JobStatus.succeeded, result="1"))
    return (await ledger.callbacks.list(department, job_id=job_id)).items[0]


async def taken(ledger: Ledger, callback: Callback, lease_seconds: float = 30) -> Delivery:
    delivery = await ledger.callbacks.claim(callback.id, lease_seconds)
    assert delivery is not None
    return delivery


async def answer_410(ledger: Ledger, delivery: Delivery) -> None:
    assert await ledger.callbacks.settle(delivery, ANSWERED_410, DEAD, Outcome.gone)


async def now(ledger: Ledger, callback: Callback) -> Callback:
    department, job_id = callback.department, callback.job_id
    return (await ledger.callbacks.list(department, job_id=job_id)).items[0]


async def test_all_that_is_pending_for_the_url_is_given_up_and_says_why(
    ledger: Ledger, submit: Submit
) -> None:
    first, waits, retried = [await ended(ledger, submit) for _ in range(3)]
    delivery = await taken(ledger, retried)
    await ledger.callbacks.settle(delivery, ANSWERED_500, PENDING, Outcome.failed, delay_seconds=99)
    elsewhere = await ended(ledger, submit, ANOTHER)
    theirs = await ended(ledger, submit, department="parks")

    await answer_410(ledger, await taken(ledger, first))

    for callback, attempts in ((first, 1), (waits, 0), (retried, 1)):
        after = await now(ledger, callback)
        assert (after.status, len(after.attempts)) == (DEAD, attempts)
        assert "410" in (after.error or "")
        assert after.next_attempt_at is None
        assert await ledger.callbacks.claim(callback.id, 30) is None
    assert (await now(ledger, elsewhere)).status is PENDING
    assert (await now(ledger, theirs)).status is PENDING
    assert await ledger.callbacks.gone("tax") == [URL]
    assert (await ledger.figures.read(["tax", "parks"])).urls_gone == {"tax": 1, "parks": 0}


async def test_what_ends_later_is_given_up_at_once(ledger: Ledger, submit: Submit) -> None:
    await answer_410(ledger, await taken(ledger, await ended(ledger, submit)))
    later = await ended(ledger, submit)
    assert (later.status, later.attempts) == (DEAD, [])
    assert "410" in (later.error or "")
    figures = await ledger.figures.read(["tax"])
    assert figures.callbacks["tax", DEAD] == 2
    assert figures.counters["callbacks_dead"] == 2


async def test_what_a_courier_has_in_hand_ends_as_its_attempt_does(
    ledger: Ledger, submit: Submit
) -> None:
    first, good, bad = [await ended(ledger, submit) for _ in range(3)]
    deliveries = [await taken(ledger, one) for one in (first, good, bad)]
    await answer_410(ledger, deliveries[0])
    assert (await now(ledger, good)).status is PENDING
    ok = Attempt(at=datetime.now(UTC), status_code=204, error=None, seconds=0.1)
    delivered = CallbackStatus.delivered
    assert await ledger.callbacks.settle(deliveries[1], ok, delivered, Outcome.delivered)
    assert await ledger.callbacks.settle(deliveries[2], ANSWERED_500, PENDING, Outcome.failed)
    assert (await now(ledger, good)).status is delivered
    assert (await now(ledger, bad)).status is DEAD


async def test_what_a_courier_died_with_is_given_up_when_its_lease_is_over(
    ledger: Ledger, submit: Submit
) -> None:
    first, lost = [await ended(ledger, submit) for _ in range(2)]
    await taken(ledger, lost, lease_seconds=0.5)
    await answer_410(ledger, await taken(ledger, first))
    assert (await now(ledger, lost)).status is PENDING
    async with asyncio.timeout(10):
        while (await now(ledger, lost)).status is PENDING:
            await ledger.upkeep.sweep()
            await asyncio.sleep(0.05)
    assert "410" in ((await now(ledger, lost)).error or "")


async def test_more_than_fit_one_step_are_given_up_by_the_sweep(
    ledger: Ledger, submit: Submit
) -> None:
    callbacks = [await ended(ledger, submit) for _ in range(510)]
    await answer_410(ledger, await taken(ledger, callbacks[0]))

    async def pending() -> int:
        return (await ledger.figures.read(["tax"])).callbacks["tax", PENDING]

    assert 0 < await pending() <= 10
    async with asyncio.timeout(10):
        while await pending():
            await ledger.upkeep.sweep()
            await asyncio.sleep(0.05)


async def test_sending_one_again_opens_the_url(ledger: Ledger, submit: Submit) -> None:
    first = await ended(ledger, submit)
    await answer_410(ledger, await taken(ledger, first))
    again = await ledger.callbacks.redeliver("tax", first.id)
    assert again is not None
    assert (again.status, again.error) == (PENDING, None)
    assert (await taken(ledger, first)).attempt == 1
    assert (await ended(ledger, submit)).status is PENDING
    assert await ledger.callbacks.gone("tax") == []


async def test_an_operator_opens_a_url_for_what_ends_from_then_on(
    ledger: Ledger, submit: Submit
) -> None:
    first = await ended(ledger, submit)
    await answer_410(ledger, await taken(ledger, first))
    assert not await ledger.callbacks.reopen("parks", URL)
    assert await ledger.callbacks.reopen("tax", URL)
    assert not await ledger.callbacks.reopen("tax", URL)
    assert (await ended(ledger, submit)).status is PENDING
    assert (await now(ledger, first)).status is DEAD
