"""What the ledger is told of windows and of idle slots."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobs.ledger.processes import Process
from jobs.model.lanes import Lane
from jobs.process.settings import BulkSettings, WorkerSettings
from tests.integration.jobs.ledger.batch_kit import BatchDriver
from tests.integration.jobs.ledger.conftest import Submit
from worker.bulk.window_keeper import WindowKeeper

DEFAULT = WorkerSettings().bulk_places
IDLE = BulkSettings(window="never", outside_window="idle")


async def beat(driver: BatchDriver, name: str, *, ago: float = 0, **detail: Any) -> None:
    process = Process("worker", name, "here", os.getpid(), datetime.now(UTC), detail)
    await driver.ledger.processes.beat(process)
    driver.redis.zincrby("chancery:processes", -ago, name)


async def claimable(driver: BatchDriver, settings: BulkSettings) -> int:
    """How many of very many lines a worker with much room gets."""
    await WindowKeeper(driver.ledger, settings, DEFAULT).update()
    return len((await driver.claim_room(300)).granted)


async def test_inside_its_window_bulk_work_starts(driver: BatchDriver) -> None:
    await driver.ledger.departments.create("tax")
    await driver.begin(10)
    assert await claimable(driver, BulkSettings()) == 10


async def test_outside_its_window_bulk_work_waits(driver: BatchDriver) -> None:
    await driver.ledger.departments.create("tax")
    await driver.begin(10)
    assert await claimable(driver, BulkSettings(window="never")) == 0


async def test_windows_open_by_the_clock_of_the_server(
    driver: BatchDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await driver.ledger.departments.create("tax")
    await driver.begin(10)
    here, hour = datetime.now(UTC), timedelta(hours=1)
    window = BulkSettings(window=f"{here - hour:%H:%M}-{here + hour:%H:%M}")

    async def twelve_hours_later() -> datetime:
        return here + 12 * hour

    with monkeypatch.context() as clock:
        clock.setattr(driver.ledger, "now", twelve_hours_later)
        assert await claimable(driver, window) == 0
    assert abs(await driver.ledger.now() - datetime.now(UTC)) < hour
    assert await claimable(driver, window) == 10


async def test_or_uses_half_of_the_slots_of_live_workers(driver: BatchDriver) -> None:
    await driver.ledger.departments.create("tax")
    await driver.begin(500)
    await beat(driver, "one", bulk_places=40)
    await beat(driver, "two", bulk_places=20)
    await beat(driver, "gone", bulk_places=100, ago=60)
    assert await claimable(driver, IDLE) == 30


async def test_without_workers_it_is_half_of_the_default_of_one(driver: BatchDriver) -> None:
    await driver.ledger.departments.create("tax")
    await driver.begin(500)
    assert await claimable(driver, IDLE) == DEFAULT // 2


async def test_interactive_work_leaves_no_idle_slots(driver: BatchDriver, submit: Submit) -> None:
    await driver.ledger.departments.create("tax")
    await driver.begin(500)
    await submit()
    assert await claimable(driver, IDLE) == 0
    await driver.ledger.pauses.pause("tax", Lane.interactive)
    assert await claimable(driver, IDLE) == DEFAULT // 2
