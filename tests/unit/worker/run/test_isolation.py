"""Company and solitude."""

from __future__ import annotations

import asyncio

from worker.run.isolation import Isolation


async def test_who_is_to_be_alone_waits_for_company_to_go_and_goes_before_new() -> None:
    isolation, order = Isolation(), list[str]()
    leave = asyncio.Event()

    async def first() -> None:
        async with isolation.in_company():
            await leave.wait()
            order.append("first")

    async def alone() -> None:
        async with isolation.alone():
            order.append("alone")
            assert not isolation.open

    async def late() -> None:
        async with isolation.in_company():
            order.append("late")

    tasks = []
    for work in (first, alone, late):
        tasks.append(asyncio.create_task(work()))
        await asyncio.sleep(0)
    assert order == []
    leave.set()
    await asyncio.gather(*tasks)
    assert order == ["first", "alone", "late"]
    assert isolation.open


async def test_a_cancelled_wait_leaves_the_door_open() -> None:
    isolation = Isolation()
    async with isolation.in_company():

        async def alone() -> None:
            async with isolation.alone():
                raise AssertionError

        waiting = asyncio.create_task(alone())
        await asyncio.sleep(0)
        assert not isolation.open
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert isolation.open
