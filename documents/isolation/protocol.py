"""The messages between a pool and its processes: a length and so many bytes."""

from __future__ import annotations

import socket
import struct

LENGTH = struct.Struct(">Q")
# What a server says when a process has exited: its status, or the negative number of a signal.
EXIT_STATUS = struct.Struct(">i")
OUT_OF_MEMORY = "out-of-memory"
BROKEN = "broken"
NO_FILE = "no-file"
TOO_LARGE = "too-large"
# A server says first whether its processes have a network.
ONLINE, OFFLINE = b"online", b"offline"


def send(connection: socket.socket, message: bytes) -> None:
    connection.sendall(LENGTH.pack(len(message)) + message)


def receive_with_descriptor(connection: socket.socket) -> tuple[bytes | None, int | None]:
    """The next message, and the file descriptor that came with its length, if any."""
    head, descriptors, *_ = socket.recv_fds(connection, LENGTH.size, 1)
    descriptor = descriptors[0] if descriptors else None
    if not head:
        return None, descriptor
    rest = _receive_exactly(connection, LENGTH.size - len(head))
    if rest is None:
        return None, descriptor
    return _receive_exactly(connection, LENGTH.unpack(head + rest)[0]), descriptor


def receive(connection: socket.socket) -> bytes | None:
    """The next message; None when the other end is closed."""
    head = _receive_exactly(connection, LENGTH.size)
    return None if head is None else _receive_exactly(connection, LENGTH.unpack(head)[0])


def _receive_exactly(connection: socket.socket, length: int) -> bytes | None:
    data = bytearray(length)
    rest = memoryview(data)
    while rest:
        count = connection.recv_into(rest)
        if not count:
            return None
        rest = rest[count:]
    return bytes(data)
