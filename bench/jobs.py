"""Jobs per second, from submission over HTTP to the callback received.

    python -m bench.jobs [--count 1000] [--in-flight 32]

All of the system and the load on this machine, a stand-in engine that answers at once: what is left
is what the path itself costs, in all and in processor time of each process. The receiver counts.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from aiohttp import web
from httpx_aiohttp import AiohttpTransport
from pydantic import SecretStr

from jobs.ledger import Ledger
from jobs.settings import RedisSettings
from tests.engines.processes import running_standin
from tests.valkey import free_port, start_valkey

ROLES = ("worker", "courier", "clerk")
LONGEST_SECONDS = 300.0


@contextmanager
def processes(folder: Path, env: dict[str, str]) -> Iterator[dict[str, int]]:
    """The api and the processes that pull, their output in `folder`; gives their pids by name."""
    started = []
    for argv in (["api"], *(["worker", role] for role in ROLES)):
        with (folder / f"{argv[-1]}.log").open("wb") as log:
            started.append(
                subprocess.Popen(
                    [sys.executable, "-m", *argv], env=env, stdout=log, stderr=subprocess.STDOUT
                )
            )
    try:
        yield dict(zip(("api", *ROLES), (process.pid for process in started), strict=True))
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(60)


async def measured(
    api: str, redis_url: str, count: int, in_flight: int, pids: dict[str, int]
) -> None:
    received, all_received = set[str](), asyncio.Event()

    async def receive(request: web.Request) -> web.Response:
        await request.read()
        received.add(request.headers["webhook-id"])
        if len(received) == count:
            all_received.set()
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/", receive)
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    ledger = Ledger(RedisSettings(url=SecretStr(redis_url)))
    made = await ledger.departments.create("bench", callback_allow=[f"127.0.0.1:{port}"])
    await ledger.close()
    transport = AiohttpTransport(limits=httpx.Limits(max_connections=in_flight))
    headers = {"Authorization": f"Bearer {made.api_key}"}
    async with httpx.AsyncClient(base_url=api, transport=transport, headers=headers) as http:
        await _ready(http)
        cpu = {name: cpu_seconds(pid) for name, pid in pids.items()}
        began = time.perf_counter()
        await _submit(http, f"http://127.0.0.1:{port}/", count, in_flight)
        submitted = time.perf_counter() - began
        async with asyncio.timeout(LONGEST_SECONDS):
            await all_received.wait()
        ended = time.perf_counter() - began
    spent = {name: (cpu_seconds(pid) - cpu[name]) * 1000 / count for name, pid in pids.items()}
    await runner.cleanup()
    print(f"{count / submitted:8.0f} submissions/s while all else runs, {in_flight} in flight")
    print(f"{count / ended:8.0f} jobs/s from the first submission to the last callback")
    print("         ms of one core a job: " + ", ".join(f"{k} {v:.1f}" for k, v in spent.items()))


def cpu_seconds(pid: int) -> float:
    """Processor time of a process so far, and of its children that have ended (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


async def _ready(http: httpx.AsyncClient) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                if (await http.get("/readyz")).is_success:
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.2)


async def _submit(http: httpx.AsyncClient, url: str, count: int, in_flight: int) -> None:
    numbers = iter(range(count))

    async def one_after_another() -> None:
        for number in numbers:
            text = f"Notice {number}: the water supply in Mill Street is interrupted."
            body = {"task": "summarize", "input": {"text": text}, "callback_url": url}
            (await http.post("/v1/jobs", json=body)).raise_for_status()

    await asyncio.gather(*(one_after_another() for _ in range(in_flight)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--in-flight", type=int, default=32)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, running_standin() as engine:
        folder = Path(name)
        valkey, redis_url = start_valkey(folder)
        port = free_port()
        env = os.environ | {
            "CHANCERY_REDIS_URL": redis_url,
            "CHANCERY_DATA_DIR": str(folder),
            "CHANCERY_ENGINE_URL": engine.url,
            "CHANCERY_API_PORT": str(port),
        }
        try:
            with processes(folder, env) as pids:
                api, count = f"http://127.0.0.1:{port}", arguments.count
                asyncio.run(measured(api, redis_url, count, arguments.in_flight, pids))
        finally:
            valkey.terminate()
            valkey.wait(10)


if __name__ == "__main__":
    main()
