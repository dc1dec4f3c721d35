"""What the ledger requires of its server, and how it behaves when the server fails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from redis import Redis

from jobs.ledger import Ledger, UnsafeServer
from jobs.model.problems import ProblemError
from jobs.process.settings import RedisSettings
from standin.ports import reserved_port
from standin.valkey import start_valkey
from tests.integration.jobs.ledger.conftest import a_job, submit_job


@pytest.fixture
def setting(redis_url: str) -> Iterator[Redis]:
    """The server, to be set as a test needs it; set back afterwards."""
    with Redis.from_url(redis_url) as redis:
        kept = {name: redis.config_get(name)[name] for name in ("maxmemory", "maxmemory-policy")}
        yield redis
        for name, value in kept.items():
            redis.config_set(name, value)
        redis.config_set("appendonly", "yes")


async def test_a_server_that_may_evict_is_refused(ledger: Ledger, setting: Redis) -> None:
    await ledger.check()
    setting.config_set("maxmemory-policy", "allkeys-lru")
    with pytest.raises(UnsafeServer, match="noeviction"):
        await ledger.check()


async def test_a_server_without_persistence_is_refused_unless_told_otherwise(
    ledger: Ledger, setting: Redis, redis_url: str
) -> None:
    setting.config_set("appendonly", "no")
    with pytest.raises(UnsafeServer, match="appendonly"):
        await ledger.check()
    lenient = Ledger(RedisSettings(url=SecretStr(redis_url), allow_volatile=True))
    await lenient.check()
    await lenient.close()


async def test_a_server_that_refuses_writes_is_said_to_be_full_and_nothing_is_kept(
    ledger: Ledger, setting: Redis
) -> None:
    setting.config_set("maxmemory", "1")
    job = a_job()
    with pytest.raises(ProblemError) as raised:
        await submit_job(ledger, job)
    assert raised.value.problem.code == "unavailable"
    assert raised.value.retry_after
    setting.config_set("maxmemory", "0")
    assert await ledger.jobs.get("tax", job.id) is None


async def test_what_was_kept_is_there_after_a_kill_and_the_same_ledger_goes_on(
    tmp_path: Path,
) -> None:
    port = reserved_port()
    process, url = start_valkey(tmp_path, port)
    ledger = Ledger(RedisSettings(url=SecretStr(url)))
    try:
        job = a_job()
        await submit_job(ledger, job)
        process.kill()
        process.wait(10)
        with pytest.raises(ProblemError) as raised:
            await ledger.jobs.get("tax", job.id)
        assert raised.value.problem.code == "unavailable"
        process, _ = start_valkey(tmp_path, port)
        assert await ledger.jobs.get("tax", job.id)
        assert (await ledger.runs.claim([job.id], "w", 30)).granted
    finally:
        process.kill()
        process.wait(10)
        await ledger.close()
