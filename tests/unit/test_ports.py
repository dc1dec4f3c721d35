"""Ports for the servers of tests."""

from __future__ import annotations

import socket

import pytest

from standin.ports import reserved_port


def test_a_reserved_port_is_for_one_server_only() -> None:
    port = reserved_port()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", port))
    with (
        socket.create_server(("127.0.0.1", port)) as server,
        socket.create_connection(("127.0.0.1", port)),
    ):
        server.accept()[0].close()
    with socket.create_server(("127.0.0.1", port)):  # it may be started again
        pass


def test_no_two_reserved_ports_are_the_same() -> None:
    assert len({reserved_port() for _ in range(100)}) == 100
