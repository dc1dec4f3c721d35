"""A load of single jobs: submits them over HTTP, and receives their callbacks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
from aiohttp import web
from httpx_aiohttp import AiohttpTransport

from worker.supervise.checks import free_port

READY_SECONDS = 60.0
LONGEST_SECONDS = 300.0
TEXT = "Notice {number}: the water supply in Mill Street is interrupted."


@dataclass(slots=True)
class Receiver:
    """Counts callbacks. `url` is where they go to."""

    url: str
    received: set[str] = field(default_factory=set)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait(self, count: int, seconds: float = LONGEST_SECONDS) -> None:
        """Wait until `count` callbacks have been received. Raises `TimeoutError`."""
        async with asyncio.timeout(seconds):
            while len(self.received) < count:
                self.changed.clear()
                await self.changed.wait()


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver on a free port of 127.0.0.1."""
    port = free_port()
    here = Receiver(f"http://127.0.0.1:{port}/")

    async def receive(request: web.Request) -> web.Response:
        await request.read()
        # The glue's callbacks have no id.
        here.received.add(request.headers.get("webhook-id") or str(len(here.received)))
        here.changed.set()
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/", receive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield here
    finally:
        await runner.cleanup()


@asynccontextmanager
async def client(
    api: str, api_key: str = "", in_flight: int = 32
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an api that answers `/readyz`."""
    transport = AiohttpTransport(limits=httpx.Limits(max_connections=in_flight))
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    async with httpx.AsyncClient(
        base_url=api, transport=transport, headers=headers, timeout=120
    ) as http:
        async with asyncio.timeout(READY_SECONDS):
            while True:
                if await _ready(http):
                    break
                await asyncio.sleep(0.2)
        yield http


async def _ready(http: httpx.AsyncClient) -> bool:
    try:
        return (await http.get("/readyz")).is_success
    except httpx.HTTPError:
        return False


def job(number: int, callback_url: str) -> Mapping[str, object]:
    text = TEXT.format(number=number)
    return {"task": "summarize", "input": {"text": text}, "callback_url": callback_url}


@dataclass(frozen=True, slots=True)
class Rates:
    """Submissions and whole jobs per second, and seconds of one core by process for all jobs."""

    submissions: float
    jobs: float
    cpu: Mapping[str, float]


async def run_jobs(
    https: Sequence[httpx.AsyncClient],
    path: str,
    here: Receiver,
    cpu_seconds: Callable[[], Mapping[str, float]],
    *,
    count: int,
    in_flight: int,
) -> Rates:
    """Submit `count` jobs to `path` of each api in turn, and wait for their callbacks."""
    already = len(here.received)
    numbers, before = iter(range(count)), cpu_seconds()
    began = time.perf_counter()

    async def send(http: httpx.AsyncClient) -> None:
        for number in numbers:
            (await http.post(path, json=job(number, here.url))).raise_for_status()

    await asyncio.gather(*(send(https[n % len(https)]) for n in range(in_flight)))
    submitted = time.perf_counter() - began
    await here.wait(already + count)
    ended = time.perf_counter() - began
    spent = {name: used - before[name] for name, used in cpu_seconds().items()}
    return Rates(count / submitted, count / ended, spent)
