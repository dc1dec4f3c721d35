"""Checks whether a part of the system answers, and which ports are free."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable

import httpx

Check = Callable[[], Awaitable[bool]]

_TIMEOUT_SECONDS = 3.0


def http_answers(url: str) -> Check:
    """Whether a GET of `url` returns 200."""

    async def check() -> bool:
        # These addresses are local: ignore the proxies of the environment.
        async with httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, trust_env=False) as http:
            try:
                return (await http.get(url)).status_code == httpx.codes.OK
            except httpx.HTTPError:
                return False

    return check


def port_is_free(host: str, port: int) -> bool:
    """Whether a server can listen on `host` and `port`."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(host: str = "127.0.0.1") -> int:
    """A port on which nothing listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
