"""A whole system of real processes, and the faults that can be injected."""

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
from standin.ports import reserved_port
from tests.chaos.services import RedisService, Service

PATIENCE = 60.0
# The delay of a supervisor before it restarts a process.
RESTART_SECONDS = 0.5
WORKERS = ("worker-1", "worker-2")
ROLES = (*WORKERS, "courier", "scheduler")


@dataclass(frozen=True, slots=True)
class Death:
    """A worker's kill or stop. It held `jobs`; `known`: the death was reported to the ledger."""

    at: float
    instance: str
    jobs: frozenset[str]
    known: bool


class Machine:
    """Redis, an engine, an api, two workers, a courier and a scheduler.

    `supervised`: deaths are reported to the ledger, as `chancery up` does. Otherwise they are not,
    as when a whole machine fails, and leases have to expire.
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
        """`redis_ports`: services that connect to Redis through a proxy on another port."""
        self.folder = folder
        self.redis_port = redis_port or reserved_port()
        self.supervised = supervised
        self.deaths: list[Death] = []
        self.request_log = folder / "engine-requests.log"
        self.engine_hold = folder / "engine-hold"
        self.engine_url, self.api_url = (f"http://127.0.0.1:{reserved_port()}" for _ in range(2))
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
        self.services = {service.key: service for service in self._create_services()}

    async def up(self) -> None:
        for key in ("redis", "engine", "api", *ROLES):
            self.services[key].start()
        for key in self.services:
            await self.ready(key)

    async def down(self) -> None:
        for service in self.services.values():
            service.end()
        await self.ledger.close()
        await self.redis.aclose()
        await self._http.aclose()

    async def department(self, name: str) -> NewDepartment:
        return await self.ledger.departments.create(name, callback_allow=("127.0.0.1",))

    async def kill(self, key: str) -> None:
        """Kill a service, and record the jobs that a worker held."""
        service = self.services[key]
        at, instance = service.kill(), service.instance.name
        if key in WORKERS:
            self.deaths.append(Death(at, instance, await self._held(instance), self.supervised))
        if self.supervised and key in ROLES:
            await self.declare_dead(instance)

    async def kill_and_restart(self, key: str) -> None:
        await self.kill(key)
        await asyncio.sleep(RESTART_SECONDS)
        self.services[key].start()

    async def pause(self, key: str, seconds: float) -> None:
        """Stop a service with SIGSTOP for `seconds`. This is not reported to the ledger."""
        service = self.services[key]
        at = time.time()
        service.signal(signal.SIGSTOP)
        if key in WORKERS:
            held = await self._held(service.instance.name)
            self.deaths.append(Death(at, service.instance.name, held, known=False))
        await asyncio.sleep(seconds)
        service.signal(signal.SIGCONT)

    async def restart_gracefully(self, key: str) -> None:
        """Send SIGTERM, wait for the end, and start the service again."""
        service = self.services[key]
        service.terminate()
        await asyncio.to_thread(service.instance.process.wait, PATIENCE)
        service.signal(signal.SIGKILL)  # its remaining children
        service.start()

    async def declare_dead(self, name: str) -> None:
        try:
            await self.ledger.processes.declare_dead(name)
        except ProblemError:
            return  # Redis is unavailable too: the jobs' leases will expire

    async def ready(self, key: str) -> None:
        """Wait until a service is ready."""
        deadline = time.monotonic() + PATIENCE
        while not await self._is_ready(key):
            instance = self.services[key].instance
            tail = instance.log.read_text(errors="replace")[-2000:]
            assert instance.process.poll() is None, f"{instance.name} ended:\n{tail}"
            assert time.monotonic() < deadline, f"{instance.name} is not ready:\n{tail}"
            await asyncio.sleep(0.1)

    def owner(self, instance: str) -> str | None:
        """The service whose current instance has this name."""
        return next(
            (key for key, service in self.services.items() if service.instance.name == instance),
            None,
        )

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
            process.name == self.services[key].instance.name
            and process.detail.get("engine_healthy", True)
            for process in processes
        )

    async def _held(self, instance: str) -> frozenset[str]:
        return frozenset(map(str, await self.redis.smembers(f"chancery:held:{instance}")))

    def _create_services(self) -> list[Service]:
        python, folder = sys.executable, self.folder
        engine, api = (url.rpartition(":")[2] for url in (self.engine_url, self.api_url))
        engine_argv = [python, "-m", "tests.chaos.engine", "--port", engine]
        engine_argv += ["--request-log", str(self.request_log), "--latency", str(self._latency)]
        engine_argv += ["--hold", str(self.engine_hold)]
        own = {"CHANCERY_API_PORT": api}
        return [
            RedisService(folder, self.redis_port),
            Service("engine", engine_argv, {}, folder),
            Service("api", [python, "-m", "api"], self._own("api") | own, folder),
            *(
                Service(
                    key, [python, "-m", "worker", key.split("-")[0]], self._own(key) | own, folder
                )
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
