"""A TCP load balancer before the apis, which drops one that does not answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import cycle

import httpx

CHECK_EVERY_SECONDS = 0.5
CHECK_SECONDS = 1.5
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Balancer:
    """Connections go to the targets (host, port) that answer, by turns.

    The connections to one that does not answer are closed, so that callers repeat their requests.
    `links`: connections that each target got so far.
    """

    def __init__(self, targets: Sequence[tuple[str, int]]) -> None:
        self.port = 0
        self.links = dict.fromkeys(targets, 0)
        self._healthy = set(targets)
        self._turns = cycle(targets)
        self._open: dict[asyncio.Task[None], tuple[str, int]] = {}

    async def link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        writers = [writer]
        try:
            turn = (next(self._turns) for _ in self.links)
            target = next(one for one in turn if one in self._healthy)
            self._open[task] = target
            there = await asyncio.open_connection(*target)
            writers.append(there[1])
            self.links[target] += 1
            await asyncio.gather(_forward(reader, there[1]), _forward(there[0], writer))
        except (StopIteration, OSError, asyncio.CancelledError):
            pass  # no target, or one side closed, or the target does not answer: close both sides
        finally:
            self._open.pop(task, None)
            for one in writers:
                one.transport.abort()

    async def check(self, target: tuple[str, int]) -> None:
        """Ask a target for its health, again and again."""
        host, port = target
        async with httpx.AsyncClient(timeout=CHECK_SECONDS, trust_env=False) as client:
            while True:
                try:
                    (await client.get(f"http://{host}:{port}/healthz")).raise_for_status()
                except httpx.HTTPError:
                    self._healthy.discard(target)
                    self.close({target})
                else:
                    self._healthy.add(target)
                await asyncio.sleep(CHECK_EVERY_SECONDS)

    def close(self, targets: set[tuple[str, int]]) -> None:
        for task, target in list(self._open.items()):
            if target in targets:
                task.cancel()


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


@asynccontextmanager
async def balancing(targets: Sequence[tuple[str, int]]) -> AsyncIterator[Balancer]:
    balancer = Balancer(targets)
    server = await asyncio.start_server(balancer.link, "127.0.0.1", 0)
    balancer.port = server.sockets[0].getsockname()[1]
    checks = [asyncio.create_task(balancer.check(target)) for target in targets]
    try:
        yield balancer
    finally:
        server.close()
        for check in checks:
            check.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*checks, return_exceptions=True)
        balancer.close(set(targets))
