"""The places for requests in flight."""

from __future__ import annotations

import asyncio

from worker.engine.slots import Places


async def _hold(places: Places, priority: int, name: str, served: list[str]) -> None:
    async with places.take(priority):
        served.append(name)


async def _served(order: list[tuple[int, str]]) -> list[str]:
    """Who gets the one place after whom, where all ask while it is taken."""
    places, served = Places(1), list[str]()
    async with places.take(0):
        asking = [asyncio.create_task(_hold(places, *one, served)) for one in order]
        await asyncio.sleep(0)
    await asyncio.gather(*asking)
    return served


async def test_a_lower_priority_number_goes_first() -> None:
    assert await _served([(10, "bulk"), (0, "interactive")]) == ["interactive", "bulk"]


async def test_equal_priorities_are_served_as_they_came() -> None:
    assert await _served([(5, "a"), (5, "b"), (5, "c")]) == ["a", "b", "c"]


async def test_who_gives_up_waiting_loses_no_place() -> None:
    places, served = Places(1), list[str]()
    async with places.take(0):
        gone = asyncio.create_task(_hold(places, 0, "gone", served))
        stays = asyncio.create_task(_hold(places, 1, "stays", served))
        await asyncio.sleep(0)
        gone.cancel()
    await stays
    assert served == ["stays"]


async def test_who_is_cancelled_just_after_getting_a_place_gives_it_back() -> None:
    places, served = Places(1), list[str]()
    async with places.take(0):
        gone = asyncio.create_task(_hold(places, 0, "gone", served))
        await asyncio.sleep(0)
    gone.cancel()
    async with asyncio.timeout(30):
        await _hold(places, 0, "next", served)
    assert served == ["next"]


async def test_the_last_places_are_for_priority_0_alone() -> None:
    places, got = Places(3, kept=1), list[str]()

    async def take(name: str, priority: int) -> None:
        async with places.take(priority):
            got.append(name)
            await leave.wait()

    leave = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for number in range(3):
            tasks.create_task(take(f"bulk {number}", 10))
        await _settled()
        tasks.create_task(take("interactive", 0))
        await _settled()
        assert got == ["bulk 0", "bulk 1", "interactive"]
        leave.set()
    assert got[3:] == ["bulk 2"]


async def _settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)
