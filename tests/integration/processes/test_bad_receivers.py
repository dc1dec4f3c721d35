"""One department's receivers that hang or fail, beside another's, with a real courier."""

from __future__ import annotations

import asyncio

from jobs.model.ids import new_callback_id
from jobs.model.states import CallbackStatus
from tests.integration.jobs.ledger.conftest import a_job, submit_job
from tests.integration.processes.conftest import OpenDesk
from tests.integration.processes.receiver import Receiver, never, receiving, status
from tests.integration.processes.system import Desk, System, until

PARALLEL = 8


async def event(desk: Desk, receiver: Receiver) -> str:
    """A job that ended without being run; returns its id."""
    job = a_job(department=desk.name, callback_url=receiver.url(), callback_id=new_callback_id())
    await submit_job(desk.ledger, job)
    await desk.ledger.jobs.cancel(desk.name, job.id)
    return job.id


async def test_a_receiver_that_hangs_takes_no_more_than_its_part_of_the_courier(
    empty_system: System, open_desk: OpenDesk, receiver: Receiver
) -> None:
    # Longer than `settled` waits.
    courier = empty_system.start("courier", CHANCERY_CALLBACK_TIMEOUT_SECONDS="600")
    empty_system.up(courier)
    land, tax = await open_desk(empty_system), await open_desk(empty_system)
    async with receiving() as hanging:
        hanging.answers.extend([never] * 100)
        for _ in range(40):
            await event(land, hanging)
        await until(lambda: len(hanging.received) == PARALLEL)

        callbacks = [await tax.settled(await event(tax, receiver)) for _ in range(5)]

        assert {one.status for one in callbacks} == {CallbackStatus.delivered}
        assert len(hanging.received) == PARALLEL
        courier.kill()  # told to stop, it would wait for the hanging ones


async def test_a_receiver_that_fails_is_left_alone_and_then_gets_all_that_waited(
    empty_system: System, open_desk: OpenDesk, receiver: Receiver
) -> None:
    children = [
        empty_system.start(role, CHANCERY_CALLBACK_BREAKER_PAUSE_SECONDS="2")
        for role in ("courier", "scheduler")
    ]
    empty_system.up(*children)
    desk = await open_desk(empty_system)
    receiver.answers.extend([status(500)] * 1000)
    jobs = [await event(desk, receiver) for _ in range(30)]

    await until(lambda: children[0].events("breaker.opened"))
    await asyncio.sleep(1)  # in this time the breaker has to hold deliveries back
    # Without the breaker: three for each of the thirty, and all of them dead.
    assert len(receiver.received) < 30
    receiver.answers.clear()

    ended = [await desk.settled(job) for job in jobs]
    delivered = [one for one in ended if one.status is CallbackStatus.delivered]
    assert len(delivered) > 20
    assert sum(len(one.attempts) == 1 for one in delivered) > 10
    assert children[0].events("breaker.closed")
