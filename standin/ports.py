"""Ports for servers that tests and measurements start."""

from __future__ import annotations

import os
import socket
from collections import deque

# Servers have been started long before so many other ports are asked for.
HELD = 128
_held: deque[int] = deque()


def reserved_port(host: str = "127.0.0.1") -> int:
    """A port that no other process gets from the kernel before a server listens on it.

    This process holds it with a socket that does not listen. Servers that set `SO_REUSEADDR`, as
    all common ones do, can listen on it; connections are refused until one does. It is held until
    `HELD` others were asked for.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind((host, 0))
        port = int(holder.getsockname()[1])
        _held.append(holder.detach())
    if len(_held) > HELD:
        os.close(_held.popleft())
    return port
