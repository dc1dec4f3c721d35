"""The expected end of batches, from their state in the ledger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobs.batches.batch import Batch, NewBatch
from jobs.batches.eta.eta import OVERHEAD, BatchEta
from jobs.ledger.pauses import Pause
from jobs.model.lanes import Lane
from jobs.process.settings import BulkSettings
from jobs.windows.window import Window
from tests.integration.jobs.ledger.batch_kit import BatchDriver, a_new_batch

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
PER_SECOND = 100
HOUR_TOKENS = 3_600 * PER_SECOND
NIGHT = "20:00-06:00 UTC"


async def hours(driver: BatchDriver, batch: Batch | NewBatch, **bulk: Any) -> float | None:
    """How many hours from now it is expected to be done, without the overhead."""
    settings = BulkSettings(assumed_tokens_per_second=PER_SECOND, **bulk)
    end = (await BatchEta(driver.ledger, settings).of_open(NOW))[batch.id].end
    return None if end is None else round((end - OVERHEAD - NOW) / HOUR, 3)


async def waiting(driver: BatchDriver, *, of: float = 1, due: float = 24, **changes: Any) -> Batch:
    """A batch of so many hours' work at the assumed pace, due in so many hours."""
    lines = [("summarize", round(of * HOUR_TOKENS / 4))] * 4
    return await driver.begin(lines, deadline=NOW + due * HOUR, **changes)


def measured(driver: BatchDriver, task: str, per_second: float) -> None:
    figures: dict[Any, Any] = {f"tokens:{task}": round(per_second * 100), f"busy_ms:{task}": 10**5}
    driver.redis.hset("chancery:pace", mapping=figures | {"wall_ms": 10**5})


async def test_where_nothing_was_measured_yet_the_assumed_pace_counts(driver: BatchDriver) -> None:
    batch = await waiting(driver, of=2)
    assert await hours(driver, batch) == 2
    measured(driver, "extract", PER_SECOND * 2)
    assert await hours(driver, batch) == 1, "as fast as what was measured"
    driver.redis.delete("chancery:pace")
    measured(driver, "summarize", PER_SECOND * 4)
    assert await hours(driver, batch) == 0.5


@pytest.mark.parametrize("pause", [Pause("tax"), Pause(lane=Lane.bulk), Pause("tax", Lane.bulk)])
async def test_while_its_department_is_paused_its_end_cannot_be_foreseen(
    driver: BatchDriver, pause: Pause
) -> None:
    batch = await waiting(driver)
    theirs = await waiting(driver, department="parks")
    await driver.ledger.pauses.pause(pause.department, pause.lane)
    assert await hours(driver, batch) is None
    assert await hours(driver, theirs) == (1 if pause.department else None), "all of the system"
    await driver.ledger.pauses.resume(pause.department, pause.lane)
    assert await hours(driver, batch) == 2, "they share it"


async def test_a_pause_of_interactive_work_delays_no_batch(driver: BatchDriver) -> None:
    batch = await waiting(driver)
    await driver.ledger.pauses.pause(lane=Lane.interactive)
    assert await hours(driver, batch) == 1


async def test_an_interactive_batch_stops_for_pauses_of_its_own_lane_alone(
    driver: BatchDriver,
) -> None:
    batch = await waiting(driver, lane=Lane.interactive)
    await driver.ledger.pauses.pause(lane=Lane.bulk)
    assert await hours(driver, batch) == 1
    await driver.ledger.pauses.pause(lane=Lane.interactive)
    assert await hours(driver, batch) is None


async def test_a_closed_window_is_waited_for(driver: BatchDriver) -> None:
    await driver.ledger.departments.create("parks")
    await driver.ledger.departments.set_window("parks", Window.parse("14:00-15:00 UTC"))
    ours = await waiting(driver)
    theirs = await waiting(driver, department="parks", of=1.5)
    assert await hours(driver, ours, window=NIGHT) == 11
    assert await hours(driver, theirs, window=NIGHT) == 28.5, "its own, on two days"


async def test_a_batch_may_narrow_its_departments_window(driver: BatchDriver) -> None:
    narrow = await waiting(driver, window="22:00-23:30 UTC")
    assert await hours(driver, narrow, window=NIGHT) == 13
    never = await waiting(driver, window="never")
    assert await hours(driver, never) is None


async def test_an_interactive_batch_waits_for_no_window_and_for_no_other(
    driver: BatchDriver,
) -> None:
    bulk = await waiting(driver)
    quick = await waiting(driver, lane=Lane.interactive, due=48)
    assert await hours(driver, quick, window=NIGHT) == 1
    assert await hours(driver, bulk) == 2


async def test_what_is_due_sooner_is_done_before(driver: BatchDriver) -> None:
    last = await waiting(driver, due=40)
    first = await waiting(driver, due=20, of=2)
    second = await waiting(driver, due=30, of=3)
    assert [await hours(driver, one) for one in (first, second, last)] == [2, 5, 6]


async def test_departments_share_by_weight(driver: BatchDriver) -> None:
    await driver.ledger.departments.create("parks", weight=3)
    ours, theirs = await waiting(driver), await waiting(driver, department="parks")
    assert await hours(driver, theirs) == 1.333
    assert await hours(driver, ours) == 2


async def test_a_new_batch_stands_behind_what_is_due_sooner(driver: BatchDriver) -> None:
    await waiting(driver, due=20, of=2)
    await waiting(driver, due=40, of=8)
    eta = BatchEta(driver.ledger, BulkSettings(assumed_tokens_per_second=PER_SECOND))
    new = a_new_batch(created_at=NOW, deadline=NOW + 30 * HOUR, tokens={"parse": HOUR_TOKENS})
    assert (await eta.of_new(new)).end == NOW + 3 * HOUR + OVERHEAD
    assert new.id not in await eta.of_open(NOW)


async def test_a_batch_whose_file_is_not_read_yet_counts_as_was_estimated(
    driver: BatchDriver,
) -> None:
    unread = await driver.submit(deadline=NOW + 20 * HOUR, tokens={"summarize": 3 * HOUR_TOKENS})
    assert await hours(driver, unread) == 3


async def test_what_has_ended_of_a_batch_counts_no_more(driver: BatchDriver) -> None:
    batch = await waiting(driver, of=4)
    await driver.release(depth=1)
    await driver.run(driver.take_sent())
    assert await hours(driver, batch) == 3
    await driver.ledger.batches.cancel("tax", batch.id)
    assert await hours(driver, batch) == 0, "it is only written down"
