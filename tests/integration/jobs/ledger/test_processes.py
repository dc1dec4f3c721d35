"""Heartbeats: their age is measured by the server's clock."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from redis import Redis

from jobs.ledger import Ledger
from jobs.ledger.processes import Process

STARTED = datetime(2020, 1, 1, tzinfo=UTC)  # by a clock that is years behind


async def test_a_heartbeats_age_does_not_depend_on_the_processs_clock(
    ledger: Ledger, redis_url: str
) -> None:
    process = Process("worker", "one", "here", 1, STARTED, {"lanes": ["bulk"]})
    await ledger.processes.beat(process)
    (fresh,) = await ledger.processes.list()
    assert (fresh.name, fresh.started_at, fresh.detail) == ("one", STARTED, {"lanes": ["bulk"]})
    assert fresh.age_seconds < 5
    with Redis.from_url(redis_url) as redis:
        redis.zincrby("chancery:processes", -60, "one")
    (old,) = await ledger.processes.list()
    assert old.age_seconds == pytest.approx(60, abs=5)
    await ledger.processes.beat(process)
    assert (await ledger.processes.list())[0].age_seconds < 5


async def test_a_process_without_a_heartbeat_for_ten_minutes_is_removed(
    ledger: Ledger, redis_url: str
) -> None:
    await ledger.processes.beat(Process("worker", "one", "here", 1, STARTED, {}))
    with Redis.from_url(redis_url) as redis:
        redis.zincrby("chancery:processes", -601, "one")
        assert await ledger.processes.list() == []
        assert redis.zcard("chancery:processes") == 0
