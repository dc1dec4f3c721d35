"""Two machines with all roles and an engine each, three with Redis, and one store on S3."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from redis.asyncio import Redis
from redis.exceptions import RedisError

from jobs.ledger import Ledger
from jobs.ledger.server.connection import open_redis
from jobs.model.department import NewDepartment
from jobs.model.problems import ProblemError
from jobs.process.watchdog import ENDED_STATUS
from tests.chaos.machine import Death
from tests.chaos.services import Service
from tests.fleet.clocks import clock_env, clock_library
from tests.fleet.network import HERE, Host, network
from tests.fleet.redis_group import GROUP, RedisGroup
from tests.storage import BUCKET

MACHINES = ("machine-1", "machine-2")
DATA = ("data-1", "data-2", "data-3")
ROLES = ("api", "worker", "courier", "scheduler")
API_PORT, ENGINE_PORT, STORE_PORT = 8080, 8000, 9000
LEASE_SECONDS = 6.0
# The statuses of a process that its watchdog ended.
WATCHDOG = (ENDED_STATUS, -signal.SIGKILL)
# Fourteen processes start at once.
PATIENCE = 300.0


class Fleet:
    """`services` by name and number of the machine: `api-1`, `worker-2`, `redis-3`, ...

    No death is reported to the ledger: nobody is left on a dead machine to do so.
    """

    def __init__(self, folder: Path, hosts: Mapping[str, Host], latency: float) -> None:
        self.hosts = hosts
        self.deaths: list[Death] = []
        # Processes that ended by themselves, and were started again.
        self.ended_by_watchdog: list[str] = []
        self.crashed: list[str] = []
        self._supervised: set[str] = set()
        self.request_log = folder / "engine-requests.log"
        library = clock_library(folder)
        self.clocks_differ = library is not None
        self.clocks = {name: clock_env(library, name) for name in hosts}
        self.group = RedisGroup(folder, [hosts[name] for name in DATA], self.clocks)
        settings = self.group.settings()
        self.ledger = Ledger(settings)
        self.redis: Redis = open_redis(settings)
        self._pool: Any = self.redis.connection_pool  # of Sentinel
        store = [sys.executable, "-m", "moto.server", "-H", HERE, "-p", str(STORE_PORT)]
        self.services = {**self.group.services, "store": Service("store", store, {}, folder)}
        for number, name in enumerate(MACHINES, 1):
            self.services |= self._machine(folder, number, hosts[name], latency)
        self._http = httpx.AsyncClient(timeout=3, trust_env=False)

    @property
    def apis(self) -> Sequence[tuple[str, int]]:
        return [(self.hosts[name].address, API_PORT) for name in MACHINES]

    async def up(self) -> None:
        for key in (*self.group.services, "store"):
            self.services[key].start()
        await self._until("the store", self._store_is_ready)
        await self._until("the Redis servers", self.replicated)
        for name in MACHINES:
            for service in self.on(name):
                service.start()
        for name in MACHINES:
            await self.ready(name)

    async def down(self) -> None:
        for service in self.services.values():
            service.end()
        await self.ledger.close()
        await self.redis.aclose()
        await self._pool.sentinel_manager.aclose()
        await self._http.aclose()

    async def department(self, name: str) -> NewDepartment:
        return await self.ledger.departments.create(name, callback_allow=(HERE,))

    def on(self, machine: str) -> Sequence[Service]:
        """The services of a machine."""
        host = self.hosts[machine]
        if machine in DATA:
            return self.group.on(host)
        number = MACHINES.index(machine) + 1
        return [self.services[f"{role}-{number}"] for role in ("engine", *ROLES)]

    async def supervise(self) -> None:
        """Start again what ended by itself, as systemd does."""
        while True:
            for machine in self._supervised:
                for service in self.on(machine):
                    if not service.alive:
                        status, name = service.instance.process.returncode, service.instance.name
                        is_overdue = status in WATCHDOG
                        (self.ended_by_watchdog if is_overdue else self.crashed).append(name)
                        service.start()
            await asyncio.sleep(0.5)

    async def cut_off(self, machine: str) -> None:
        """Unplug a machine; its processes go on."""
        self.hosts[machine].unplug()
        await self._note_death(machine)

    def reconnect(self, machine: str) -> None:
        self.hosts[machine].plug()

    async def power_off(self, machine: str) -> None:
        """Kill all processes of a machine. Its peers see silence, not closed connections."""
        self.hosts[machine].unplug()
        self._supervised.discard(machine)
        for service in self.on(machine):
            service.kill()
        await self._note_death(machine)

    async def power_on(self, machine: str) -> None:
        self.hosts[machine].plug()
        for service in self.on(machine):
            service.start()
        await self.ready(machine)

    async def upgrade(self, machine: str) -> None:
        """Stop the roles of a machine with SIGTERM, as a supervisor does, and start them again."""
        self._supervised.discard(machine)
        roles = [service for service in self.on(machine) if not service.key.startswith("engine")]
        for service in roles:
            service.terminate()
        for service in roles:
            status = await asyncio.to_thread(service.instance.process.wait, PATIENCE)
            assert status in (0, -signal.SIGTERM), (
                f"{service.instance.name} ended with status {status}"
            )
            service.start()
        await self.ready(machine)

    async def primary(self) -> Host:
        """The machine with the server that the Sentinels name."""
        address, _ = await self._pool.sentinel_manager.discover_master(GROUP)
        return self.group.host(address)

    async def held(self, machine: str) -> frozenset[str]:
        """The jobs that the machine's worker runs, as the ledger has it."""
        name = self.services[f"worker-{MACHINES.index(machine) + 1}"].instance.name
        return frozenset(map(str, await self.redis.smembers(f"chancery:held:{name}")))

    async def ready(self, machine: str) -> None:
        """Wait until all services of a machine work."""
        if machine in DATA:
            await self._until(machine, self.replicated)
            return
        self._supervised.add(machine)
        number = MACHINES.index(machine) + 1
        for role in ("engine", *ROLES):
            await self._until(f"{role}-{number}", partial(self._is_ready, role, machine))

    async def replicated(self) -> bool:
        """Whether the primary server has both replicas, and all Sentinels know each other."""
        try:
            sentinel = self._pool.sentinel_manager.sentinels[0]
            state = (await sentinel.sentinel_masters())[GROUP]
            replicas = await self.redis.info("replication")
        except (RedisError, OSError):
            return False
        online = [
            one
            for key, one in replicas.items()
            if key.startswith("slave") and isinstance(one, dict) and one["state"] == "online"
        ]
        return len(online) == len(DATA) - 1 == state["num-other-sentinels"] == state["num-slaves"]

    async def _note_death(self, machine: str) -> None:
        if machine in MACHINES:
            instance = self.services[f"worker-{MACHINES.index(machine) + 1}"].instance.name
            held = await self.held(machine)
            self.deaths.append(Death(time.time(), instance, held, known=False))

    async def _is_ready(self, role: str, machine: str) -> bool:
        number = MACHINES.index(machine) + 1
        service = self.services[f"{role}-{number}"]
        try:
            if role == "engine":
                return True  # the worker reports its health
            if role == "api":
                url = f"http://{self.hosts[machine].address}:{API_PORT}/healthz"
                return (await self._http.get(url)).status_code == httpx.codes.OK
            processes = await self.ledger.processes.list()
        except (ProblemError, httpx.TransportError):
            return False
        return any(
            process.name == service.instance.name and process.detail.get("engine_healthy", True)
            for process in processes
        )

    async def _store_is_ready(self) -> bool:
        try:
            url = f"http://{HERE}:{STORE_PORT}/{BUCKET}"
            return (await self._http.put(url)).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    async def _until(self, what: str, condition: Callable[[], Awaitable[bool]]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not await condition():
            service = self.services.get(what)
            tail = _tail(service) if service else ""
            assert time.monotonic() < deadline, f"{what}: not ready in {PATIENCE:.0f} s. {tail}"
            await asyncio.sleep(0.1)

    def _machine(self, folder: Path, number: int, host: Host, latency: float) -> dict[str, Service]:
        own = folder / host.name
        own.mkdir()
        env = {
            **self.group.environment(),
            **self.clocks[host.name],
            "CHANCERY_DATA_DIR": str(own),
            "CHANCERY_STORE_URL": f"s3://{BUCKET}/fleet",
            "AWS_ENDPOINT_URL": f"http://{HERE}:{STORE_PORT}",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "not a secret",
            "CHANCERY_ENGINE_URL": f"http://127.0.0.1:{ENGINE_PORT}",
            "CHANCERY_API_HOST": "0.0.0.0",
            "CHANCERY_API_PORT": str(API_PORT),
            "CHANCERY_LEASE_SECONDS": str(LEASE_SECONDS),
            "CHANCERY_CONCURRENCY": "8",
            "CHANCERY_READ_PROCESSES": "1",
        }
        python = [*host.enter, sys.executable, "-m"]
        engine = ["tests.chaos.engine", "--port", str(ENGINE_PORT), "--latency", str(latency)]
        engine += ["--request-log", str(self.request_log), "--hold", str(folder / "engine-hold")]
        commands = {
            "engine": engine,
            "api": ["api"],
            **{role: ["worker", role] for role in ROLES[1:]},
        }
        return {
            f"{role}-{number}": Service(f"{role}-{number}", [*python, *command], env, folder)
            for role, command in commands.items()
        }


def _tail(service: Service) -> str:
    return service.instance.log.read_text(errors="replace")[-2000:]


@asynccontextmanager
async def running(folder: Path, *, latency: float) -> AsyncIterator[Fleet]:
    with network((*DATA, *MACHINES)) as hosts:
        fleet = Fleet(folder, hosts, latency)
        supervising = asyncio.create_task(fleet.supervise())
        try:
            await fleet.up()
            yield fleet
        finally:
            supervising.cancel()
            await fleet.down()
