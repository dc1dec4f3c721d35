"""Parallel deliveries to a receiver are limited, and stop while it mostly fails."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import SecretStr
from redis import Redis

from jobs.ledger import Ledger
from jobs.model.callback import Callback, Delivery, Refusal
from jobs.process.settings import CallbackSettings, RedisSettings
from tests.integration.jobs.ledger.callback_kit import (
    DEAD,
    DELIVERED,
    PENDING,
    URL,
    a_callback,
    claim_one,
    now,
    settle,
    taken,
)

PAUSE, LONGEST_PAUSE = 60.0, 150.0
PARALLEL = 3
WAITED = 30.0
# How many attempts meet a receiver that mostly fails before it recovers.
LEASE_SECONDS = 0.5
FAILING_ATTEMPTS = 30
RECEIVER = "chancery:receiver:tax http://receiver.intranet:80"


def a_ledger(redis_url: str, pause: float, longest: float) -> Ledger:
    callbacks = CallbackSettings(
        parallel=PARALLEL,
        breaker_pause_seconds=pause,
        breaker_pause_max_seconds=longest,
        max_wait_seconds=WAITED,
    )
    return Ledger(RedisSettings(url=SecretStr(redis_url)), callbacks=callbacks)


@pytest.fixture
async def ledger(redis_url: str) -> AsyncIterator[Ledger]:
    """Its breakers pause for longer than a test: `pause_over` ends a pause."""
    ledger = a_ledger(redis_url, PAUSE, LONGEST_PAUSE)
    yield ledger
    await ledger.close()


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        yield redis


def due(redis: Redis) -> list[str]:
    """The callbacks that couriers may claim now, the longest due first."""
    seconds, micros = redis.time()
    now_ms = seconds * 1000 + micros // 1000
    ids: Any = redis.zrangebyscore("chancery:callbacks-due", "-inf", now_ms)
    return list(ids)


async def asked_for(ledger: Ledger, callback: Callback) -> Delivery | Refusal | None:
    return await claim_one(ledger, callback.id, 30)


async def free_for(ledger: Ledger, callback: Callback) -> Delivery:
    """The delivery of a callback as soon as its receiver may be called, within 10 seconds."""
    async with asyncio.timeout(10):
        while not isinstance(answer := await asked_for(ledger, callback), Delivery):
            await asyncio.sleep(0.05)
    return answer


async def broken(ledger: Ledger, url: str = URL) -> list[Callback]:
    """The callbacks that opened their receiver's breaker, pending for a long while yet."""
    callbacks = [await a_callback(ledger, url) for _ in range(5)]
    for callback in callbacks:
        await settle(ledger, await taken(ledger, callback), 500, delay_seconds=600)
    return callbacks


def pause_over(redis: Redis) -> int:
    """End the pause of the one breaker; returns how long it was, in seconds."""
    assert redis.hset(RECEIVER, "open_until", 0) == 0
    redis.zadd("chancery:receivers-due", {RECEIVER.removeprefix("chancery:receiver:"): 0})
    return int(redis.hget(RECEIVER, "pause_ms") or 0) // 1000


async def test_a_receiver_has_so_many_deliveries_at_a_time_and_the_next_when_one_is_over(
    ledger: Ledger, redis: Redis
) -> None:
    callbacks = [await a_callback(ledger) for _ in range(PARALLEL + 2)]
    deliveries = [await taken(ledger, one) for one in callbacks[:PARALLEL]]
    waiting = callbacks[PARALLEL:]
    for callback in waiting:
        assert await asked_for(ledger, callback) is Refusal.full

    await settle(ledger, deliveries[0], 204)

    assert due(redis) == [waiting[0].id]
    assert (await taken(ledger, waiting[0])).attempt == 1
    assert await asked_for(ledger, waiting[1]) is Refusal.full
    assert (await now(ledger, waiting[1])).attempts == []


@pytest.mark.parametrize(
    ("url", "department"),
    [
        ("http://receiver.intranet:81/hook", "tax"),
        ("https://receiver.intranet/hook", "tax"),
        ("http://other.intranet/hook", "tax"),
        ("http://[fd00::1]/hook", "tax"),
        (URL, "parks"),
    ],
)
async def test_other_receivers_are_not_concerned(ledger: Ledger, url: str, department: str) -> None:
    await broken(ledger)
    assert await asked_for(ledger, await a_callback(ledger)) is Refusal.open
    await taken(ledger, await a_callback(ledger, url, department))
    figures = await ledger.statistics.read(["tax", "parks"])
    assert figures.broken == {"tax": {"http://receiver.intranet:80": False}, "parks": {}}


@pytest.mark.parametrize(
    "url",
    [
        "http://receiver.intranet:80/hook",
        "HTTP://Receiver.Intranet./other",
        "http://receiver.intranet?case=1",
    ],
)
async def test_a_receiver_is_the_same_however_it_is_written(ledger: Ledger, url: str) -> None:
    await broken(ledger, url)
    assert await asked_for(ledger, await a_callback(ledger)) is Refusal.open


async def test_many_callbacks_that_cannot_be_delivered_do_not_delay_others(ledger: Ledger) -> None:
    """More than one step of the ledger passes over."""
    await broken(ledger)
    for _ in range(51):
        await asyncio.gather(*(a_callback(ledger) for _ in range(10)))
    other = await a_callback(ledger, "http://other.intranet/hook", department="parks")
    claims = await ledger.callbacks.claim(1, 30)
    assert [each.callback.id for each in claims.deliveries] == [other.id]
    assert set(claims.refused.values()) == {Refusal.open}
    assert (len(claims.refused), claims.more) == (510, False)


async def test_a_courier_that_died_gives_its_place_back_when_its_lease_is_over(
    ledger: Ledger,
) -> None:
    for _ in range(PARALLEL):
        await taken(ledger, await a_callback(ledger), lease_seconds=1)
    waits = await a_callback(ledger)
    assert await asked_for(ledger, waits) is Refusal.full
    assert (await free_for(ledger, waits)).attempt == 1


async def test_four_failures_or_a_few_among_many_successes_open_nothing(ledger: Ledger) -> None:
    for code in (*[500] * 4, *[204] * 6, 500, 204, 500):
        await settle(ledger, await taken(ledger, await a_callback(ledger)), code, delay_seconds=9)
    await taken(ledger, await a_callback(ledger))


async def test_half_of_the_attempts_failing_opens_the_breaker(ledger: Ledger) -> None:
    for code in (204, 204, 204, None, 500, 302):
        await settle(ledger, await taken(ledger, await a_callback(ledger)), code, delay_seconds=9)
    assert await asked_for(ledger, await a_callback(ledger)) is Refusal.open
    assert (await ledger.statistics.read(["tax"])).counters["breakers_opened"] == 1


async def test_what_waits_for_an_open_breaker_uses_up_no_attempt(ledger: Ledger) -> None:
    await broken(ledger)
    waits = await a_callback(ledger)
    for _ in range(20):
        assert await asked_for(ledger, waits) is Refusal.open
    after = await now(ledger, waits)
    assert (after.status, after.attempts) == (PENDING, [])


async def test_after_the_pause_one_is_let_through_and_its_success_closes(
    ledger: Ledger, redis: Redis
) -> None:
    await broken(ledger)
    waiting = [await a_callback(ledger) for _ in range(PARALLEL + 2)]
    for callback in waiting:
        assert await asked_for(ledger, callback) is Refusal.open
    assert (await ledger.upkeep.run_due_work()).callbacks == 0
    pause_over(redis)
    assert (await ledger.upkeep.run_due_work()).callbacks == 1
    assert due(redis) == [waiting[0].id]
    probe = await taken(ledger, waiting[0])
    assert probe.attempt == 1
    for callback in waiting[1:]:
        assert await asked_for(ledger, callback) is Refusal.open

    await settle(ledger, probe, 204)

    assert due(redis) == [one.id for one in waiting[1 : PARALLEL + 1]]
    await taken(ledger, waiting[1])
    # While there is room, each that is taken brings on the next.
    assert set(due(redis)) == {one.id for one in waiting[2:]}
    assert (await ledger.statistics.read(["tax"])).broken == {"tax": {}}
    # Failures before the repair do not count.
    await settle(ledger, await taken(ledger, waiting[2]), 500, delay_seconds=9)
    await taken(ledger, waiting[3])


async def test_each_failure_doubles_the_pause_up_to_the_longest(
    ledger: Ledger, redis: Redis
) -> None:
    await broken(ledger)
    waits = await a_callback(ledger)
    pauses = []
    for _ in range(4):
        assert await asked_for(ledger, waits) is Refusal.open
        pauses.append(pause_over(redis))
        await settle(ledger, await taken(ledger, waits), 500)
    assert pauses == [60, 120, 150, 150]


async def test_a_late_success_from_before_does_not_close_the_breaker(ledger: Ledger) -> None:
    slow = await taken(ledger, await a_callback(ledger))
    await broken(ledger)
    await settle(ledger, slow, 204)
    assert await asked_for(ledger, await a_callback(ledger)) is Refusal.open


async def test_a_probe_that_is_lost_with_its_courier_is_followed_by_another(
    ledger: Ledger, redis: Redis
) -> None:
    await broken(ledger)
    lost, other = await a_callback(ledger), await a_callback(ledger)
    pause_over(redis)
    await taken(ledger, lost, lease_seconds=1)
    assert await asked_for(ledger, other) is Refusal.open
    assert (await free_for(ledger, other)).attempt == 1


async def test_a_probe_that_was_not_sent_says_nothing(ledger: Ledger, redis: Redis) -> None:
    await broken(ledger)
    refused, other = await a_callback(ledger), await a_callback(ledger)
    pause_over(redis)
    delivery = await taken(ledger, refused)
    assert await settle(ledger, delivery, None, unsent=True, delay_seconds=9)
    await taken(ledger, other)
    assert (await ledger.statistics.read(["tax"])).broken["tax"]


async def test_sending_one_again_tries_the_receiver_at_once(ledger: Ledger) -> None:
    first = (await broken(ledger))[0]
    await ledger.callbacks.redeliver("tax", first.id)
    await settle(ledger, await taken(ledger, first), 204)
    await taken(ledger, await a_callback(ledger))


async def test_one_that_waited_too_long_is_given_up_and_says_so(
    ledger: Ledger, redis: Redis
) -> None:
    await broken(ledger)
    waits = await a_callback(ledger)
    assert await asked_for(ledger, waits) is Refusal.open
    # As if it had come due so long ago; and looked at again when its time is over.
    due = float(redis.zscore("chancery:callbacks-due", waits.id) or 0)
    came = int(redis.hget(f"chancery:callback:{waits.id}", "next_attempt_at") or 0)
    assert due == came + WAITED * 1000
    redis.hset(f"chancery:callback:{waits.id}", "next_attempt_at", came - int(WAITED * 1000))
    assert await asked_for(ledger, waits) is Refusal.given_up
    after = await now(ledger, waits)
    assert (after.status, after.attempts) == (DEAD, [])
    assert "receiver" in (after.error or "")
    assert not redis.exists("chancery:parked:tax http://receiver.intranet:80")


async def test_a_gone_url_leaves_nothing_parked(ledger: Ledger, redis: Redis) -> None:
    deliveries = [await taken(ledger, await a_callback(ledger)) for _ in range(PARALLEL)]
    waits = await a_callback(ledger)
    assert await asked_for(ledger, waits) is Refusal.full
    await settle(ledger, deliveries[0], 410)
    assert (await now(ledger, waits)).status is DEAD
    assert not redis.exists("chancery:parked:tax http://receiver.intranet:80")


@dataclass(slots=True)
class Couriers:
    """Couriers that claim what is due, and report it or die with it."""

    ledger: Ledger
    redis: Redis
    choose: random.Random
    well: bool = False
    in_hand: list[float] = field(default_factory=list)
    most: int = 0
    attempts: int = 0

    async def work(self) -> None:
        while True:
            claims = await self.ledger.callbacks.claim(2, LEASE_SECONDS)
            await asyncio.gather(*map(self._deliver, claims.deliveries))
            if not claims.deliveries:
                await asyncio.sleep(0.01)

    async def _deliver(self, delivery: Delivery) -> None:
        self.attempts += 1
        began = time.monotonic()
        self.in_hand.append(began)
        # Where this process stands still, leases end, and others may have these deliveries.
        leased = [one for one in self.in_hand if began - one < LEASE_SECONDS / 2]
        self.most = max(self.most, len(leased))
        await asyncio.sleep(self.choose.random() * 0.03)
        self.in_hand.remove(began)
        if self.well or self.choose.random() > 0.1:
            code = 204 if self.well else self.choose.choice([204, 500, 500, None])
            await settle(self.ledger, delivery, code, delay_seconds=self.choose.random() * 0.3)

    async def run_due_work(self) -> None:
        while True:
            await self.ledger.upkeep.run_due_work()
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_a_receiver_does_its_bound_holds_and_all_is_delivered_when_it_is_well(
    redis_url: str, redis: Redis, seed: int
) -> None:
    ledger = a_ledger(redis_url, 0.1, 0.4)
    callbacks = [await a_callback(ledger) for _ in range(40)]
    couriers = Couriers(ledger, redis, random.Random(seed))
    work = [couriers.run_due_work(), *(couriers.work() for _ in range(8))]
    working = [asyncio.create_task(one) for one in work]
    async with asyncio.timeout(120):
        while couriers.attempts < FAILING_ATTEMPTS:
            await asyncio.sleep(0.02)
        couriers.well = True
        while (await ledger.statistics.read(["tax"])).callbacks["tax", PENDING]:
            await asyncio.sleep(0.02)
    for task in working:
        task.cancel()
    await asyncio.gather(*working, return_exceptions=True)
    assert couriers.most <= PARALLEL
    assert {(await now(ledger, one)).status for one in callbacks} == {DELIVERED}
    await ledger.close()
