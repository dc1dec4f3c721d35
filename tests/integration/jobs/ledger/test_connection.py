"""The connection to Redis as the ledger uses it."""

from __future__ import annotations

import asyncio

import pytest
import uvloop
from pydantic import SecretStr
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from jobs.ledger import Ledger
from jobs.ledger.server.connection import Connection
from jobs.process.settings import RedisSettings
from tests.integration.jobs.ledger.conftest import a_job, submit_job

# More turns of the event loop than a command takes.
TURNS = 12


@pytest.mark.parametrize("turns", range(TURNS))
async def test_a_command_can_be_cancelled_at_any_moment(ledger: Ledger, turns: int) -> None:
    await ledger.departments.names()  # there is a connection
    asking = asyncio.create_task(ledger.departments.names())
    for _ in range(turns):
        await asyncio.sleep(0)
    is_stopped = asking.cancel()
    await asyncio.wait([asking])
    assert asking.cancelled() is is_stopped


def test_a_connection_that_broke_while_it_was_idle_is_opened_again(redis_url: str) -> None:
    """With uvloop, as in every process: its closed transports raise no `OSError`."""

    async def ask_again() -> None:
        connection = Connection.to(RedisSettings(url=SecretStr(redis_url)))
        await connection.run("documents/delete", "tax", "doc_1")
        for each in connection.redis.connection_pool._in_use_connections:
            each._writer.transport.abort()
        await asyncio.sleep(0)
        assert await connection.run("documents/delete", "tax", "doc_1") == ["none"]
        await connection.close()

    uvloop.run(ask_again())


async def test_scripts_that_run_at_the_same_time_share_round_trips(
    ledger: Ledger, redis_url: str
) -> None:
    jobs = [a_job() for _ in range(40)]
    await asyncio.gather(*(submit_job(ledger, job) for job in jobs))
    async with Redis.from_url(redis_url, decode_responses=True) as redis:
        connected = (await redis.info("clients"))["connected_clients"]
    # One runs scripts, and one is that of this test and of what else the fixtures read.
    assert connected <= 4
    kept = await asyncio.gather(*(ledger.jobs.get("tax", job.id) for job in jobs))
    assert all(kept)


async def test_an_error_of_one_script_is_not_that_of_those_sent_with_it(redis_url: str) -> None:
    connection = Connection.to(RedisSettings(url=SecretStr(redis_url)))
    try:
        deletes = [connection.run("documents/delete", "tax", "doc_1") for _ in range(3)]
        answers = await asyncio.gather(
            *deletes[:2],
            connection.run("documents/keep", "no JSON", 0),
            deletes[2],
            return_exceptions=True,
        )
    finally:
        await connection.close()
    assert isinstance(answers.pop(2), ResponseError)
    assert answers == [["none"]] * 3


async def test_a_server_that_has_lost_its_scripts_gets_them_again(
    ledger: Ledger, redis_url: str
) -> None:
    first, *others = [a_job() for _ in range(5)]
    await submit_job(ledger, first)
    async with Redis.from_url(redis_url) as redis:
        await redis.script_flush()
    await asyncio.gather(*(submit_job(ledger, job) for job in others))
    assert all([await ledger.jobs.get("tax", job.id) for job in others])
