"""A whole system whose parts can be broken and mended, and what operators see of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from click.testing import CliRunner, Result
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from jobs.ledger import Ledger
from jobs.process.settings import RedisSettings
from standin.engine_process import StandInControl, running_standin
from standin.ports import reserved_port
from standin.valkey import start_valkey
from tests.integration.processes.system import Child, Desk, System
from worker.commands.doctor import doctor

# How soon each fault must be named.
NAMED_SECONDS = 10.0
# For what takes long only on busy machines.
PATIENCE = 60.0
_OF_THE_MACHINE = {"disk-low", "disk-full"}


@dataclass(slots=True)
class Operator:
    """Looks at a system in the ways that operators have."""

    redis_url: str
    data_dir: Path
    api_url: str

    def doctor(self) -> Mapping[str, Any]:
        """What `chancery doctor --json` prints."""
        arguments = ["--json", "--redis-url", self.redis_url, "--data-dir", str(self.data_dir)]
        with ThreadPoolExecutor() as pool:  # the command runs its own event loop
            result = pool.submit(_run, arguments).result()
        health: Mapping[str, Any] = json.loads(result.stdout)
        return health

    def doctor_lines(self) -> list[str]:
        arguments = ["--redis-url", self.redis_url, "--data-dir", str(self.data_dir)]
        with ThreadPoolExecutor() as pool:
            result = pool.submit(_run, arguments).result()
        return result.output.splitlines()

    def metrics(self) -> dict[str, set[str]]:
        """The subjects of each problem in `/metrics`, by code."""
        text = httpx.get(f"{self.api_url}/metrics", timeout=20, verify=False).text
        found: dict[str, set[str]] = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name == "chancery_problem":
                    found.setdefault(sample.labels["code"], set()).add(sample.labels["subject"])
        return found

    def codes(self) -> tuple[set[str], set[str]]:
        """The codes that both name, and those that at least one does.

        They look one after the other, so that one may see what the other does not see yet. The disk
        of this machine is left out.
        """
        printed = {problem["code"] for problem in self.doctor()["problems"]} - _OF_THE_MACHINE
        shown = set(self.metrics()) - _OF_THE_MACHINE
        return printed & shown, printed | shown


@dataclass(slots=True)
class Breakable:
    """A system with its own Redis and stand-in engine, which start at the same ports again."""

    folder: Path
    system: System
    operator: Operator
    redis: subprocess.Popen[bytes]
    engine_port: int
    _engine: ExitStack = field(default_factory=ExitStack)

    @property
    def engine(self) -> StandInControl:
        return self.system.engine

    def kill_engine(self) -> None:
        os.kill(self.engine.pid, signal.SIGKILL)

    def start_engine(self) -> None:
        self._engine.close()
        self.system.engine = self._engine.enter_context(running_standin(self.engine_port))

    def start_redis(self) -> None:
        port = int(self.system.redis_url.rsplit(":", 1)[1].split("/")[0])
        self.redis, _ = start_valkey(self.folder / "redis", port)

    def child(self, role: str) -> Child:
        """The last one of the role that was started."""
        return [one for one in self.system.children if one.log.name.startswith(f"{role}-")][-1]

    def close(self) -> None:
        self.system.stop()
        self._engine.close()
        self.redis.kill()
        self.redis.wait(10)


@contextmanager
def breakable(folder: Path, **env: str) -> Iterator[Breakable]:
    """Start everything; each part is healthy."""
    (folder / "redis").mkdir()
    redis, url = start_valkey(folder / "redis")
    port = reserved_port()
    system = System(url, folder, StandInControl(f"http://127.0.0.1:{port}"), env)
    broken = Breakable(folder, system, Operator(url, folder, ""), redis, port)
    try:
        broken.start_engine()
        system.up(*[system.start(role) for role in ("worker", "courier", "scheduler")])
        broken.operator.api_url = system.start_api()
        yield broken
    finally:
        broken.close()


async def new_desk(system: System, name: str) -> Desk:
    """A new department, with callbacks to this machine. Close its ledger."""
    ledger = Ledger(RedisSettings(url=SecretStr(system.redis_url)))
    new = await ledger.departments.create(name, callback_allow=["127.0.0.1"])
    department = await ledger.departments.get(name)
    await ledger.close()
    assert department is not None
    return Desk(system, new, department)


def within(seconds: float, condition: Callable[[], object]) -> None:
    """Poll until the condition is true. Fails if it is false when asked after `seconds`.

    The time that an answer takes does not count: doctor is slow on a busy machine.
    """
    asked = started = time.monotonic()
    while not condition():
        assert asked - started < seconds, f"not within {seconds} s"
        time.sleep(0.05)
        asked = time.monotonic()


def _run(arguments: Sequence[str]) -> Result:
    return CliRunner().invoke(doctor, arguments, catch_exceptions=False)
