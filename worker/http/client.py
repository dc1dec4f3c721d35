"""A client that keeps connections."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Callable
from typing import NamedTuple

from worker.http.connection import Body, HttpConnection, Response

# Less than the 5 s of uvicorn and others, so that the server does not close an idle connection that
# is about to be used.
KEEP_ALIVE_SECONDS = 3.0


class Endpoint(NamedTuple):
    """What a connection leads to. `address`: an address, or a name that is looked up. `host`: the
    name in TLS. `tls` None: no TLS.
    """

    address: str
    port: int
    host: str
    tls: ssl.SSLContext | None


class HttpClient:
    """Sends requests over at most `connections` connections at a time, which are kept for
    `KEEP_ALIVE_SECONDS`. Create it on the event loop that uses it.

    It ignores redirects, cookies and the environment's proxies.
    """

    def __init__(self, connections: int) -> None:
        self._places = asyncio.Semaphore(connections)
        # By endpoint, with the time since when they are idle; the last used is the last.
        self._idle: dict[Endpoint, list[tuple[float, HttpConnection]]] = {}
        self._busy: set[HttpConnection] = set()
        self._timer: asyncio.TimerHandle | None = None

    def close(self) -> None:
        """Close every connection. Requests under way fail."""
        if self._timer is not None:
            self._timer.cancel()
        for connection in self._busy:
            connection.close()
        for each in self._idle.values():
            for _, connection in each:
                connection.close()
        self._idle.clear()

    async def exchange(
        self,
        endpoint: Endpoint,
        request: bytes,
        body: Body,
        *,
        connect_seconds: float | None = None,
        on_head: Callable[[], None] | None = None,
    ) -> Response:
        """Send a request, as bytes, and return its response.

        Cancelling it closes its connection. Raises `OSError` if no connection is accepted,
        `TimeoutError` if each address takes `connect_seconds`, and `ConnectionLost` later.
        """
        async with self._places:
            connection = self._kept(endpoint) or await self._connect(endpoint, connect_seconds)
            self._busy.add(connection)
            try:
                response = await connection.exchange(request, body, on_head)
            finally:
                self._busy.discard(connection)
            if connection.is_open:
                self._keep(endpoint, connection)
            return response

    def _kept(self, endpoint: Endpoint) -> HttpConnection | None:
        """The idle connection that was used last."""
        idle = self._idle.get(endpoint, [])
        oldest = time.monotonic() - KEEP_ALIVE_SECONDS
        while idle:
            since, connection = idle.pop()
            if connection.is_open and since >= oldest:
                return connection
            connection.close()
        return None

    def _keep(self, endpoint: Endpoint, connection: HttpConnection) -> None:
        self._idle.setdefault(endpoint, []).append((time.monotonic(), connection))
        if self._timer is None:
            self._close_later()

    def _close_later(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(KEEP_ALIVE_SECONDS, self._close_old)

    def _close_old(self) -> None:
        oldest = time.monotonic() - KEEP_ALIVE_SECONDS
        for endpoint, idle in list(self._idle.items()):
            while idle and (idle[0][0] < oldest or not idle[0][1].is_open):
                idle.pop(0)[1].close()
            if not idle:
                del self._idle[endpoint]
        self._timer = None
        if self._idle:
            self._close_later()

    async def _connect(self, endpoint: Endpoint, seconds: float | None) -> HttpConnection:
        """Connect to the first address that accepts it within `seconds`."""
        found = await asyncio.get_running_loop().getaddrinfo(
            endpoint.address, endpoint.port, type=socket.SOCK_STREAM
        )
        *others, last = [str(address[0]) for *_, address in found]
        for address in others:
            try:
                return await _connect_to(address, endpoint, seconds)
            except OSError:  # also a TimeoutError
                continue
        return await _connect_to(last, endpoint, seconds)


async def _connect_to(address: str, endpoint: Endpoint, seconds: float | None) -> HttpConnection:
    async with asyncio.timeout(seconds):
        _, connection = await asyncio.get_running_loop().create_connection(
            HttpConnection,
            address,
            endpoint.port,
            ssl=endpoint.tls,
            server_hostname=endpoint.host if endpoint.tls else None,
        )
    return connection


def header_lines(*fields: tuple[str, str]) -> str:
    """Header fields as lines. Raises `ValueError` for a line break in one."""
    lines = [f"{name}: {value}" for name, value in fields]
    if any(char in line for line in lines for char in "\r\n"):
        raise ValueError("a header field has a line break")
    return "".join(f"{line}\r\n" for line in lines)
