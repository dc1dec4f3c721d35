"""Counts open connections: in total, and for each client address."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from ipaddress import IPv6Address, ip_address

from api.client_address import holder_of, is_trusted
from jobs.process.settings import Network


class Connections:
    """Admits connections up to a number in total and for each client.

    An IPv6 client is its /64 network, because one host may use all addresses in it. Connections
    from `trusted` proxies count only in total.
    """

    def __init__(self, most: int, most_per_client: int, trusted: Sequence[Network]) -> None:
        self._most = most
        self._most_per_client = most_per_client
        self._trusted = trusted
        self._by_client: Counter[str] = Counter()

    def open(self, address: str) -> str | None:
        """Count a connection. Returns why it must be refused, or None."""
        client = self._client(address)
        total, of_client = self._by_client.total(), self._by_client[client]
        self._by_client[client] += 1
        if total >= self._most:
            return f"The api has {self._most} connections, its limit."
        if client and of_client >= self._most_per_client:
            return f"{client} has {self._most_per_client} connections, the limit for one address."
        return None

    def close(self, address: str) -> None:
        client = self._client(address)
        self._by_client[client] -= 1
        if self._by_client[client] <= 0:
            del self._by_client[client]

    def _client(self, address: str) -> str:
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
