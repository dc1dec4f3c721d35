"""Where the platform's own servers listen."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from jobs.submit.submission import resolve
from jobs.submit.targets import Target, plain
from worker.callbacks.delivery import Endpoint


async def endpoints_of(urls: Sequence[str]) -> frozenset[Endpoint]:
    """The endpoints of servers by their URLs. No callback may be sent to the platform's own ones.

    A server that listens on all addresses counts with loopback and this machine's name.
    """
    endpoints: set[Endpoint] = set()
    for url in urls:
        parts = urlsplit(url)
        port = parts.port or {"redis": 6379, "rediss": 6379, "https": 443}.get(parts.scheme, 80)
        for host in _hosts(parts.hostname or ""):
            addresses = await resolve(Target(url, parts.scheme, host, port))
            endpoints |= {(plain(address), port) for address in addresses}
    return frozenset(endpoints)


def _hosts(host: str) -> Sequence[str]:
    try:
        listens_on_all = ip_address(host).is_unspecified
    except ValueError:
        listens_on_all = False
    return ("127.0.0.1", "::1", socket.gethostname()) if listens_on_all else (host,)
