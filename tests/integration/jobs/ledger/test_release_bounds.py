"""What waits though there would be room: windows, quotas, idle capacity."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from jobs.model.lanes import Lane
from tests.integration.jobs.ledger.batch_kit import Bureau
from tests.integration.jobs.ledger.conftest import Submit

TAX = frozenset({"tax"})


async def waiting(bureau: Bureau) -> int:
    return int(bureau.redis.zcard("chancery:waiting:tax"))


async def test_what_was_released_and_not_begun_waits_when_the_window_closes(
    bureau: Bureau,
) -> None:
    await bureau.begin(3)
    await bureau.release()
    ids = bureau.take_sent()
    await bureau.release(closed=TAX)
    assert await bureau.claim(ids) == []
    assert await waiting(bureau) == len(ids)
    assert (await bureau.release(closed=TAX)).released == 0
    assert (await bureau.release()).released == 3
    assert len(await bureau.claim(bureau.take_sent())) == 3


async def test_lines_of_a_batch_whose_own_window_closes_wait_too(bureau: Bureau) -> None:
    narrow, wide = await bureau.begin(1), await bureau.begin(1)
    await bureau.release()
    ids = bureau.take_sent()
    await bureau.release(closed_batches=frozenset({narrow.id}))
    assert [one.job.batch_id for one in await bureau.claim(ids)] == [wide.id]


async def test_interactive_lines_are_begun_at_any_hour(bureau: Bureau) -> None:
    await bureau.begin(2, lane=Lane.interactive)
    await bureau.release(closed=TAX)
    assert len(await bureau.claim(bureau.take_sent(Lane.interactive))) == 2


async def test_what_a_dead_scheduler_said_of_windows_is_forgotten(bureau: Bureau) -> None:
    await bureau.release(closed=TAX)
    assert 0 < bureau.redis.pttl("chancery:closed") <= 60_000


async def test_a_single_bulk_job_costs_its_department_what_it_used(
    bureau: Bureau, submit: Submit
) -> None:
    await submit(lane=Lane.bulk)
    await bureau.release()
    before = turn(bureau)
    await bureau.run_using(bureau.take_sent(), 51_000)
    assert turn(bureau) - before == 50_000


def turn(bureau: Bureau) -> float:
    score = bureau.redis.zscore("chancery:turns", "tax")
    return float(bureau.redis.hget("chancery:rested", "tax") if score is None else score)


async def test_interactive_batches_keep_to_the_tokens_of_a_day(bureau: Bureau) -> None:
    bureau.redis.hset("chancery:department:tax", "tokens_per_day", 100)
    await bureau.begin(4, lane=Lane.interactive)
    await bureau.release(1)
    await bureau.run_using(bureau.take_sent(Lane.interactive), 100)
    assert (await bureau.release()).released == 0


async def test_an_interactive_batch_does_not_wait_for_room_among_bulk_work(
    bureau: Bureau,
) -> None:
    await bureau.begin(10)
    await bureau.release(4)
    await bureau.begin(2, lane=Lane.interactive)
    assert (await bureau.release(4)).released == 2
    assert len(bureau.sent(Lane.interactive)) == 2


async def test_many_interactive_batches_share_one_bound(bureau: Bureau) -> None:
    for _ in range(3):
        await bureau.begin(10, lane=Lane.interactive)
    await bureau.release(8)
    assert len(bureau.sent(Lane.interactive)) == 8


class TestIdleCapacity:
    async def test_it_is_left_to_closed_departments_while_nobody_elses_work_waits(
        self, bureau: Bureau
    ) -> None:
        await bureau.begin(10)
        await bureau.begin(2, department="parks")
        await bureau.release(8, closed=TAX, idle_depth=4)
        assert bureau.sent_by_department() == {"parks": 2, "tax": 2}
        assert len(await bureau.claim(bureau.take_sent())) == 4

    async def test_there_is_none_while_an_open_department_waits(self, bureau: Bureau) -> None:
        await bureau.begin(10)
        await bureau.begin(20, department="parks")
        await bureau.release(8, closed=TAX, idle_depth=4)
        assert bureau.sent_by_department() == {"parks": 8}

    async def test_what_was_not_begun_goes_back_when_it_is_needed(self, bureau: Bureau) -> None:
        await bureau.begin(4)
        await bureau.release(8, closed=TAX, idle_depth=4)
        ids = bureau.take_sent()
        await bureau.release(8, closed=TAX)
        assert await bureau.claim(ids) == []

    async def test_rest_outside_the_window_is_not_saved_up(self, bureau: Bureau) -> None:
        await bureau.begin(10)
        await bureau.begin([("summarize", 60_000)] * 4, department="parks")
        for _ in range(4):
            await bureau.release(1, closed=TAX, idle_depth=1)
            await bureau.run_using(bureau.take_sent(), 60_000)
        served = float(bureau.redis.get("chancery:served"))
        assert turn(bureau) >= served - 50_000


async def test_a_thousand_batches_of_a_closed_department_are_not_looked_at(bureau: Bureau) -> None:
    await bureau.begin(1, deadline=datetime.now(UTC) + timedelta(hours=1))
    for _ in range(50):
        await bureau.begin(1)
    bureau.redis.config_resetstat()
    await bureau.release(closed=TAX)
    assert bureau.redis.info("commandstats").get("cmdstat_hgetall", {"calls": 0})["calls"] < 10
