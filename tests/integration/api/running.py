"""A process of the api, as `python -m api` runs it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import uvicorn
from pydantic import SecretStr

from api.app import AppSettings, create_app
from jobs.ledger import Ledger
from jobs.model.states import JobStatus
from jobs.process.settings import RedisSettings, StoreSettings
from standin.ports import reserved_port
from tests.integration.api.conftest import finish


@dataclass
class Running:
    """A process of the api. `key` is tax's; `incoming` holds uploads that are not finished."""

    process: subprocess.Popen[bytes]
    port: int
    url: str
    key: str
    incoming: Path

    def client(self) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {self.key}"}
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=30)

    def resident_bytes(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024

    def open_files(self) -> list[str]:
        return [str(one.resolve()) for one in Path(f"/proc/{self.process.pid}/fd").iterdir()]

    def unfinished(self) -> list[Path]:
        return list(self.incoming.iterdir())


def started(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-P", "-m", "api"], env=os.environ | environment)


@asynccontextmanager
async def running_api(redis_url: str, data_dir: Path, **settings: str) -> AsyncIterator[Running]:
    """A process with department `tax`, ended afterwards. `settings` are environment variables."""
    ledger = Ledger(RedisSettings(url=SecretStr(redis_url)))
    tax = await ledger.departments.create("tax", callback_allow=["oa.tax.intranet"])
    await ledger.close()
    port = reserved_port()
    environment = {
        "CHANCERY_REDIS_URL": redis_url,
        "CHANCERY_DATA_DIR": str(data_dir),
        "CHANCERY_API_PORT": str(port),
        **settings,
    }
    with started(environment) as process:
        url = f"http://127.0.0.1:{port}"
        running = Running(process, port, url, tax.api_key, data_dir / "store" / "incoming")
        try:
            await listens(running)
            yield running
        finally:
            process.kill()


async def listens(running: Running) -> None:
    async with asyncio.timeout(60):
        while running.process.poll() is None:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", running.port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return
    raise AssertionError("the api ended")


@asynccontextmanager
async def served(redis_url: str, folder: Path) -> AsyncIterator[str]:
    """The api in this process, behind a port of its own; the address of it."""
    app = create_app(
        AppSettings(
            redis=RedisSettings(url=SecretStr(redis_url)), store=StoreSettings(data_dir=folder)
        )
    )
    port = reserved_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, access_log=False))
    serving = asyncio.create_task(server.serve())
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await serving


async def end_jobs(ledger: Ledger) -> None:
    """End every job that is queued, as a worker would."""
    while True:
        for job in (await ledger.jobs.list("tax", status=JobStatus.queued)).items:
            await finish(ledger, job.id)
        await asyncio.sleep(0.01)
