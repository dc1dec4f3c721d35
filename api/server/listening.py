"""Sockets of a port that several api processes listen on; the kernel spreads connections."""

from __future__ import annotations

import socket
from collections.abc import Sequence


def shared_sockets(host: str, port: int) -> Sequence[socket.socket]:
    """A socket for each address of `host`, all with SO_REUSEPORT. Raises `OSError`."""
    sockets = []
    for family, kind, protocol, _, address in socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    ):
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:  # as asyncio does: IPv4 has a socket of its own
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind(address)
        sockets.append(listening)
    return sockets
