"""Worker, courier and scheduler as processes, with a real Redis-like server, the stand-in engine
and real receivers. Most tests share one system, each with its own department.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from pydantic import SecretStr
from redis import Redis

from jobs.ledger import Ledger
from jobs.process.settings import RedisSettings
from standin.engine_process import StandInControl, running_standin
from standin.valkey import start_valkey
from tests.integration.processes.caller import Caller, calling
from tests.integration.processes.receiver import Receiver, receiving
from tests.integration.processes.system import Desk, System

OpenDesk = Callable[..., Awaitable[Desk]]
_numbers = count(1)


@pytest.fixture(scope="session")
def standin() -> Iterator[StandInControl]:
    with running_standin() as engine:
        yield engine


@pytest.fixture(scope="session")
def shared_system(
    tmp_path_factory: pytest.TempPathFactory, standin: StandInControl
) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("system")
    redis, url = start_valkey(folder)
    system = System(url, folder, standin)
    try:
        system.up(*[system.start(role) for role in ("worker", "courier", "scheduler")])
        yield system
    finally:
        system.stop()
        redis.kill()
        redis.wait(10)


@pytest.fixture(scope="session")
def api_url(shared_system: System) -> str:
    """The api of the shared system."""
    return shared_system.start_api()


@pytest.fixture
def engine(standin: StandInControl) -> Iterator[StandInControl]:
    """The stand-in, in its normal mode at the start and the end of each test."""
    normal = {
        "mode": "ok",
        "latency": 0.0,
        "holds": "",
        "answer": None,
        "think": False,
        "answers_probes": True,
    }
    standin.control(**normal)
    yield standin
    standin.control(**normal)


@pytest.fixture
def system(shared_system: System, engine: StandInControl) -> System:
    """The shared system: a worker, a courier and a scheduler, with a healthy engine."""
    return shared_system


@pytest.fixture
def empty_system(redis_url: str, engine: StandInControl, tmp_path: Path) -> Iterator[System]:
    """An empty ledger and an engine; tests start the processes that they need."""
    system = System(redis_url, tmp_path, engine)
    yield system
    system.stop()


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """The server of an `empty_system`; its `maxmemory` is reset afterwards."""
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        yield redis
        redis.config_set("maxmemory", "0")


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
async def open_desk() -> AsyncIterator[OpenDesk]:
    """Creates departments, by default with callbacks to 127.0.0.1 allowed."""
    desks: list[Desk] = []

    async def open_desk(system: System, *allow: str) -> Desk:
        name = f"tax{next(_numbers)}"
        ledger = Ledger(RedisSettings(url=SecretStr(system.redis_url)))
        new = await ledger.departments.create(name, callback_allow=allow or ("127.0.0.1",))
        department = await ledger.departments.get(name)
        await ledger.close()
        assert department is not None
        desks.append(Desk(system, new, department))
        return desks[-1]

    yield open_desk
    for desk in desks:
        await desk.ledger.close()


@pytest.fixture
async def desk(system: System, open_desk: OpenDesk) -> Desk:
    """A department of the shared system."""
    return await open_desk(system)


@pytest.fixture
async def caller(desk: Desk, api_url: str) -> AsyncIterator[Caller]:
    """A department of the shared system that uses the api over HTTP."""
    async with calling(desk, api_url) as caller:
        yield caller
