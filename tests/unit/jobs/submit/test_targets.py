"""Which callback targets are allowed."""

from __future__ import annotations

import asyncio
from ipaddress import IPv4Network, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.model.problems import ProblemError
from jobs.submit.targets import (
    Address,
    AllowEntry,
    AllowList,
    check_target,
    parse_target,
    plain,
    resolve,
)


def admits(url: str, allow: str, *addresses: str) -> bool:
    """Whether a URL passes, given one entry of an allow-list and what its host resolves to."""
    try:
        check_target(url, AllowList([allow]), [ip_address(address) for address in addresses])
    except ProblemError:
        return False
    return True


@pytest.mark.parametrize(
    ("url", "allow", "address"),
    [
        ("http://oa.tax.intranet/hook", "oa.tax.intranet", "10.0.0.5"),
        ("http://OA.Tax.Intranet/hook", "oa.tax.intranet", "10.0.0.5"),
        ("http://oa.tax.intranet./hook", "OA.tax.intranet", "10.0.0.5"),
        ("http://oa.tax.intranet:8080/", "oa.tax.intranet:8080", "10.0.0.5"),
        ("http://oa.tax.intranet/", "oa.tax.intranet:80", "10.0.0.5"),
        ("https://oa.tax.intranet/", "oa.tax.intranet:443", "10.0.0.5"),
        ("http://10.0.0.5:8080/", "10.0.0.5", "10.0.0.5"),
        ("http://10.0.0.5/", "10.0.0.0/8", "10.0.0.5"),
        ("http://10.0.0.5:8080/", "10.0.0.0/8:8080", "10.0.0.5"),
        ("http://oa.tax.intranet/", "10.0.0.0/8", "10.0.0.5"),
        ("http://167772165/", "10.0.0.0/8", "10.0.0.5"),
        ("http://[fd00::5]:8080/", "fd00::/8", "fd00::5"),
        ("http://[fd00::5]:8080/", "[fd00::/8]:8080", "fd00::5"),
        ("http://[fd00::5]/", "[fd00::5]", "fd00::5"),
        ("http://[::ffff:10.0.0.5]/", "10.0.0.0/8", "::ffff:10.0.0.5"),
        ("http://税务.example/", "税务.example", "10.0.0.5"),
        ("http://127.0.0.1:9000/", "127.0.0.1:9000", "127.0.0.1"),
        ("http://127.0.0.1:9000/", "127.0.0.0/8", "127.0.0.1"),
        ("http://[::1]:9000/", "[::1]:9000", "::1"),
        ("http://localhost:9000/", "localhost", "127.0.0.1"),
        ("http://localhost:9000/", "localhost:9000", "::1"),
    ],
)
def test_a_target_on_the_list_is_admitted(url: str, allow: str, address: str) -> None:
    assert admits(url, allow, address)


@pytest.mark.parametrize(
    ("url", "allow", "address"),
    [
        ("http://oa.tax.intranet:8081/", "oa.tax.intranet:8080", "10.0.0.5"),
        ("https://oa.tax.intranet/", "oa.tax.intranet:80", "10.0.0.5"),
        ("http://10.0.0.5:81/", "10.0.0.0/8:80", "10.0.0.5"),
        ("http://11.0.0.5/", "10.0.0.0/8", "11.0.0.5"),
        ("http://oa.tax.intranet/", "tax.intranet", "10.0.0.5"),
        ("http://oa.tax.intranet.evil.example/", "oa.tax.intranet", "10.0.0.5"),
        ("http://[fd00::5]/", "fd01::/16", "fd00::5"),
    ],
)
def test_a_target_that_is_not_on_the_list_is_refused(url: str, allow: str, address: str) -> None:
    assert not admits(url, allow, address)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://127.0.0.1/", "127.0.0.1"),
        ("http://127.1/", "127.0.0.1"),
        ("http://2130706433/", "127.0.0.1"),
        ("http://0177.0.0.1/", "127.0.0.1"),
        ("http://0x7f.0.0.1/", "127.0.0.1"),
        ("http://[::1]/", "::1"),
        ("http://[::ffff:127.0.0.1]/", "::ffff:127.0.0.1"),
        ("http://localhost/", "127.0.0.1"),
        ("http://inside.tax.intranet/", "127.0.0.1"),
        ("http://inside.tax.intranet/", "::ffff:127.0.0.1"),
    ],
)
@pytest.mark.parametrize("allow", ["0.0.0.0/0", "::/0", "inside.tax.intranet", "127.1"])
def test_loopback_needs_its_own_name_on_the_list(url: str, allow: str, address: str) -> None:
    assert not admits(url, allow, address)


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",  # link-local, and where most clouds keep credentials
        "::ffff:169.254.169.254",
        "2002:a9fe:a9fe::",  # the same in 6to4
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "fd00:ec2::254",
        "fe80::1",
        "0.0.0.0",
        "::",
        "224.0.0.1",
        "ff02::1",
        "255.255.255.255",
        "240.0.0.1",
        "64:ff9b::a9fe:a9fe",
    ],
)
@pytest.mark.parametrize("allow", ["name.intranet", "0.0.0.0/0", "::/0", "169.254.0.0/16"])
def test_link_local_metadata_and_special_addresses_are_never_admitted(
    allow: str, address: str
) -> None:
    host = f"[{address}]" if ":" in address else address
    assert not admits("http://name.intranet/", allow, address)
    assert not admits(f"http://{host}/", allow, address)


def test_every_address_of_a_host_must_pass() -> None:
    url, allow = "http://oa.tax.intranet/", "10.0.0.0/8"
    assert admits(url, allow, "10.0.0.5", "10.0.0.6")
    assert not admits(url, allow, "10.0.0.5", "11.0.0.6")
    assert not admits(url, "oa.tax.intranet", "10.0.0.5", "127.0.0.1")
    assert admits("http://localhost/", "localhost", "127.0.0.1", "::1")


async def test_a_literal_address_is_not_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    # A look-up takes a thread, at each submission and delivery.
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", None)
    for url, address in (("http://127.0.0.1:9000/", "127.0.0.1"), ("http://[::1]/", "::1")):
        assert list(await resolve(parse_target(url))) == [ip_address(address)]


def test_a_host_without_an_address_is_refused() -> None:
    assert not admits("http://oa.tax.intranet/", "oa.tax.intranet")


@pytest.mark.parametrize(
    "url",
    [
        "oa.tax.intranet/hook",
        "ftp://oa.tax.intranet/",
        "file:///etc/passwd",
        "gopher://oa.tax.intranet/",
        "http:///hook",
        "http://:80/",
        "http://./",
        "http://user@oa.tax.intranet/",
        "http://user:word@oa.tax.intranet/",
        "http://@oa.tax.intranet/",
        "http://oa.tax.intranet@evil.example/",
        "http://oa.tax.intranet\\@evil.example/",
        "http:\\\\oa.tax.intranet/",
        "http://oa.tax.intranet/a b",
        "http://oa.tax.intranet/\r\nX-Evil: 1",
        "http://oa.tax\t.intranet/",
        " http://oa.tax.intranet/",
        "http://oa.tax.intranet/\x00",
        "http://oa.tax.intranet/\x7f",
        "http://oa.tax.intranet:99999/",
        "http://oa.tax.intranet:0/",
        "http://oa.tax.intranet:-1/",
        "http://oa.tax.intranet:8O/",
        "http://[::1/",
        "http://[::1]x/",
        "http://oa%2etax.intranet/",
        "http://*.tax.intranet/",
        "http://oa,tax.intranet/",
    ],
)
def test_an_unusual_or_invalid_url_is_refused(url: str) -> None:
    with pytest.raises(ProblemError) as raised:
        parse_target(url)
    assert raised.value.problem.code == "callback-not-allowed"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        ":80",
        "host:",
        "host:0",
        "host:65536",
        "host:http",
        "http://host",
        "host/path",
        "user@host",
        "10.0.0.0/33",
        "*.tax.intranet",
        "fd00::/8:443",
        "[fd00::",
        "two hosts",
        "...",
    ],
)
def test_an_invalid_entry_is_refused_when_it_is_parsed(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a host|port must be"):
        AllowEntry.parse(text)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_embedded_in_ipv6_is_checked_as_ipv4(address: Address) -> None:
    number = int(address)
    mapped = IPv6Address((0xFFFF << 32) | number)
    spelled = [str(address), f"[{mapped}]"]
    for allow in ("10.0.0.0/8", "0.0.0.0/0", "127.0.0.0/8"):
        answers = {admits(f"http://{host}/", allow, str(address)) for host in spelled}
        answers |= (
            {admits(f"http://{number}/", allow, str(mapped))} if number >> 24 != 127 else set()
        )
        assert len(answers) == 1


@given(st.ip_addresses(), st.sampled_from(["0.0.0.0/0", "::/0", "oa.intranet"]))
def test_a_list_of_all_addresses_admits_no_special_address(address: Address, allow: str) -> None:
    if admits("http://oa.intranet/", allow, str(address)):
        inner = plain(address)
        assert not inner.is_loopback
        assert not inner.is_link_local
        assert not inner.is_multicast
        assert not inner.is_unspecified


@given(st.integers(0, 2**32 - 1), st.integers(0, 32))
def test_a_block_admits_its_own_addresses_only(number: int, bits: int) -> None:
    address = ip_address(number)
    block = IPv4Network(("10.0.0.0", bits), strict=False)
    if admits(f"http://{address}/", str(block), str(address)):
        assert address in block


@given(st.text(max_size=40))
def test_any_text_is_a_target_or_is_refused(text: str) -> None:
    for url in (text, f"http://{text}", f"http://oa.intranet:{text}/", f"http://[{text}]/"):
        try:
            target = parse_target(url)
        except ProblemError:
            continue
        else:
            assert target.host
            assert 0 < target.port < 65_536
            assert target.host == target.host.lower().rstrip(".")


@given(st.text(max_size=40))
def test_any_text_is_an_entry_or_a_value_error(text: str) -> None:
    try:
        entry = AllowEntry.parse(text)
    except ValueError:
        return
    assert (entry.host is None) != (entry.network is None)
