"""The places for requests in flight."""

from __future__ import annotations

import asyncio

from worker.places import Places


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
