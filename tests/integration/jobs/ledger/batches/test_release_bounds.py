"""Work that waits although there is room: windows, quotas, idle capacity."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from jobs.model.lanes import Lane
from tests.integration.jobs.ledger.batch_kit import BatchDriver
from tests.integration.jobs.ledger.conftest import Submit

TAX = frozenset({"tax"})


async def test_lines_of_a_batch_whose_own_window_is_closed_wait(driver: BatchDriver) -> None:
    narrow, wide = await driver.begin(1), await driver.begin(1)
    await driver.release(closed_batches=frozenset({narrow.id}))
    assert [one.job.batch_id for one in await driver.claim(driver.sent())] == [wide.id]


async def test_interactive_lines_are_begun_at_any_hour(driver: BatchDriver) -> None:
    await driver.begin(2, lane=Lane.interactive)
    await driver.release(closed=TAX)
    assert len(await driver.claim(driver.take_sent(Lane.interactive))) == 2


async def test_a_single_bulk_job_costs_its_department_what_it_used(
    driver: BatchDriver, submit: Submit
) -> None:
    await submit(lane=Lane.bulk)
    await driver.release()
    before = turn(driver)
    await driver.run_using(driver.take_sent(), 51_000)
    assert turn(driver) - before == 50_000


def turn(driver: BatchDriver) -> float:
    score = driver.redis.zscore("chancery:turns", "tax")
    return float(driver.redis.hget("chancery:rested", "tax") if score is None else score)


async def test_interactive_batches_keep_to_the_tokens_of_a_day(driver: BatchDriver) -> None:
    driver.redis.hset("chancery:department:tax", "tokens_per_day", 100)
    await driver.begin(4, lane=Lane.interactive)
    await driver.release(1)
    await driver.run_using(driver.take_sent(Lane.interactive), 100)
    assert (await driver.release()).released == 0


async def test_an_interactive_batch_does_not_wait_for_room_among_bulk_work(
    driver: BatchDriver,
) -> None:
    await driver.begin(10)
    await driver.release(4)
    await driver.begin(2, lane=Lane.interactive)
    assert (await driver.release(4)).released == 2
    assert len(driver.sent(Lane.interactive)) == 2


async def test_many_interactive_batches_share_one_bound(driver: BatchDriver) -> None:
    for _ in range(3):
        await driver.begin(10, lane=Lane.interactive)
    await driver.release(8)
    assert len(driver.sent(Lane.interactive)) == 8


class TestIdleCapacity:
    async def test_it_is_left_to_closed_departments_while_nobody_elses_work_waits(
        self, driver: BatchDriver
    ) -> None:
        await driver.begin(10)
        await driver.begin(2, department="parks")
        await driver.release(8, closed=TAX, idle_depth=4)
        assert driver.sent_by_department() == {"parks": 2, "tax": 2}
        assert len(await driver.claim(driver.take_sent())) == 4

    async def test_there_is_none_while_an_open_department_waits(self, driver: BatchDriver) -> None:
        await driver.begin(10)
        await driver.begin(20, department="parks")
        await driver.release(8, closed=TAX, idle_depth=4)
        assert driver.sent_by_department() == {"parks": 8}

    async def test_rest_outside_the_window_is_not_saved_up(self, driver: BatchDriver) -> None:
        await driver.begin(10)
        await driver.begin([("summarize", 60_000)] * 4, department="parks")
        for _ in range(4):
            await driver.release(1, closed=TAX, idle_depth=1)
            await driver.run_using(driver.take_sent(), 60_000)
        await driver.release(0)  # the window opens
        served = float(driver.redis.get("chancery:served"))
        assert turn(driver) >= served - 50_000


async def test_a_thousand_batches_of_a_closed_department_are_not_looked_at(
    driver: BatchDriver,
) -> None:
    await driver.begin(1, deadline=datetime.now(UTC) + timedelta(hours=1))
    for _ in range(50):
        await driver.begin(1)
    driver.redis.config_resetstat()
    await driver.release(closed=TAX)
    assert driver.redis.info("commandstats").get("cmdstat_hgetall", {"calls": 0})["calls"] < 10
