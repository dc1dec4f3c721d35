"""Where the platform's own servers listen."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from jobs.process.settings import (
    ApiSettings,
    EngineSettings,
    FastEngineSettings,
    FlowerSettings,
    RedisSettings,
)
from jobs.submit.submission import resolve
from jobs.submit.targets import Target, plain
from worker.callbacks.delivery import Place


async def platform_addresses() -> frozenset[Place]:
    """Where the platform's own servers listen: no callback may go there.

    A server that listens on every address is at loopback and at this machine's name.
    """
    api, flower = ApiSettings(), FlowerSettings()
    urls = [
        RedisSettings().url.get_secret_value(),
        EngineSettings().url,
        FastEngineSettings().url or EngineSettings().url,
        f"http://{api.host}:{api.port}",
        f"http://{flower.host}:{flower.port}",
    ]
    found: set[Place] = set()
    for url in urls:
        parts = urlsplit(url)
        port = parts.port or {"redis": 6379, "rediss": 6379, "https": 443}.get(parts.scheme, 80)
        for host in _reached_at(parts.hostname or ""):
            addresses = await resolve(Target(url, parts.scheme, host, port))
            found |= {(plain(address), port) for address in addresses}
    return frozenset(found)


def _reached_at(host: str) -> Sequence[str]:
    try:
        everywhere = ip_address(host).is_unspecified
    except ValueError:
        everywhere = False
    return ("127.0.0.1", "::1", socket.gethostname()) if everywhere else (host,)
