"""Slots for requests in flight."""

from __future__ import annotations

import asyncio

from worker.engine.limits.slots import Slots


async def _hold(slots: Slots, priority: int, name: str, served: list[str]) -> None:
    async with slots.acquire(priority):
        served.append(name)


async def _served(order: list[tuple[int, str]]) -> list[str]:
    """The order in which waiters get the only slot."""
    slots, served = Slots(1), list[str]()
    async with slots.acquire(0):
        waiters = [asyncio.create_task(_hold(slots, *waiter, served)) for waiter in order]
        await asyncio.sleep(0)
    await asyncio.gather(*waiters)
    return served


async def test_a_lower_priority_number_goes_first() -> None:
    assert await _served([(10, "bulk"), (0, "interactive")]) == ["interactive", "bulk"]


async def test_equal_priorities_are_served_in_order_of_arrival() -> None:
    assert await _served([(5, "a"), (5, "b"), (5, "c")]) == ["a", "b", "c"]


async def test_owners_are_served_in_turns() -> None:
    slots, served = Slots(1), list[str]()

    async def hold(owner: str) -> None:
        async with slots.acquire(0, owner):
            served.append(owner)

    async with slots.acquire(0, "long"):
        waiters = [asyncio.create_task(hold("long")) for _ in range(100)]
        await asyncio.sleep(0)
        waiters += [asyncio.create_task(hold("short")) for _ in range(2)]
        await asyncio.sleep(0)
    await asyncio.gather(*waiters)
    assert served[:4] == ["long", "short", "long", "short"]


async def test_a_cancelled_waiter_takes_no_slot() -> None:
    slots, served = Slots(1), list[str]()
    async with slots.acquire(0):
        gone = asyncio.create_task(_hold(slots, 0, "gone", served))
        stays = asyncio.create_task(_hold(slots, 1, "stays", served))
        await asyncio.sleep(0)
        gone.cancel()
    await stays
    assert served == ["stays"]


async def test_a_slot_granted_just_before_a_cancellation_is_released() -> None:
    slots, served = Slots(1), list[str]()
    async with slots.acquire(0):
        gone = asyncio.create_task(_hold(slots, 0, "gone", served))
        await asyncio.sleep(0)
    gone.cancel()
    async with asyncio.timeout(30):
        await _hold(slots, 0, "next", served)
    assert served == ["next"]


async def test_the_reserved_slots_are_for_priority_0_only() -> None:
    slots, granted = Slots(3, reserved=1), list[str]()

    async def take(name: str, priority: int) -> None:
        async with slots.acquire(priority):
            granted.append(name)
            await leave.wait()

    leave = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for number in range(3):
            tasks.create_task(take(f"bulk {number}", 10))
        await _settled()
        tasks.create_task(take("interactive", 0))
        await _settled()
        assert granted == ["bulk 0", "bulk 1", "interactive"]
        leave.set()
    assert granted[3:] == ["bulk 2"]


async def _settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)
