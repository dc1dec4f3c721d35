"""What one claim does at most, and what may not stand before other work in the order."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis

from jobs.ledger import Ledger
from jobs.ledger.runs import Claims, Ending, Room, WaitingClaims
from jobs.ledger.upkeep import Windows
from jobs.model.lanes import Lane
from jobs.model.states import JobStatus
from tests.integration.jobs.ledger.batch_kit import BatchDriver
from tests.integration.jobs.ledger.conftest import Submit

LEASE = 30.0


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        yield redis


async def claim(ledger: Ledger, room: Room, worker: str = "w") -> WaitingClaims:
    return await ledger.runs.claim_waiting(worker, LEASE, room)


@pytest.mark.parametrize("lane", Lane)
async def test_a_claim_expires_few_of_many_late_jobs(
    ledger: Ledger, submit: Submit, lane: Lane
) -> None:
    """The server does nothing else while a script runs."""
    await ledger.upkeep.set_windows(Windows())
    late = 300
    for _ in range(late):
        await submit(lane=lane, deadline=datetime.now(UTC) - timedelta(seconds=1))
    good = await submit(lane=lane)
    claims = await claim(ledger, Room(2, 0, 2))
    expired = await ledger.jobs.list("tax", status=JobStatus.expired, limit=late)
    assert 0 < len(expired.items) <= 100
    while not claims.granted:
        claims = await claim(ledger, Room(2, 0, 2))
    assert [each.job.id for each in claims.granted] == [good]


async def test_lines_outside_their_window_do_not_stand_before_single_jobs(
    ledger: Ledger, submit: Submit, driver: BatchDriver
) -> None:
    """Lines that were taken back, and cannot be claimed now."""
    await ledger.upkeep.set_windows(Windows())
    batch = await driver.begin(150, lane=Lane.interactive)
    for each in (await claim(ledger, Room(150, 150))).granted:
        assert await ledger.runs.requeue(each, delay_seconds=0, counted=False, code="x")
    await ledger.upkeep.set_windows(Windows(batches=frozenset({batch.id})))
    single = await submit()
    assert [each.job.id for each in (await claim(ledger, Room(150, 150))).granted] == [single]
    await ledger.upkeep.set_windows(Windows())
    assert len((await claim(ledger, Room(200, 200))).granted) == 150


FULL = Room(0, 0, 0, spare=7, without_spare=frozenset({"tax"}))


async def test_a_full_worker_claims_some_jobs_of_a_department_that_has_few_in_hand(
    ledger: Ledger, driver: BatchDriver
) -> None:
    await ledger.upkeep.set_windows(Windows())
    await driver.begin(200)
    assert len((await claim(ledger, Room(0, 0, 70))).granted) == 70
    assert not (await claim(ledger, FULL)).granted
    small = await driver.begin(20, department="parks")
    granted = (await claim(ledger, FULL)).granted
    assert [each.job.batch_id for each in granted] == [small.id] * 7
    # The same in a claim that has room, but not for all that go first.
    both = await claim(ledger, Room(0, 0, 1, spare=7, without_spare=frozenset({"tax"})))
    assert [each.job.department for each in both.granted] == ["parks"] * 8


async def test_a_full_worker_claims_nothing_for_a_department_that_has_had_its_share(
    ledger: Ledger, driver: BatchDriver
) -> None:
    """Else one with a small weight would always have as many jobs as the room for few."""
    await ledger.upkeep.set_windows(Windows())
    await driver.begin([("summarize", 100)] * 200)
    await driver.begin([("summarize", 1_000_000)] * 20, department="parks")
    granted = (await claim(ledger, Room(0, 0, 40))).granted
    assert {each.job.department for each in granted} == {"tax", "parks"}
    assert not (await claim(ledger, FULL)).granted


async def test_a_department_without_a_turn_does_not_stop_a_claim_for_others(
    ledger: Ledger, submit: Submit, driver: BatchDriver
) -> None:
    """Its last work ended after the departments were listed, in the same claim."""
    await ledger.upkeep.set_windows(Windows())
    await driver.begin(200)
    await claim(ledger, Room(0, 0, 70))
    await submit(lane=Lane.bulk, department="parks")
    granted = (await claim(ledger, Room(0, 0, 5, spare=7, without_spare=frozenset()))).granted
    assert "parks" in {each.job.department for each in granted}


@pytest.mark.parametrize("lane", Lane)
async def test_a_large_worker_claims_many_lines_in_steps(
    ledger: Ledger, driver: BatchDriver, lane: Lane
) -> None:
    await ledger.upkeep.set_windows(Windows())
    await driver.begin(5_000, lane=lane)
    claimed = set[str]()
    for _ in range(10):
        claims = await claim(ledger, Room(4_096, 4_096, 4_480))
        assert len(claims.granted) <= 2_000
        claimed |= {each.job.id for each in claims.granted}
    assert len(claimed) == 5_000
    assert not claims.more


async def test_suspects_follow_each_other_without_a_pause(ledger: Ledger, submit: Submit) -> None:
    suspects = {await submit() for _ in range(3)}
    for _ in range(2):
        await ledger.runs.claim_waiting("w", 0, Room(3))
        await ledger.upkeep.run_due_work()
    for _ in range(3):
        told = await claim(ledger, Room(1))
        assert told.suspect is not None
        assert (told.granted, told.more) == ([], True)
        suspects.remove(told.suspect)
        alone: Claims = await ledger.runs.claim([told.suspect], "w", LEASE, alone=True)
        assert await ledger.runs.finish(alone.granted[0], Ending(JobStatus.succeeded, result="1"))
    assert not suspects


async def test_a_large_worker_that_stops_requeues_all_of_its_jobs(
    ledger: Ledger, driver: BatchDriver
) -> None:
    """All at once, when its grace is over."""
    await ledger.upkeep.set_windows(Windows())
    await driver.begin(800)
    claims = (await claim(ledger, Room(0, 0, 800))).granted
    requeued = await asyncio.gather(
        *(
            ledger.runs.requeue(each, delay_seconds=0, counted=False, code="worker-stopping")
            for each in claims
        )
    )
    assert requeued == [True] * 800
