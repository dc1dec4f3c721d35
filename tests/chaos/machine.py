"""A whole system of real processes, and what can befall it."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from pydantic import SecretStr
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from jobs.ledger import Ledger
from jobs.model.department import NewDepartment
from jobs.model.problems import ProblemError
from jobs.process.settings import RedisSettings
from standin.engine_process import free_port
from tests.chaos.parts import Part, RedisPart

PATIENCE = 60.0
# What a supervisor waits before it starts a process again.
RESTART_SECONDS = 0.5
WORKERS = ("worker-1", "worker-2")
ROLES = (*WORKERS, "courier", "scheduler")


@dataclass(frozen=True, slots=True)
class Death:
    """A worker's, or its being stopped. `jobs` were in its hand; `known`: the ledger was told."""

    at: float
    life: str
    jobs: frozenset[str]
    known: bool


class Machine:
    """Redis, an engine, an api, two workers, a courier and a scheduler.

    `supervised`: whoever starts a process again tells the ledger of its death, as `chancery up`
    does. Otherwise nobody does, as where a whole machine dies, and leases have to run out.
    """

    def __init__(
        self,
        folder: Path,
        *,
        supervised: bool = True,
        latency: float = 0.1,
        env: Mapping[str, str] | None = None,
        redis_port: int | None = None,
        redis_ports: Mapping[str, int] | None = None,
    ) -> None:
        """`redis_ports`: parts that reach Redis at another port, through a proxy."""
        self.folder = folder
        self.redis_port = redis_port or free_port()
        self.supervised = supervised
        self.deaths: list[Death] = []
        self.book = folder / "engine.book"
        self.engine_url, self.api_url = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        self._latency = latency
        self._env = dict(env or {})
        self._redis_ports = dict(redis_ports or {})
        url = f"redis://127.0.0.1:{self.redis_port}/0"
        self.ledger = Ledger(RedisSettings(url=SecretStr(url)))
        self.redis = Redis.from_url(
            url,
            decode_responses=True,
            retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), 8),
            retry_on_error=[RedisConnectionError, RedisTimeoutError],
        )
        self._http = httpx.AsyncClient(timeout=3, trust_env=False)
        self.parts = {part.key: part for part in self._made()}

    async def up(self) -> None:
        for key in ("redis", "engine", "api", *ROLES):
            self.parts[key].start()
        for key in self.parts:
            await self.ready(key)

    async def down(self) -> None:
        for part in self.parts.values():
            part.end()
        await self.ledger.close()
        await self.redis.aclose()
        await self._http.aclose()

    async def department(self, name: str) -> NewDepartment:
        return await self.ledger.departments.create(name, callback_allow=("127.0.0.1",))

    async def kill(self, key: str) -> None:
        """SIGKILL a part, and note what a worker had in its hand."""
        part = self.parts[key]
        at, life = part.kill(), part.life.name
        if key in WORKERS:
            self.deaths.append(Death(at, life, await self._held(life), self.supervised))
        if self.supervised and key in ROLES:
            await self.declare_dead(life)

    async def kill_and_restart(self, key: str) -> None:
        await self.kill(key)
        await asyncio.sleep(RESTART_SECONDS)
        self.parts[key].start()

    async def pause(self, key: str, seconds: float) -> None:
        """SIGSTOP a part for a while. Nobody is told: it is there, and does nothing."""
        part = self.parts[key]
        at = time.time()
        part.signal(signal.SIGSTOP)
        if key in WORKERS:
            held = await self._held(part.life.name)
            self.deaths.append(Death(at, part.life.name, held, known=False))
        await asyncio.sleep(seconds)
        part.signal(signal.SIGCONT)

    async def restart_politely(self, key: str) -> None:
        """SIGTERM, wait for its end, start it again. It has to end by itself."""
        part = self.parts[key]
        part.terminate()
        await asyncio.to_thread(part.life.process.wait, PATIENCE)
        part.signal(signal.SIGKILL)  # what it started
        part.start()

    async def declare_dead(self, life: str) -> None:
        try:
            await self.ledger.processes.declare_dead(life)
        except ProblemError:
            return  # Redis is away too: the jobs' leases will tell the scheduler

    async def ready(self, key: str) -> None:
        """Wait until a part does what it is there for."""
        deadline = time.monotonic() + PATIENCE
        while not await self._is_ready(key):
            life = self.parts[key].life
            tail = life.log.read_text(errors="replace")[-2000:]
            assert life.process.poll() is None, f"{life.name} ended:\n{tail}"
            assert time.monotonic() < deadline, f"{life.name} is not ready:\n{tail}"
            await asyncio.sleep(0.1)

    def owner(self, life: str) -> str | None:
        """The part whose present life has this name."""
        return next((key for key, part in self.parts.items() if part.life.name == life), None)

    async def _is_ready(self, key: str) -> bool:
        try:
            match key:
                case "redis":
                    await self.ledger.ping()
                    return True
                case "engine" | "api":
                    url = f"{self.engine_url}/health"
                    if key == "api":
                        url = f"{self.api_url}/healthz"
                    return (await self._http.get(url)).status_code == httpx.codes.OK
            processes = await self.ledger.processes.list()
        except (ProblemError, httpx.TransportError):
            return False
        return any(
            process.name == self.parts[key].life.name and process.detail.get("engine_healthy", True)
            for process in processes
        )

    async def _held(self, life: str) -> frozenset[str]:
        return frozenset(map(str, await self.redis.smembers(f"chancery:held:{life}")))

    def _made(self) -> list[Part]:
        python, folder = sys.executable, self.folder
        engine, api = (url.rpartition(":")[2] for url in (self.engine_url, self.api_url))
        engine_argv = [python, "-m", "tests.chaos.engine", "--port", engine]
        engine_argv += ["--book", str(self.book), "--latency", str(self._latency)]
        own = {"CHANCERY_API_PORT": api}
        return [
            RedisPart(folder, self.redis_port),
            Part("engine", engine_argv, {}, folder),
            Part("api", [python, "-m", "api"], self._own("api") | own, folder),
            *(
                Part(key, [python, "-m", "worker", key.split("-")[0]], self._own(key) | own, folder)
                for key in ROLES
            ),
        ]

    def _own(self, key: str) -> dict[str, str]:
        port = self._redis_ports.get(key, self.redis_port)
        return {
            "CHANCERY_REDIS_URL": f"redis://127.0.0.1:{port}/0",
            "CHANCERY_DATA_DIR": str(self.folder),
            "CHANCERY_ENGINE_URL": self.engine_url,
            "CHANCERY_CONCURRENCY": "8",
            "CHANCERY_READ_PROCESSES": "1",
            **self._env,
        }


@asynccontextmanager
async def running(machine: Machine) -> AsyncIterator[Machine]:
    try:
        await machine.up()
        yield machine
    finally:
        await machine.down()
