"""A TCP proxy to Redis that can simulate a network partition and a crashing server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Proxy:
    """Forwards bytes both ways.

    After `cut`, nothing is forwarded and nothing closed; bytes sent meanwhile are forwarded after
    `repair`, as from a network's buffers. While `broken`, all connections are closed and refused.
    """

    def __init__(self, target_port: int) -> None:
        self.port = 0
        self._target_port = target_port
        self._open = asyncio.Event()
        self._open.set()
        self._break_at: bytes | None = None
        self._links: set[asyncio.Task[None]] = set()
        self.broken = asyncio.Event()

    def cut(self) -> None:
        self._open.clear()

    def break_before(self, words: bytes) -> None:
        """Break when either side sends `words`, without forwarding them."""
        self._break_at = words

    def repair(self) -> None:
        self.broken.clear()
        self._open.set()

    async def link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.broken.is_set():
            writer.close()
            return
        task = asyncio.current_task()
        assert task
        self._links.add(task)
        writers = [writer]
        try:
            await self._open.wait()
            there = await asyncio.open_connection("127.0.0.1", self._target_port)
            writers.append(there[1])
            await asyncio.gather(self._pass(reader, there[1]), self._pass(there[0], writer))
        except (OSError, asyncio.CancelledError):
            pass  # one side closed, or the proxy is closing: the other side is closed too
        finally:
            self._links.discard(task)
            for one in writers:
                one.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            await self._open.wait()
            if self._break_at and self._break_at in data:
                self._break_at = None
                self.broken.set()
                for link in self._links:
                    link.cancel()
            if self.broken.is_set():
                return
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()

    async def close(self) -> None:
        for link in list(self._links):
            link.cancel()
        await asyncio.gather(*self._links, return_exceptions=True)


@asynccontextmanager
async def proxying(target_port: int) -> AsyncIterator[Proxy]:
    proxy = Proxy(target_port)
    server = await asyncio.start_server(proxy.link, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        with suppress(asyncio.CancelledError):
            await proxy.close()
