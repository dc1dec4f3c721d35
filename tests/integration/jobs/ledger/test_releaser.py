"""How much the scheduler releases: by the engines' capacity, the windows and idle places."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

import pytest

from jobs.ledger.processes import Process
from jobs.process.settings import BatchSettings, BulkSettings, WorkerSettings
from tests.integration.jobs.ledger.batch_kit import BatchDriver
from tests.integration.jobs.ledger.conftest import Submit
from worker.bulk.releaser import Releaser

DEFAULT = WorkerSettings().bulk_places
CLOSED = BulkSettings(window="never")


async def beat(driver: BatchDriver, name: str, *, ago: float = 0, **detail: Any) -> None:
    process = Process("worker", name, "here", os.getpid(), datetime.now(UTC), detail)
    await driver.ledger.processes.beat(process)
    driver.redis.zincrby("chancery:processes", -ago, name)


async def released(driver: BatchDriver, settings: BulkSettings | None = None) -> int:
    """How many of very many lines a new scheduler releases at first."""
    releaser = Releaser(driver.ledger, settings or BulkSettings(), BatchSettings(), DEFAULT)
    return (await releaser.release()).released


def ahead(places: int) -> int:
    return places + round(places / 4)


async def test_without_workers_it_is_the_default_of_one(driver: BatchDriver) -> None:
    await driver.begin(500)
    assert await released(driver) == ahead(DEFAULT)


async def test_it_is_what_all_live_workers_can_run_and_a_quarter_more(
    driver: BatchDriver,
) -> None:
    await driver.begin(500)
    await beat(driver, "one", bulk_places=40)
    await beat(driver, "two", bulk_places=20)
    await beat(driver, "gone", bulk_places=100, ago=60)
    assert await released(driver) == ahead(60)


@pytest.mark.parametrize(
    ("engine", "places"),
    [
        ({"running": 12, "waiting": 3, "kv_cache_use": 0.95}, 12),
        ({"running": 0, "waiting": 3, "kv_cache_use": 0.95}, 1),
        ({"running": 12, "waiting": 0, "kv_cache_use": 0.95}, 40),
        ({"running": 12, "waiting": 3, "kv_cache_use": 0.5}, 40),
        ({}, 40),
    ],
)
async def test_a_full_engine_gets_no_more_than_it_runs(
    driver: BatchDriver, engine: dict[str, Any], places: int
) -> None:
    await driver.begin(500)
    await beat(driver, "one", bulk_places=40, engine=engine)
    assert await released(driver) == ahead(places)


async def test_outside_its_window_bulk_work_waits(driver: BatchDriver) -> None:
    await driver.ledger.departments.create("tax")
    await driver.begin(10)
    assert await released(driver, CLOSED) == 0


async def test_or_uses_half_of_what_interactive_work_leaves(
    driver: BatchDriver, submit: Submit
) -> None:
    await driver.ledger.departments.create("tax")
    await driver.begin(500)
    await beat(driver, "one", bulk_places=40)
    idle = BulkSettings(window="never", outside_window="idle")
    assert await released(driver, idle) == 20
    await driver.run(driver.take_sent())
    await submit()
    assert await released(driver, idle) == 0
