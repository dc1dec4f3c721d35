"""Several api processes on one port: what the port answers is true of all of them."""

from __future__ import annotations

import asyncio
import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from jobs.process.watchdog import PROCESS_HEADER
from standin.ports import reserved_port
from tests.integration.api.running import started
from worker.supervise.checks import http_answers_from

NAMES = ("api-1", "api-2")


@dataclass
class Port:
    """The processes that listen on a port, by name. `asked`: requests to `/healthz` so far."""

    number: int
    environment: dict[str, str]
    stack: ExitStack
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    asked: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.number}"

    def start(self, name: str) -> None:
        process = started({**self.environment, "CHANCERY_PROCESS_NAME": f"{name}@host-1-1"})
        self.stack.callback(process.wait)
        self.stack.callback(process.kill)
        self.processes[name] = process

    async def get(self, path: str) -> httpx.Response:
        """Over a connection of its own, which the kernel gives to one of the processes."""
        async with httpx.AsyncClient(base_url=self.url, timeout=30) as http:
            return (await http.get(path)).raise_for_status()

    async def answerer(self) -> str:
        self.asked += 1
        return (await self.get("/healthz")).headers[PROCESS_HEADER]

    async def counted(self) -> float:
        """The requests to `/healthz`, as `/metrics` counts them."""
        metrics = (await self.get("/metrics")).text
        found = re.search(
            r'^chancery_http_request_seconds_count\{.*"/healthz".*\} (\S+)$', metrics, re.MULTILINE
        )
        return float(found[1]) if found else 0.0


@pytest.fixture
def port(redis_url: str, tmp_path: Path) -> Iterator[Port]:
    number = reserved_port()
    environment = {
        "CHANCERY_REDIS_URL": redis_url,
        "CHANCERY_DATA_DIR": str(tmp_path),
        "CHANCERY_API_PORT": str(number),
        "CHANCERY_API_PROCESSES": "2",
    }
    with ExitStack() as stack:
        port = Port(number, environment, stack)
        for name in NAMES:
            port.start(name)
        yield port


async def ask_until_both_answered(port: Port) -> None:
    answered = set[str]()
    async with asyncio.timeout(20):
        while answered != set(NAMES):
            answered.add(await port.answerer())


async def test_each_process_answers_and_any_of_them_shows_the_metrics_of_all(port: Port) -> None:
    await _ready(port)
    before = await port.counted()
    await ask_until_both_answered(port)
    # Whichever process answers: with ten connections both do.
    assert {await port.counted() - before for _ in range(10)} == {port.asked}

    port.processes["api-2"].kill()
    port.processes["api-2"].wait()
    port.start("api-2")
    await _ready(port)
    assert await port.counted() - before >= port.asked
    for name, process in port.processes.items():
        metrics = (await port.get("/metrics")).text
        found = re.search(
            rf'^process_resident_memory_bytes\{{process="{name}"\}} (\S+)$', metrics, re.MULTILINE
        )
        assert found
        assert float(found[1]) > 10_000_000, process.pid


async def _ready(port: Port) -> None:
    for name in NAMES:
        ready = http_answers_from(f"{port.url}/healthz", name)
        async with asyncio.timeout(60):
            while not await ready():
                assert port.processes[name].poll() is None
                await asyncio.sleep(0.05)
