"""A URL whose receiver answered 410: nothing waits for it, and nothing is sent to it, until it is
opened again.
"""

from __future__ import annotations

import asyncio

from jobs.ledger import Ledger
from tests.integration.jobs.ledger.callback_kit import (
    DEAD,
    DELIVERED,
    PENDING,
    URL,
    a_callback,
    claim_one,
    now,
    settle,
    taken,
)

ANOTHER = "http://receiver.intranet/other"


async def test_all_that_is_pending_for_the_url_is_given_up_and_says_why(ledger: Ledger) -> None:
    first, waits, retried = [await a_callback(ledger) for _ in range(3)]
    delivery = await taken(ledger, retried)
    await settle(ledger, delivery, 500, delay_seconds=99)
    elsewhere = await a_callback(ledger, ANOTHER)
    theirs = await a_callback(ledger, department="parks")

    await settle(ledger, await taken(ledger, first), 410)

    for callback, attempts in ((first, 1), (waits, 0), (retried, 1)):
        after = await now(ledger, callback)
        assert (after.status, len(after.attempts)) == (DEAD, attempts)
        assert "410" in (after.error or "")
        assert after.next_attempt_at is None
        assert await claim_one(ledger, callback.id, 30) is None
    assert (await now(ledger, elsewhere)).status is PENDING
    assert (await now(ledger, theirs)).status is PENDING
    assert await ledger.callbacks.gone("tax") == [URL]
    assert (await ledger.statistics.read(["tax", "parks"])).urls_gone == {"tax": 1, "parks": 0}


async def test_what_ends_later_is_given_up_at_once(ledger: Ledger) -> None:
    await settle(ledger, await taken(ledger, await a_callback(ledger)), 410)
    later = await a_callback(ledger)
    assert (later.status, later.attempts) == (DEAD, [])
    assert "410" in (later.error or "")
    figures = await ledger.statistics.read(["tax"])
    assert figures.callbacks["tax", DEAD] == 2
    assert figures.counters["callbacks_dead"] == 2


async def test_what_a_courier_has_in_hand_ends_as_its_attempt_does(ledger: Ledger) -> None:
    first, good, bad = [await a_callback(ledger) for _ in range(3)]
    deliveries = [await taken(ledger, one) for one in (first, good, bad)]
    await settle(ledger, deliveries[0], 410)
    assert (await now(ledger, good)).status is PENDING
    assert await settle(ledger, deliveries[1], 204)
    assert await settle(ledger, deliveries[2], 500)
    assert (await now(ledger, good)).status is DELIVERED
    assert (await now(ledger, bad)).status is DEAD


async def test_what_a_courier_died_with_is_given_up_when_its_lease_is_over(ledger: Ledger) -> None:
    first, lost = [await a_callback(ledger) for _ in range(2)]
    await taken(ledger, lost, lease_seconds=5)
    await settle(ledger, await taken(ledger, first), 410)
    assert (await now(ledger, lost)).status is PENDING
    async with asyncio.timeout(30):
        while (await now(ledger, lost)).status is PENDING:
            await ledger.upkeep.run_due_work()
            await asyncio.sleep(0.05)
    assert "410" in ((await now(ledger, lost)).error or "")


async def test_more_than_fit_one_step_are_ended_by_run_due_work(ledger: Ledger) -> None:
    callbacks = [await a_callback(ledger) for _ in range(510)]
    await settle(ledger, await taken(ledger, callbacks[0]), 410)

    async def pending() -> int:
        return (await ledger.statistics.read(["tax"])).callbacks["tax", PENDING]

    assert 0 < await pending() <= 10
    async with asyncio.timeout(30):
        while await pending():
            await ledger.upkeep.run_due_work()
            await asyncio.sleep(0.05)


async def test_sending_one_again_opens_the_url(ledger: Ledger) -> None:
    first = await a_callback(ledger)
    await settle(ledger, await taken(ledger, first), 410)
    again = await ledger.callbacks.redeliver("tax", first.id)
    assert again is not None
    assert (again.status, again.error) == (PENDING, None)
    assert (await taken(ledger, first)).attempt == 1
    assert (await a_callback(ledger)).status is PENDING
    assert await ledger.callbacks.gone("tax") == []


async def test_an_operator_opens_a_url_for_what_ends_from_then_on(ledger: Ledger) -> None:
    first = await a_callback(ledger)
    await settle(ledger, await taken(ledger, first), 410)
    assert not await ledger.callbacks.reopen("parks", URL)
    assert await ledger.callbacks.reopen("tax", URL)
    assert not await ledger.callbacks.reopen("tax", URL)
    assert (await a_callback(ledger)).status is PENDING
    assert (await now(ledger, first)).status is DEAD
