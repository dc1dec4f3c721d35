"""A real server that speaks Redis's protocol, for the tests that need one."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from redis import Redis

from jobs.ledger import Ledger
from jobs.process.settings import RedisSettings
from standin.valkey import start_valkey


@pytest.fixture(scope="session")
def valkey(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    folder: Path = tmp_path_factory.mktemp("valkey")
    process, url = start_valkey(folder)
    yield process, url
    process.terminate()
    process.wait(10)


@pytest.fixture
def redis_url(valkey: tuple[subprocess.Popen[bytes], str]) -> str:
    """The address of an empty server."""
    with Redis.from_url(valkey[1]) as redis:
        redis.flushall()
    return valkey[1]


@pytest.fixture
async def ledger(redis_url: str) -> AsyncIterator[Ledger]:
    ledger = Ledger(RedisSettings(url=SecretStr(redis_url)))
    yield ledger
    await ledger.close()
