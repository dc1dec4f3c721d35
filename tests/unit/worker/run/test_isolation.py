"""The lock that lets a suspect run alone."""

from __future__ import annotations

import asyncio

from worker.run.isolation import Isolation


async def test_an_exclusive_holder_waits_for_shared_ones_and_goes_before_new_ones() -> None:
    isolation, order = Isolation(), list[str]()
    leave = asyncio.Event()

    async def first() -> None:
        async with isolation.shared():
            await leave.wait()
            order.append("first")

    async def alone() -> None:
        async with isolation.exclusive():
            order.append("alone")
            assert not isolation.open

    async def late() -> None:
        async with isolation.shared():
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


async def test_a_cancelled_exclusive_wait_lets_shared_holders_in_again() -> None:
    isolation = Isolation()
    async with isolation.shared():

        async def alone() -> None:
            async with isolation.exclusive():
                raise AssertionError

        waiting = asyncio.create_task(alone())
        await asyncio.sleep(0)
        assert not isolation.open
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert isolation.open
