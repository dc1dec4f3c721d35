"""When batches are expected to be done, from what the ledger says of them."""

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
from tests.integration.jobs.ledger.batch_kit import Bureau, a_new_batch

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
PER_SECOND = 100
HOUR_TOKENS = 3_600 * PER_SECOND
NIGHT = "20:00-06:00 UTC"


async def hours(bureau: Bureau, batch: Batch | NewBatch, **bulk: Any) -> float | None:
    """How many hours from now it is expected to be done, without the overhead."""
    settings = BulkSettings(assumed_tokens_per_second=PER_SECOND, **bulk)
    end = (await BatchEta(bureau.ledger, settings).of_open(NOW))[batch.id]
    return None if end is None else round((end - OVERHEAD - NOW) / HOUR, 3)


async def waiting(bureau: Bureau, *, of: float = 1, due: float = 24, **changes: Any) -> Batch:
    """A batch of so many hours' work at the assumed pace, due in so many hours."""
    lines = [("summarize", round(of * HOUR_TOKENS / 4))] * 4
    return await bureau.begin(lines, deadline=NOW + due * HOUR, **changes)


def measured(bureau: Bureau, task: str, per_second: float) -> None:
    figures: dict[Any, Any] = {f"tokens:{task}": round(per_second * 100), f"busy_ms:{task}": 10**5}
    bureau.redis.hset("chancery:pace", mapping=figures | {"wall_ms": 10**5})


async def test_where_nothing_was_measured_yet_the_assumed_pace_counts(bureau: Bureau) -> None:
    batch = await waiting(bureau, of=2)
    assert await hours(bureau, batch) == 2
    measured(bureau, "extract", PER_SECOND * 2)
    assert await hours(bureau, batch) == 1, "as fast as what was measured"
    bureau.redis.delete("chancery:pace")
    measured(bureau, "summarize", PER_SECOND * 4)
    assert await hours(bureau, batch) == 0.5


@pytest.mark.parametrize("pause", [Pause("tax"), Pause(lane=Lane.bulk), Pause("tax", Lane.bulk)])
async def test_while_its_department_is_paused_its_end_cannot_be_foreseen(
    bureau: Bureau, pause: Pause
) -> None:
    batch = await waiting(bureau)
    theirs = await waiting(bureau, department="parks")
    await bureau.ledger.pauses.pause(pause.department, pause.lane)
    assert await hours(bureau, batch) is None
    assert await hours(bureau, theirs) == (1 if pause.department else None), "all of the system"
    await bureau.ledger.pauses.resume(pause.department, pause.lane)
    assert await hours(bureau, batch) == 2, "they share it"


async def test_a_pause_of_interactive_work_delays_no_batch(bureau: Bureau) -> None:
    batch = await waiting(bureau)
    await bureau.ledger.pauses.pause(lane=Lane.interactive)
    assert await hours(bureau, batch) == 1


async def test_an_interactive_batch_stops_for_pauses_of_its_own_lane_alone(bureau: Bureau) -> None:
    batch = await waiting(bureau, lane=Lane.interactive)
    await bureau.ledger.pauses.pause(lane=Lane.bulk)
    assert await hours(bureau, batch) == 1
    await bureau.ledger.pauses.pause(lane=Lane.interactive)
    assert await hours(bureau, batch) is None


async def test_a_closed_window_is_waited_for(bureau: Bureau) -> None:
    await bureau.ledger.departments.create("parks")
    await bureau.ledger.departments.set_window("parks", Window.parse("14:00-15:00 UTC"))
    ours = await waiting(bureau)
    theirs = await waiting(bureau, department="parks", of=1.5)
    assert await hours(bureau, ours, window=NIGHT) == 11
    assert await hours(bureau, theirs, window=NIGHT) == 28.5, "its own, on two days"


async def test_a_batch_may_narrow_its_departments_window(bureau: Bureau) -> None:
    narrow = await waiting(bureau, window="22:00-23:30 UTC")
    assert await hours(bureau, narrow, window=NIGHT) == 13
    never = await waiting(bureau, window="never")
    assert await hours(bureau, never) is None


async def test_an_interactive_batch_waits_for_no_window_and_for_no_other(bureau: Bureau) -> None:
    bulk = await waiting(bureau)
    quick = await waiting(bureau, lane=Lane.interactive, due=48)
    assert await hours(bureau, quick, window=NIGHT) == 1
    assert await hours(bureau, bulk) == 2


async def test_what_is_due_sooner_is_done_before(bureau: Bureau) -> None:
    last = await waiting(bureau, due=40)
    first = await waiting(bureau, due=20, of=2)
    second = await waiting(bureau, due=30, of=3)
    assert [await hours(bureau, one) for one in (first, second, last)] == [2, 5, 6]


async def test_departments_share_by_weight(bureau: Bureau) -> None:
    await bureau.ledger.departments.create("parks", weight=3)
    ours, theirs = await waiting(bureau), await waiting(bureau, department="parks")
    assert await hours(bureau, theirs) == 1.333
    assert await hours(bureau, ours) == 2


async def test_a_new_batch_stands_behind_what_is_due_sooner(bureau: Bureau) -> None:
    await waiting(bureau, due=20, of=2)
    await waiting(bureau, due=40, of=8)
    eta = BatchEta(bureau.ledger, BulkSettings(assumed_tokens_per_second=PER_SECOND))
    new = a_new_batch(created_at=NOW, deadline=NOW + 30 * HOUR, tokens={"parse": HOUR_TOKENS})
    assert await eta.of_new(new) == NOW + 3 * HOUR + OVERHEAD
    assert new.id not in await eta.of_open(NOW)


async def test_a_batch_whose_file_is_not_read_yet_counts_as_was_estimated(bureau: Bureau) -> None:
    unread = await bureau.submit(deadline=NOW + 20 * HOUR, tokens={"summarize": 3 * HOUR_TOKENS})
    assert await hours(bureau, unread) == 3


async def test_what_has_ended_of_a_batch_counts_no_more(bureau: Bureau) -> None:
    batch = await waiting(bureau, of=4)
    await bureau.release(depth=1)
    await bureau.run(bureau.take_sent())
    assert await hours(bureau, batch) == 3
    await bureau.ledger.batches.cancel("tax", batch.id)
    assert await hours(bureau, batch) == 0, "it is only written down"
