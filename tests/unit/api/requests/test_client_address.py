"""Whose address a request has, with and without trusted proxies."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from pydantic import ValidationError

from api.requests.client_address import client_address
from jobs.process.settings import ApiSettings

TRUSTED = (ip_network("10.0.0.1/32"), ip_network("fd00::/8"))


def address(peer: str | None, *forwarded: str) -> str:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    scope = {"client": (peer, 4711) if peer else None, "headers": headers}
    return client_address(scope, TRUSTED)


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("192.0.2.9", (), "192.0.2.9"),
        ("192.0.2.9", ("198.51.100.7",), "192.0.2.9"),
        ("10.0.0.1", ("198.51.100.7",), "198.51.100.7"),
        ("10.0.0.1", ("203.0.113.5, 198.51.100.7",), "198.51.100.7"),
        ("10.0.0.1", ("203.0.113.5", "198.51.100.7, 10.0.0.1"), "198.51.100.7"),
        ("10.0.0.1", ("198.51.100.7:5123",), "198.51.100.7"),
        ("10.0.0.1", ("[2001:db8::7]:5123",), "2001:db8::7"),
        ("10.0.0.1", ("198.51.100.7, nonsense",), "10.0.0.1"),
        ("10.0.0.1", (), "10.0.0.1"),
        ("::ffff:10.0.0.1", ("198.51.100.7",), "198.51.100.7"),
        ("fd00::1", ("::ffff:198.51.100.7",), "198.51.100.7"),
        (None, ("198.51.100.7",), "unknown"),
    ],
)
def test_only_what_trusted_proxies_added_is_believed(
    peer: str | None, forwarded: tuple[str, ...], expected: str
) -> None:
    assert address(peer, *forwarded) == expected


@pytest.mark.parametrize("text", ["10.0.0.1, fd00::/8", '["10.0.0.1", "fd00::/8"]'])
def test_trusted_proxies_are_a_list_of_networks(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHANCERY_API_TRUSTED_PROXIES", text)
    assert ApiSettings().trusted_proxies == TRUSTED


def test_a_trusted_proxy_that_is_no_network_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHANCERY_API_TRUSTED_PROXIES", "10.0.0.1, proxy.intranet")
    with pytest.raises(ValidationError, match=r"proxy\.intranet"):
        ApiSettings()
