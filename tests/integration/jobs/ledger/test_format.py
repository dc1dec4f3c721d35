"""The number of the ledger's format: older data is changed in one step, newer data is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from jobs.ledger import Ledger, UnsafeServer
from jobs.ledger.server.access import USER, rules
from jobs.ledger.server.format import FORMAT, KEY, UnknownFormat, check_format

# As a release might that kept a counter's name in another form.
MIGRATIONS = {0: "", 1: "redis.call('RENAME', 'chancery:old', 'chancery:new')", 2: ""}


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        redis.flushall()
        yield redis
        redis.flushall()


async def test_an_empty_server_and_one_of_an_earlier_release_get_the_format(
    ledger: Ledger, redis: Redis
) -> None:
    redis.set("chancery:counter", 3)
    await ledger.check()
    assert redis.get(KEY) == str(FORMAT)
    assert redis.get("chancery:counter") == "3"


async def test_data_of_a_newer_release_is_refused_and_unchanged(
    ledger: Ledger, redis: Redis
) -> None:
    redis.set(KEY, FORMAT + 1)
    with pytest.raises(UnknownFormat, match=f"format {FORMAT + 1}.*Start the release"):
        await ledger.check()
    assert issubclass(UnknownFormat, UnsafeServer)
    assert redis.get(KEY) == str(FORMAT + 1)


async def test_each_step_happens_once_though_many_processes_start_together(
    redis_url: str, redis: Redis
) -> None:
    redis.set("chancery:old", "x")
    connections = [AsyncRedis.from_url(redis_url) for _ in range(8)]
    await asyncio.gather(*(check_format(one, 3, MIGRATIONS) for one in connections))
    for one in connections:
        await one.aclose()
    assert (redis.get("chancery:new"), redis.get("chancery:old")) == ("x", None)
    assert redis.get(KEY) == "3"


async def test_a_step_needs_no_more_rights_than_chancery_has(redis_url: str, redis: Redis) -> None:
    redis.set("chancery:old", "x")
    redis.execute_command("ACL", "SETUSER", USER, "on", "nopass", *rules().split())
    try:
        connection = AsyncRedis.from_url(redis_url, username=USER, password="any")
        async with connection:
            await check_format(connection, 3, MIGRATIONS)
    finally:
        redis.execute_command("ACL", "DELUSER", USER)
    assert (redis.get("chancery:new"), redis.get(KEY)) == ("x", "3")


async def test_a_step_that_fails_leaves_the_format_as_it_was(redis_url: str, redis: Redis) -> None:
    async with AsyncRedis.from_url(redis_url) as connection:
        with pytest.raises(Exception, match="no such key"):
            await check_format(connection, 2, MIGRATIONS)
    assert redis.get(KEY) == "1"
