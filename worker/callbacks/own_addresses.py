"""Where the platform's own servers listen: no callback may be sent there."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

from jobs.submit.targets import Address, Target, plain, resolve

Endpoint = tuple[Address, int]  # IP address and port

# A container that is started again has another address.
RESOLVE_AGAIN_SECONDS = 30.0
_PORTS = {"redis": 6379, "rediss": 6379, "https": 443}


class OwnServers:
    """The endpoints of servers, by their URLs.

    The ports of servers on this machine are theirs on every address of it, whatever the URL
    names: on all interfaces, whether they listen there or not.
    """

    def __init__(self, urls: Sequence[str]) -> None:
        self._urls = urls
        self._endpoints: frozenset[Endpoint] = frozenset()
        self._resolved_at: float | None = None

    async def listen_on(self, address: Address, port: int) -> bool:
        address = plain(address)
        endpoints = await self._resolved()
        if (address, port) in endpoints:
            return True
        same_port = [own for own, own_port in endpoints if own_port == port]
        return any(map(is_local, same_port)) and is_local(address)

    async def _resolved(self) -> frozenset[Endpoint]:
        """Where a name cannot be resolved now, its earlier addresses remain."""
        now = time.monotonic()
        if self._resolved_at is None or now - self._resolved_at > RESOLVE_AGAIN_SECONDS:
            if self._resolved_at is not None:
                self._resolved_at = now  # deliveries meanwhile use the earlier addresses
            found: set[Endpoint] = set()
            for url in self._urls:
                parts = urlsplit(url)
                port = parts.port or _PORTS.get(parts.scheme, 80)
                host = parts.hostname or ""
                addresses = await resolve(Target(url, parts.scheme, host, port))
                found |= {(plain(address), port) for address in addresses}
            kept = self._endpoints if len(found) < len(self._endpoints) else frozenset()
            self._endpoints = frozenset(found) | kept
            self._resolved_at = now
        return self._endpoints


def is_local(address: Address) -> bool:
    """Whether `address` is one of this machine's own, on any interface."""
    address = ip_address(str(address).partition("%")[0])
    if address.is_loopback or address.is_unspecified:
        return True
    family = socket.AF_INET6 if isinstance(address, IPv6Address) else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((str(address), 0))
        except OSError:
            return False
    return True
