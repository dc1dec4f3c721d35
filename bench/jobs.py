"""Jobs per second, from submission over HTTP to the received callback.

    python -m bench.jobs [--count 1000] [--in-flight 32]

The whole system and the load run on this machine against an engine that answers at once, so the
result is the cost of the path itself: in total, and in CPU time of each process.
"""

from __future__ import annotations

import argparse
import asyncio
import time

import httpx
from aiohttp import web
from httpx_aiohttp import AiohttpTransport

from bench.system import System, running_engine, running_system
from worker.supervise.checks import free_port

LONGEST_SECONDS = 300.0


async def measure(system: System, count: int, in_flight: int) -> None:
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
    ledger = system.ledger()
    made = await ledger.departments.create("bench", callback_allow=[f"127.0.0.1:{port}"])
    await ledger.close()
    transport = AiohttpTransport(limits=httpx.Limits(max_connections=in_flight))
    headers = {"Authorization": f"Bearer {made.api_key}"}
    async with httpx.AsyncClient(base_url=system.api, transport=transport, headers=headers) as http:
        await _ready(http)
        cpu = system.cpu_seconds()
        began = time.perf_counter()
        await _submit(http, f"http://127.0.0.1:{port}/", count, in_flight)
        submitted = time.perf_counter() - began
        async with asyncio.timeout(LONGEST_SECONDS):
            await all_received.wait()
        ended = time.perf_counter() - began
    spent = {name: (used - cpu[name]) * 1000 / count for name, used in system.cpu_seconds().items()}
    await runner.cleanup()
    print(f"{count / submitted:8.0f} submissions/s while jobs run, {in_flight} in flight")
    print(f"{count / ended:8.0f} jobs/s from the first submission to the last callback")
    print("         ms of one core per job: " + ", ".join(f"{k} {v:.1f}" for k, v in spent.items()))


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

    async def send() -> None:
        for number in numbers:
            text = f"Notice {number}: the water supply in Mill Street is interrupted."
            body = {"task": "summarize", "input": {"text": text}, "callback_url": url}
            (await http.post("/v1/jobs", json=body)).raise_for_status()

    await asyncio.gather(*(send() for _ in range(in_flight)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--in-flight", type=int, default=32)
    arguments = parser.parse_args()
    with running_engine() as (engine_url, _), running_system(engine_url) as system:
        asyncio.run(measure(system, arguments.count, arguments.in_flight))


if __name__ == "__main__":
    main()
