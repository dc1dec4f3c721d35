"""What the ledger notes for the health of the system."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis

from jobs.health.gather import HealthReader
from jobs.ledger import Ledger
from jobs.ledger.processes import Process
from jobs.ledger.runs import Ending
from jobs.model.lanes import Lane
from jobs.model.problems import Problem
from jobs.model.states import JobStatus
from jobs.process.settings import BulkSettings, LimitSettings
from tests.integration.jobs.ledger.batch_kit import BatchDriver
from tests.integration.jobs.ledger.callback_kit import URL, a_callback, settle, taken
from tests.integration.jobs.ledger.conftest import Submit

FAILED = Ending(JobStatus.failed, error=Problem("output-invalid", "It is not JSON."))
STARTED = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        yield redis


def reader(ledger: Ledger) -> HealthReader:
    return HealthReader(ledger, BulkSettings(), LimitSettings(), data_dir=None)


async def test_failures_are_counted_by_code_task_and_department_with_a_few_jobs(
    ledger: Ledger, driver: BatchDriver
) -> None:
    batch = await driver.begin(20)
    await driver.release()
    ids = driver.take_sent()
    await driver.run(ids[:12], FAILED)
    await driver.run(ids[12:])
    (failures,) = await ledger.failures.list()
    assert (failures.code, failures.task, failures.department) == (
        "output-invalid",
        "summarize",
        "tax",
    )
    assert failures.count == 12
    assert len(failures.jobs) == 5
    assert {job.id for job in failures.jobs} <= set(ids[:12])
    assert {job.batch_id for job in failures.jobs} == {batch.id}


async def test_failures_expire_and_successes_leave_no_trace(
    ledger: Ledger, driver: BatchDriver, redis: Redis
) -> None:
    await driver.begin(2)
    await driver.release()
    first, second = driver.take_sent()
    await driver.run([first])
    assert redis.keys("chancery:fail*") == []
    await driver.run([second], FAILED)
    keys = redis.keys("chancery:fail*")
    assert len(keys) == 2
    assert all(3_500_000 < redis.pttl(key) <= 3_900_000 for key in keys)


async def test_an_expired_job_is_a_failure_and_a_cancelled_one_is_not(
    ledger: Ledger, submit: Submit, redis: Redis
) -> None:
    late = await submit(deadline=datetime.now(UTC) + timedelta(hours=1))
    redis.zadd("chancery:deadlines", {late: 1})
    cancelled = await submit()
    await ledger.jobs.cancel("tax", cancelled)
    await ledger.upkeep.run_due_work()
    (failures,) = await ledger.failures.list()
    assert (failures.code, failures.count, failures.jobs[0].id) == ("expired", 1, late)
    assert failures.jobs[0].batch_id is None


async def test_a_receiver_fails_from_its_first_failure_until_its_next_success(
    ledger: Ledger,
) -> None:
    first, second = await a_callback(ledger), await a_callback(ledger)
    before = await ledger.health.time()
    await settle(ledger, await taken(ledger, first), 500, delay_seconds=99)
    (failing,) = await ledger.health.failing_receivers()
    assert (failing.department, failing.address) == ("tax", URL.removesuffix("/hook") + ":80")
    assert failing.since is not None
    assert abs(failing.since - before) < timedelta(seconds=5)
    assert failing.next_attempt_at is None
    assert failing.reason == "the receiver answered 500"
    await settle(ledger, await taken(ledger, second), 204)
    assert await ledger.health.failing_receivers() == []


async def test_a_receiver_that_fails_for_a_week_is_forgotten_with_its_reason(
    ledger: Ledger, redis: Redis
) -> None:
    await settle(ledger, await taken(ledger, await a_callback(ledger)), 500, delay_seconds=99)
    (receiver,) = redis.hkeys("chancery:failing-reasons")
    redis.zadd("chancery:failing", {str(receiver): 1})
    await ledger.upkeep.run_due_work()
    assert await ledger.health.failing_receivers() == []
    assert redis.exists("chancery:failing", "chancery:failing-reasons") == 0


async def test_the_job_that_waited_longest_is_found_in_each_lane(
    ledger: Ledger, submit: Submit
) -> None:
    first = await submit()
    await submit()
    assert set(await ledger.health.oldest_waiting(["tax"])) == {Lane.interactive}
    bulk = await submit(lane=Lane.bulk)
    oldest = await ledger.health.oldest_waiting(["tax", "nobody"])
    assert {lane: job.id for lane, job in oldest.items()} == {
        Lane.interactive: first,
        Lane.bulk: bulk,
    }


async def test_a_process_that_replaced_one_that_had_ended_is_a_restart(ledger: Ledger) -> None:
    async def start(name: str) -> None:
        await ledger.processes.beat(Process("worker", name, "gpu1", 1, STARTED, {}))

    await start("one")
    await start("two")
    assert (await reader(ledger).read()).restarts == ()
    await ledger.processes.declare_dead("one")
    await start("three")
    await start("three")
    (restarts,) = (await reader(ledger).read()).restarts
    assert (restarts.role, restarts.host, restarts.count) == ("worker", "gpu1", 1)


async def test_a_pause_has_the_time_since_when(ledger: Ledger) -> None:
    before = await ledger.health.time()
    await ledger.pauses.pause("tax")
    await ledger.pauses.pause("tax")
    (pause,) = await ledger.pauses.list()
    assert pause.since is not None
    assert abs(pause.since - before) < timedelta(seconds=5)
    await ledger.pauses.resume("tax")
    await ledger.pauses.pause("tax")
    (again,) = await ledger.pauses.list()
    assert again.since is not None
    assert again.since >= pause.since


async def test_the_health_has_what_is_open_and_what_is_used_up(
    ledger: Ledger, driver: BatchDriver
) -> None:
    await ledger.departments.create("tax")
    batch = await driver.begin(10)
    await driver.release(depth=4)
    await driver.run(driver.take_sent()[:3])
    health = await reader(ledger).read()
    (found,) = health.batches
    assert (found.id, found.done, found.total, found.running) == (batch.id, 3, 10, 1)
    assert found.progress_at is not None
    assert found.stall is not None  # no worker sends heartbeats
    assert {one.code for one in health.problems} >= {"worker-missing", "batch-stalled"}
    assert health.at - await ledger.health.time() < timedelta(seconds=5)
    assert health.redis.version
    assert health.to_json()["batches"][0]["stall"]["reason"] == "no-worker"


@pytest.mark.parametrize(
    ("setting", "value", "code"),
    [
        ("maxmemory-policy", "allkeys-lru", "redis-evicts"),
        ("hash-max-ziplist-value", "64", "redis-tables"),
    ],
)
async def test_settings_of_redis_that_lose_jobs_or_waste_memory_are_problems(
    ledger: Ledger, redis: Redis, setting: str, value: str, code: str
) -> None:
    assert code not in {one.code for one in (await reader(ledger).read()).problems}
    before = redis.config_get(setting)[setting]
    redis.config_set(setting, value)
    try:
        assert code in {one.code for one in (await reader(ledger).read()).problems}
    finally:
        redis.config_set(setting, before)


async def test_a_process_reports_its_disk_and_its_clock(ledger: Ledger) -> None:
    disk = {
        "path": "/var/lib/chancery",
        "free": 2**20,
        "total": 2**40,
        "writable": True,
        "low_for_seconds": 60.0,
    }
    detail = {"disk": disk, "clock_offset_seconds": 42.0, "clock_skewed_seconds": 60.0}
    await ledger.processes.beat(Process("worker", "one", "gpu1", os.getpid(), STARTED, detail))
    health = await reader(ledger).read()
    found = {one.code: one for one in health.problems}
    for code, subject in (("disk-full", "gpu1:/var/lib/chancery"), ("clock-skew", "gpu1")):
        assert found[code].subject == subject
        since = found[code].since
        assert since is not None
        assert timedelta(seconds=55) < health.at - since < timedelta(seconds=65)
