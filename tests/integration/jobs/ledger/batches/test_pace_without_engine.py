"""Time without a healthy engine counts neither as work nor as capacity."""

from __future__ import annotations

import asyncio
import time

import pytest

from jobs.ledger.upkeep import ALWAYS_HEALTHY, HealthyTime, Windows
from tests.integration.jobs.ledger.batch_kit import BatchDriver


async def wall_ms(driver: BatchDriver) -> int:
    return int(driver.redis.hget("chancery:pace", "wall_ms") or 0)  # type: ignore[arg-type]


async def test_an_outage_is_not_measured(driver: BatchDriver) -> None:
    await driver.begin(50)
    set_windows = driver.ledger.upkeep.set_windows
    await set_windows(Windows(), ALWAYS_HEALTHY)
    await asyncio.sleep(0.3)
    await set_windows(Windows(), ALWAYS_HEALTHY)
    before = await wall_ms(driver)
    assert before >= 300
    await set_windows(Windows(), None)
    await asyncio.sleep(0.5)
    await set_windows(Windows(), None)
    # Healthy again for 0.1 s: what was before counts for nothing.
    await set_windows(Windows(), HealthyTime(began=0.1, ended=0.0))
    assert await wall_ms(driver) == before
    await asyncio.sleep(0.2)
    await set_windows(Windows(), HealthyTime(began=0.3, ended=0.0))
    assert await wall_ms(driver) == pytest.approx(before + 200, abs=100)


async def test_a_hang_is_not_measured_although_it_is_found_out_late(driver: BatchDriver) -> None:
    await driver.begin(50)
    set_windows = driver.ledger.upkeep.set_windows
    await set_windows(Windows(), ALWAYS_HEALTHY)
    hung, longest = time.monotonic(), 0.0
    for _ in range(3):
        await asyncio.sleep(0.2)
        # The last answer is as old as the hang.
        told = time.monotonic()
        await set_windows(Windows(), HealthyTime(began=1e6, ended=told - hung))
        longest = max(longest, time.monotonic() - told)
    # The age is as much too low as it took to arrive.
    assert await wall_ms(driver) < 100 + 1_000 * longest


async def test_a_short_hang_that_nobody_found_out_is_measured(driver: BatchDriver) -> None:
    await driver.begin(50)
    set_windows = driver.ledger.upkeep.set_windows
    await set_windows(Windows(), ALWAYS_HEALTHY)
    await asyncio.sleep(0.2)
    await set_windows(Windows(), HealthyTime(began=1e6, ended=0.2))
    await set_windows(Windows(), HealthyTime(began=1e6, ended=0.0))
    assert await wall_ms(driver) >= 180
