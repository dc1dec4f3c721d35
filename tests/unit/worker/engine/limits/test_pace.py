"""A department's request beside many of another, which take the same time each.

In simulated time, so that the machine's speed does not matter.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tests.unit.worker.engine.virtual_time import run
from worker.engine.limits.slots import Slots

SLOTS, RESERVED, SECONDS = 64, 8, 0.2
BULK = 10
FULL_RATE = (SLOTS - RESERVED) / SECONDS


class _Flood:
    """A department whose requests always wait, as many as are claimed ahead."""

    def __init__(self, slots: Slots) -> None:
        self.slots, self.ended = slots, 0

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(126):
                tasks.create_task(self._requests())

    async def _requests(self) -> None:
        while True:
            async with self.slots.acquire(BULK, "flood"):
                await asyncio.sleep(SECONDS)
            self.ended += 1


async def _waits(slots: Slots, count: int) -> Sequence[float]:
    """Seconds for which single requests of another department wait for a slot."""
    loop, waits = asyncio.get_running_loop(), list[float]()
    for number in range(count):
        await asyncio.sleep(0.301 + number % 7 * 0.031)
        began = loop.time()
        async with slots.acquire(BULK, "calm"):
            waits.append(loop.time() - began)
    return sorted(waits)


async def _beside_a_flood() -> tuple[Sequence[float], float]:
    """The waits, and the flood's share of the slots' throughput from the start."""
    flood = _Flood(Slots(SLOTS, RESERVED))
    running = asyncio.create_task(flood.run())
    await asyncio.sleep(5)
    waits = await _waits(flood.slots, 100)
    share = flood.ended / (asyncio.get_running_loop().time() * FULL_RATE)
    running.cancel()
    await asyncio.wait((running,))
    return waits, share


def test_a_request_beside_a_flood_waits_for_a_small_part_of_a_requests_time() -> None:
    waits, share = run(_beside_a_flood())
    assert waits[50] < SECONDS / 10
    assert waits[95] < SECONDS / 3
    assert share > 0.98


async def _small_batch() -> float:
    slots = Slots(SLOTS, RESERVED)

    async def line() -> None:
        async with slots.acquire(BULK, "calm"):
            await asyncio.sleep(SECONDS)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(4 * (SLOTS - RESERVED)):
            tasks.create_task(line())
    return asyncio.get_running_loop().time()


def test_a_small_batch_alone_is_not_slowed_down() -> None:
    assert run(_small_batch()) < 4 * SECONDS + 0.001


async def _after_a_pause() -> float:
    """Seconds of a second batch, which starts after the slots were empty."""
    flood = _Flood(slots := Slots(SLOTS, RESERVED))
    running = asyncio.create_task(flood.run())
    await asyncio.sleep(5)
    running.cancel()
    await asyncio.wait((running,))
    await asyncio.sleep(3600)
    loop = asyncio.get_running_loop()
    began = loop.time()

    async def line() -> None:
        async with slots.acquire(BULK, "flood"):
            await asyncio.sleep(SECONDS)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(2 * (SLOTS - RESERVED)):
            tasks.create_task(line())
    return loop.time() - began


def test_after_a_pause_nothing_is_delayed() -> None:
    assert run(_after_a_pause()) < 2 * SECONDS + 0.001


async def _batch_beside_a_flood() -> float:
    """Seconds for as many requests as slots."""
    flood = _Flood(slots := Slots(SLOTS, RESERVED))
    running = asyncio.create_task(flood.run())
    await asyncio.sleep(5.05)
    loop = asyncio.get_running_loop()
    began = loop.time()

    async def line() -> None:
        async with slots.acquire(BULK, "calm"):
            await asyncio.sleep(SECONDS)

    await asyncio.gather(*(line() for _ in range(SLOTS)))
    seconds = loop.time() - began
    running.cancel()
    await asyncio.wait((running,))
    return seconds


def test_as_many_requests_as_slots_go_before_those_of_a_flood() -> None:
    alone = 2 * SECONDS  # the reserved slots are not for them
    assert run(_batch_beside_a_flood()) < 1.25 * alone


async def _interactive_beside_a_flood() -> float:
    flood = _Flood(slots := Slots(SLOTS, RESERVED))
    running = asyncio.create_task(flood.run())
    await asyncio.sleep(5.05)
    began = asyncio.get_running_loop().time()
    async with slots.acquire(0, "calm"):
        seconds = asyncio.get_running_loop().time() - began
    running.cancel()
    await asyncio.wait((running,))
    return seconds


def test_the_reserved_slots_stay_free_for_priority_0() -> None:
    assert run(_interactive_beside_a_flood()) == 0
