"""The address of a request's sender, behind the reverse proxies that the settings trust."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from jobs.process.settings import Network

Address = IPv4Address | IPv6Address
UNKNOWN = "unknown"
_IPV6_PREFIX = 64


def client_address(scope: Any, trusted: Sequence[Network]) -> str:
    """The address that sent the request of an ASGI `scope`; `unknown` if the server has none.

    If the connection comes from a trusted proxy, it is the last address in `X-Forwarded-For` that
    is not itself trusted: everything before that one was written by the sender. An IPv4 address
    embedded in IPv6 is given as IPv4.
    """
    client = scope.get("client")
    peer = _parsed(client[0]) if client else None
    if peer is None:
        return UNKNOWN
    if not is_trusted(peer, trusted):
        return str(peer)
    for text in reversed(_forwarded(scope)):
        address = _parsed(text)
        if address is None:
            break
        peer = address
        if not is_trusted(address, trusted):
            break
    return str(peer)


def is_trusted(address: Address, trusted: Sequence[Network]) -> bool:
    return any(address in network for network in trusted)


def holder_of(address: Address) -> str:
    """What one sender holds alone: an IPv4 address, or the /64 network of an IPv6 address."""
    if isinstance(address, IPv6Address):
        return str(ip_network((address, _IPV6_PREFIX), strict=False))
    return str(address)


def _forwarded(scope: Any) -> Sequence[str]:
    values = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    return [part for value in values for part in value.decode("latin-1").split(",")]


@lru_cache(maxsize=1_024)
def _parsed(text: str) -> Address | None:
    """An address, optionally with a port, as some proxies write it."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
