"""Which interactive jobs a worker gets, and when it is woken."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis import Redis

from jobs.ledger import Ledger
from jobs.ledger.runs import Ending, Room, WaitingClaims
from jobs.ledger.upkeep import Windows
from jobs.model.lanes import CLAIM_AGAIN_SECONDS, Lane
from jobs.model.states import JobStatus
from tests.integration.jobs.ledger.batch_kit import BatchDriver
from tests.integration.jobs.ledger.conftest import Submit

LEASE = 30.0
NOTHING = WaitingClaims([], None, more=False)


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        yield redis


def wake_ups(redis: Redis) -> list[str]:
    messages: Any = redis.lrange("interactive", 0, -1)
    return [json.loads(message)["headers"]["task"] for message in messages]


async def claim(
    ledger: Ledger,
    most: int = 10,
    worker: str = "w",
    *,
    woken: bool = False,
    again_seconds: float = 0.0,
) -> WaitingClaims:
    return await ledger.runs.claim_waiting(
        worker, LEASE, Room(most), woken=woken, again_seconds=again_seconds
    )


def ids(claims: WaitingClaims) -> list[str]:
    return [each.job.id for each in claims.granted]


async def test_a_claim_returns_what_is_stored(ledger: Ledger, redis: Redis, submit: Submit) -> None:
    job_id = await submit(metadata={"case": 1}, deadline=datetime.now(UTC) + timedelta(hours=1))
    for tries in range(2):
        (claimed,) = (await claim(ledger)).granted
        assert claimed.job == await ledger.jobs.get("tax", job_id)
        stored: Any = redis.hmget(f"chancery:job:{job_id}", "token", "tries", "alone")
        assert [str(claimed.token), str(claimed.tries), "0"] == stored
        assert claimed.tries == tries
        await ledger.runs.requeue(claimed, delay_seconds=0, counted=True, code="engine-busy")


async def test_a_worker_gets_as_many_as_it_has_room_for(ledger: Ledger, submit: Submit) -> None:
    submitted = [await submit() for _ in range(5)]
    first, second = await claim(ledger, 3), await claim(ledger, 3)
    assert ids(first) + ids(second) == submitted
    assert (first.more, second.more) == (True, False)
    assert await claim(ledger) == NOTHING
    (one, *_) = first.granted
    assert (one.job.status, one.job.attempts, one.token) == (JobStatus.running, 1, 1)
    assert one.document is not None


async def test_departments_take_turns_however_many_jobs_of_one_wait(
    ledger: Ledger, submit: Submit
) -> None:
    for _ in range(600):
        await submit()
    (first,) = ids(await claim(ledger, 1))
    theirs = [await submit(department="parks") for _ in range(2)]
    claimed = [ids(await claim(ledger, 1))[0] for _ in range(4)]
    assert [job_id in theirs for job_id in claimed] == [False, True, False, True]
    assert first not in claimed


async def test_turns_go_on_from_claim_to_claim(ledger: Ledger, submit: Submit) -> None:
    for name in ("tax", "parks", "roads"):
        for _ in range(4):
            await submit(department=name)
    names = [
        each.job.department
        for most in (1, 2, 1, 4, 1, 3)
        for each in (await claim(ledger, most)).granted
    ]
    assert names == ["tax", "parks", "roads"] * 4


async def test_the_earliest_deadline_of_a_department_goes_first(
    ledger: Ledger, submit: Submit
) -> None:
    now = datetime.now(UTC)
    third = await submit()
    second = await submit(deadline=now + timedelta(hours=2))
    first = await submit(deadline=now + timedelta(hours=1))
    last = await submit()
    assert ids(await claim(ledger)) == [first, second, third, last]


async def test_a_job_past_its_deadline_is_not_claimed(ledger: Ledger, submit: Submit) -> None:
    late = await submit(deadline=datetime.now(UTC) - timedelta(seconds=1))
    good = await submit()
    assert ids(await claim(ledger)) == [good]
    job = await ledger.jobs.get("tax", late)
    assert job is not None
    assert job.status is JobStatus.expired


async def test_one_paused_department_does_not_hold_up_another(
    ledger: Ledger, submit: Submit
) -> None:
    waiting, theirs = await submit(), await submit(department="parks")
    await ledger.pauses.pause("tax", Lane.interactive)
    claims = await claim(ledger)
    assert (ids(claims), claims.more) == ([theirs], False)
    await ledger.pauses.resume("tax", Lane.interactive)
    assert ids(await claim(ledger)) == [waiting]


async def test_cancelled_jobs_and_bulk_jobs_are_passed_over(ledger: Ledger, submit: Submit) -> None:
    await submit(lane=Lane.bulk)
    await ledger.jobs.cancel("tax", await submit())
    assert await claim(ledger) == NOTHING


async def test_a_claim_that_is_repeated_gives_the_same_jobs(
    ledger: Ledger, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitted = [await submit() for _ in range(4)]
    monkeypatch.setattr("jobs.ledger.runs.secrets.token_hex", lambda _: "the same")
    first, again = await claim(ledger, 2), await claim(ledger, 2)
    assert sorted(ids(again)) == ids(first) == submitted[:2]
    assert {each.token for each in again.granted} == {1}


async def test_a_claim_that_gives_nothing_writes_nothing(
    ledger: Ledger, submit: Submit, redis: Redis
) -> None:
    def changes() -> Any:
        return redis.info("persistence")["rdb_changes_since_last_save"]

    await claim(ledger)  # notes that the worker asks, for a second
    before = changes()
    await claim(ledger)
    assert changes() == before
    await submit()
    submitted = changes()
    assert len(ids(await claim(ledger))) == 1
    assert changes() > submitted


async def test_two_workers_get_different_jobs(ledger: Ledger, submit: Submit) -> None:
    submitted = [await submit() for _ in range(20)]
    claims = await asyncio.gather(*(claim(ledger, 3, f"w{n}") for n in range(8)))
    assert sorted(job_id for each in claims for job_id in ids(each)) == sorted(submitted)


async def test_many_jobs_need_one_wake_up(ledger: Ledger, submit: Submit, redis: Redis) -> None:
    for _ in range(20):
        await submit()
    assert wake_ups(redis) == ["chancery.wake"]


async def test_a_wake_up_is_passed_on_to_another_worker_while_more_jobs_wait(
    ledger: Ledger, submit: Submit, redis: Redis
) -> None:
    await claim(ledger, worker="idle")
    for _ in range(3):
        await submit()
    redis.delete("interactive")
    await claim(ledger, 2, woken=True)
    assert len(wake_ups(redis)) == 1
    redis.delete("interactive")
    await claim(ledger, 2, woken=True)
    assert wake_ups(redis) == []


@pytest.mark.parametrize("other", [None, "gone"])
async def test_a_worker_that_is_the_only_one_is_not_woken_by_itself(
    ledger: Ledger, submit: Submit, redis: Redis, other: str | None
) -> None:
    if other:
        await claim(ledger, worker=other)
        redis.zadd("chancery:asking:interactive", {other: 1})
    for _ in range(3):
        await submit()
    redis.delete("interactive")
    assert (await claim(ledger, 1, woken=True)).more
    assert (await claim(ledger, 1, woken=True)).more
    assert wake_ups(redis) == []


async def test_no_second_wake_up_is_sent_until_the_first_is_answered(
    ledger: Ledger, submit: Submit, redis: Redis
) -> None:
    await submit()
    redis.delete("interactive")  # a worker has taken it, and will claim
    await submit()
    assert wake_ups(redis) == []
    await claim(ledger, woken=True)
    await submit()
    assert len(wake_ups(redis)) == 1


async def test_no_wake_up_is_sent_to_a_worker_that_asks_again_at_once(
    ledger: Ledger, submit: Submit, redis: Redis
) -> None:
    key, kept = "chancery:claim-expected:interactive", 0
    for _ in range(100):  # it expires soon, perhaps before the next command
        await submit()
        await claim(ledger, woken=True, again_seconds=CLAIM_AGAIN_SECONDS)
        redis.delete("interactive")
        if kept := redis.persist(key):
            break
    assert kept
    await submit()
    assert wake_ups(redis) == []
    redis.delete(key)
    await submit()
    assert len(wake_ups(redis)) == 1


@pytest.mark.parametrize("jobs", [0, 2])
async def test_wake_ups_are_sent_to_a_worker_that_got_nothing_or_is_full(
    ledger: Ledger, submit: Submit, redis: Redis, jobs: int
) -> None:
    for _ in range(jobs):
        await submit()
    await claim(ledger, 2, woken=True, again_seconds=CLAIM_AGAIN_SECONDS)
    redis.delete("interactive")
    await submit()
    assert len(wake_ups(redis)) == 1


async def test_a_lost_wake_up_holds_up_the_next_for_a_second_at_most(
    ledger: Ledger, submit: Submit, redis: Redis
) -> None:
    await submit()
    assert 0 < redis.pttl("chancery:woken:interactive") <= 1_000


async def test_a_job_that_is_taken_back_wakes_a_worker(
    ledger: Ledger, submit: Submit, redis: Redis
) -> None:
    await submit()
    (running,) = (await claim(ledger, woken=True)).granted
    redis.delete("interactive")
    await ledger.runs.requeue(running, delay_seconds=0, counted=False, code="x")
    assert len(wake_ups(redis)) == 1
    assert ids(await claim(ledger)) == [running.job.id]


async def test_one_worker_is_told_of_a_suspect_and_the_others_go_on(
    ledger: Ledger, submit: Submit
) -> None:
    suspect = await submit()
    for _ in range(2):
        await ledger.runs.claim_waiting("w", 0, Room(1))
        await ledger.upkeep.run_due_work()
    other = await submit()
    told = await claim(ledger, worker="w1")
    assert (told.suspect, ids(told), told.more) == (suspect, [other], True)
    assert await claim(ledger, worker="w2") == NOTHING
    (alone,) = (await ledger.runs.claim([suspect], "w1", LEASE, alone=True)).granted
    assert await ledger.runs.finish(alone, Ending(JobStatus.succeeded, result="1"))
    assert await claim(ledger, worker="w2") == NOTHING


async def test_no_worker_is_told_of_a_suspect_that_is_paused(
    ledger: Ledger, submit: Submit
) -> None:
    suspect = await submit()
    for _ in range(2):
        await ledger.runs.claim_waiting("w", 0, Room(1))
        await ledger.upkeep.run_due_work()
    await ledger.pauses.pause("tax")
    assert await claim(ledger) == NOTHING
    await ledger.pauses.resume("tax")
    assert (await claim(ledger)).suspect == suspect


async def test_jobs_that_an_earlier_release_paused_are_claimed_when_resumed(
    ledger: Ledger, submit: Submit, redis: Redis
) -> None:
    job_id = await submit()
    redis.delete("chancery:ready:tax", "chancery:ready-turns")
    redis.zadd("chancery:waiting:tax", {job_id: 0})
    redis.zadd("chancery:turns", {"tax": 0})
    await ledger.upkeep.run_due_work()
    assert ids(await claim(ledger)) == [job_id]


@pytest.mark.parametrize("lane", Lane)
async def test_jobs_that_an_earlier_release_sent_to_celery_are_claimed(
    ledger: Ledger, submit: Submit, redis: Redis, lane: Lane
) -> None:
    job_id = await submit(lane=lane)
    redis.delete("chancery:ready:tax", "chancery:ready-turns")
    redis.delete("chancery:waiting:tax", "chancery:turns")
    redis.zadd(f"chancery:sent:{lane}", {job_id: 0})
    await ledger.upkeep.run_due_work()
    await ledger.upkeep.set_windows(Windows())
    claims = await ledger.runs.claim_waiting("w", LEASE, Room(1, 0, 1))
    assert ids(claims) == [job_id]


async def test_no_bulk_job_starts_until_the_windows_are_known(
    ledger: Ledger, submit: Submit, redis: Redis
) -> None:
    job_id = await submit(lane=Lane.bulk)
    assert await ledger.runs.claim_waiting("w", LEASE, Room(1, 1, 1)) == NOTHING
    await ledger.upkeep.set_windows(Windows())
    assert ids(await ledger.runs.claim_waiting("w", LEASE, Room(1, 1, 1))) == [job_id]
    assert 0 < redis.pttl("chancery:closed") <= 60_000


async def test_bulk_jobs_wait_while_interactive_jobs_do(ledger: Ledger, submit: Submit) -> None:
    await ledger.upkeep.set_windows(Windows())
    bulk = await submit(lane=Lane.bulk)
    first, second = await submit(), await submit()
    assert ids(await ledger.runs.claim_waiting("w", LEASE, Room(1, 0, 1))) == [first]
    assert ids(await ledger.runs.claim_waiting("w", LEASE, Room(0, 0, 1))) == []
    assert ids(await ledger.runs.claim_waiting("w", LEASE, Room(1, 0, 1))) == [second, bulk]


async def test_lines_of_interactive_batches_take_turns_with_single_jobs(
    ledger: Ledger, submit: Submit, driver: BatchDriver
) -> None:
    await ledger.upkeep.set_windows(Windows())
    for _ in range(20):
        await submit()
    batch = await driver.begin(5, lane=Lane.interactive, department="parks")
    claims = [
        (await ledger.runs.claim_waiting("w", LEASE, Room(1, 1))).granted[0].job.batch_id
        for _ in range(6)
    ]
    assert claims == [None, batch.id] * 3


async def test_a_worker_of_the_bulk_lane_does_not_wait_for_interactive_jobs(
    ledger: Ledger, submit: Submit
) -> None:
    await ledger.upkeep.set_windows(Windows())
    bulk = await submit(lane=Lane.bulk)
    await submit()
    claims = await ledger.runs.claim_waiting("w", LEASE, Room(-1, 0, 1))
    assert (ids(claims), claims.more) == ([bulk], False)


async def test_a_worker_without_room_for_bulk_jobs_learns_that_some_wait(
    ledger: Ledger, submit: Submit
) -> None:
    await ledger.upkeep.set_windows(Windows())
    await submit(lane=Lane.bulk)
    job_id = await submit()
    claims = await ledger.runs.claim_waiting("w", LEASE, Room(2, 2, 0))
    assert (ids(claims), claims.more) == ([job_id], True)
    # A worker that does not run bulk jobs does not ask for them at each ending.
    assert not (await ledger.runs.claim_waiting("w", LEASE, Room(2, 2, -1))).more


async def test_lines_without_room_are_reported_and_do_not_hold_up_bulk_jobs(
    ledger: Ledger, submit: Submit, driver: BatchDriver
) -> None:
    await ledger.upkeep.set_windows(Windows())
    await driver.begin(5, lane=Lane.interactive)
    bulk = await submit(lane=Lane.bulk)
    claims = await ledger.runs.claim_waiting("w", LEASE, Room(9, 2, 1))
    assert [claim.job.id == bulk for claim in claims.granted] == [False, False, True]
    assert claims.more
    rest = await ledger.runs.claim_waiting("w", LEASE, Room(9, 3))
    assert (len(rest.granted), rest.more) == (3, False)
