"""Questions that tell whether a part of the system answers."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import httpx

Check = Callable[[], Awaitable[bool]]

_TIMEOUT_SECONDS = 3.0


async def always() -> bool:
    """For a child that is ready as soon as it runs."""
    return True


def http_answers(url: str) -> Check:
    """Whether a GET of `url` is answered with 200."""

    async def check() -> bool:
        # Without proxies from the environment: these are our own addresses.
        async with httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, trust_env=False) as http:
            try:
                return (await http.get(url)).status_code == httpx.codes.OK
            except httpx.HTTPError:
                return False

    return check


def port_listens(url: str) -> Check:
    """Whether something takes connections at the host and port of `url`."""
    parts = urlsplit(url)

    async def check() -> bool:
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                _, writer = await asyncio.open_connection(parts.hostname, parts.port)
        except OSError:  # TimeoutError is one
            return False
        writer.close()
        return True

    return check


def port_is_free(host: str, port: int) -> bool:
    """Whether a server could listen on `host` and `port` now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(host: str = "127.0.0.1") -> int:
    """A port on which nothing listens now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
