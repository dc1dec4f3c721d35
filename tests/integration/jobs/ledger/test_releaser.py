"""How much the scheduler releases: by the engines' own figures, the windows, and what is idle."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobs.ledger.processes import Process
from jobs.process.settings import BatchSettings, BulkSettings, WorkerSettings
from tests.integration.jobs.ledger.batch_kit import Bureau
from tests.integration.jobs.ledger.conftest import Submit
from worker.bulk.releaser import Releaser

DEFAULT = WorkerSettings().bulk_places
CLOSED = BulkSettings(window="never")


async def beat(bureau: Bureau, name: str, *, ago: float = 0, **detail: Any) -> None:
    seen = datetime.now(UTC) - timedelta(seconds=ago)
    await bureau.ledger.processes.beat(
        Process("worker", name, "here", os.getpid(), seen, seen, detail)
    )


async def released(bureau: Bureau, settings: BulkSettings | None = None) -> int:
    """How many of very many lines a new scheduler releases at first."""
    releaser = Releaser(bureau.ledger, settings or BulkSettings(), BatchSettings(), DEFAULT)
    return (await releaser.release()).released


def ahead(places: int) -> int:
    return places + round(places / 4)


async def test_before_a_worker_was_heard_from_it_is_what_one_is_set_to(bureau: Bureau) -> None:
    await bureau.begin(500)
    assert await released(bureau) == ahead(DEFAULT)


async def test_it_is_what_all_live_workers_can_work_on_and_a_little_ahead(bureau: Bureau) -> None:
    await bureau.begin(500)
    await beat(bureau, "one", bulk_places=40)
    await beat(bureau, "two", bulk_places=20)
    await beat(bureau, "gone", bulk_places=100, ago=60)
    assert await released(bureau) == ahead(60)


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
    bureau: Bureau, engine: dict[str, Any], places: int
) -> None:
    await bureau.begin(500)
    await beat(bureau, "one", bulk_places=40, engine=engine)
    assert await released(bureau) == ahead(places)


async def test_outside_its_window_bulk_work_waits(bureau: Bureau) -> None:
    await bureau.ledger.departments.create("tax")
    await bureau.begin(10)
    assert await released(bureau, CLOSED) == 0


async def test_or_uses_half_of_what_interactive_work_leaves(bureau: Bureau, submit: Submit) -> None:
    await bureau.ledger.departments.create("tax")
    await bureau.begin(500)
    await beat(bureau, "one", bulk_places=40)
    idle = BulkSettings(window="never", outside_window="idle")
    assert await released(bureau, idle) == 20
    await bureau.run(bureau.take_sent())
    await submit()
    assert await released(bureau, idle) == 0
