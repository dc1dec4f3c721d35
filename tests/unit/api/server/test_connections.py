"""Which connections are admitted."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from api.server.connections import Connections

PROXIES = (ip_network("10.0.0.0/8"),)


def admitted(connections: Connections, *addresses: str) -> list[bool]:
    return [connections.open(address) is None for address in addresses]


def test_each_client_has_a_limit() -> None:
    connections = Connections(99, 2, ())
    assert admitted(connections, *["192.0.2.1"] * 3, "192.0.2.2") == [True, True, False, True]
    connections.close("192.0.2.1")
    connections.close("192.0.2.1")
    assert admitted(connections, "192.0.2.1") == [True]


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
    ],
)
def test_an_ipv6_client_is_its_network(first: str, second: str, *, same: bool) -> None:
    connections = Connections(99, 1, ())
    assert admitted(connections, first, second) == [True, not same]


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3", ""])
def test_trusted_proxies_and_local_sockets_count_only_in_total(address: str) -> None:
    connections = Connections(3, 1, PROXIES)
    assert admitted(connections, *[address] * 4) == [True, True, True, False]


class Kept:
    """A connection that is kept between two requests, of an address."""

    def __init__(self, connections: Connections, address: str) -> None:
        self.closed = False
        self.end = lambda: connections.close(address)
        assert connections.open(address) is None
        connections.begin_idle(self, address)

    def close_idle(self) -> None:
        self.closed = True
        self.end()


def test_at_a_limit_the_connection_that_has_been_idle_longest_makes_room() -> None:
    connections = Connections(3, 2, ())
    other = Kept(connections, "192.0.2.2")
    first, second = (Kept(connections, "192.0.2.1") for _ in range(2))
    connections.end_idle(first)
    connections.begin_idle(first, "192.0.2.1")
    assert admitted(connections, "192.0.2.1") == [True]
    assert [one.closed for one in (other, first, second)] == [False, False, True]
    assert admitted(connections, "192.0.2.3") == [True]
    assert [one.closed for one in (other, first)] == [True, False]
    connections.end_idle(first)
    assert admitted(connections, "192.0.2.3", "192.0.2.1") == [False, False]


def test_closed_connections_leave_nothing() -> None:
    connections = Connections(2, 2, ())
    for number in range(50):
        address = f"192.0.2.{number}"
        assert admitted(connections, address) == [True]
        connections.close(address)
    assert not connections._by_client
    assert not connections._idle
