"""Counts open connections: in total, and for each client address."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Protocol

from api.requests.client_address import holder_of, is_trusted
from jobs.process.settings import Network


class Idle(Protocol):
    """A connection between two requests."""

    def close_idle(self) -> None:
        """Close it, because a new connection needs its place."""


class Connections:
    """Admits connections up to a number in total and for each client. At a limit, the connection
    that has been idle longest makes room for a new one.

    An IPv6 client is its /64 network, because one host may use all addresses in it. Connections
    from `trusted` proxies count only in total.
    """

    def __init__(self, most: int, most_per_client: int, trusted: Sequence[Network]) -> None:
        self._most = most
        self._most_per_client = most_per_client
        self._trusted = trusted
        self._client = lru_cache(1_024)(self._find_client)
        self._by_client: Counter[str] = Counter()
        self._idle: dict[Idle, str] = {}  # with their clients, by the time since when

    def open(self, address: str) -> str | None:
        """Count a connection. Returns why it must be refused, or None."""
        client = self._client(address)
        total, of_client = self._by_client.total(), self._by_client[client]
        self._by_client[client] += 1
        if client and of_client >= self._most_per_client:
            if not self._close_idle(client):
                most = self._most_per_client
                return f"{client} has {most} connections, the limit for one address."
        elif total >= self._most and not self._close_idle(None):
            return f"The api has {self._most} connections, its limit."
        return None

    def begin_idle(self, connection: Idle, address: str) -> None:
        """The connection waits for a request."""
        self._idle[connection] = self._client(address)

    def end_idle(self, connection: Idle) -> None:
        """A request arrives, or the connection is closed."""
        self._idle.pop(connection, None)

    def _close_idle(self, client: str | None) -> bool:
        """Close the connection, of `client` if given, that has been idle longest, if any is."""
        for connection, of in self._idle.items():
            if client is None or of == client:
                del self._idle[connection]
                connection.close_idle()
                return True
        return False

    def close(self, address: str) -> None:
        client = self._client(address)
        self._by_client[client] -= 1
        if self._by_client[client] <= 0:
            del self._by_client[client]

    def _find_client(self, address: str) -> str:
        """The client to count for, or an empty string for one without a limit of its own."""
        try:
            parsed = ip_address(address)
        except ValueError:
            return ""
        if isinstance(parsed, IPv6Address):
            parsed = parsed.ipv4_mapped or parsed
        if is_trusted(parsed, self._trusted):
            return ""
        return holder_of(parsed)
