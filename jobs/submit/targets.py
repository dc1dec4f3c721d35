"""Callback targets: a department's allow-list, and addresses that no list can allow.

On an intranet all receivers have private addresses, so private ranges cannot be refused. The
department's list of hosts, addresses and ports decides.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from jobs.model.department import Department
from jobs.model.problems import ProblemError

Address = IPv4Address | IPv6Address
_MOST_NAMED = 10
_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"\w[\w.-]*")
_HOST_AND_PORT = re.compile(r"(\w[\w.-]*|\[[0-9A-Fa-f:.]+\])(:[0-9]+)?")
# Metadata services of clouds, which return credentials; 169.254.169.254 is link-local.
_METADATA_SERVICES = frozenset(
    ip_address(text)
    for text in ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254")
)


@dataclass(frozen=True, slots=True)
class AllowEntry:
    """`HOST`, `ADDRESS` or `CIDR`, each optionally with `:PORT`; IPv6 addresses in brackets.

    Either `host` or `network` is set. `port` None allows every port.
    """

    host: str | None
    network: IPv4Network | IPv6Network | None
    port: int | None

    @classmethod
    def parse(cls, text: str) -> AllowEntry:
        """Raises `ValueError` if `text` is not an entry."""
        name, port = _split_port(text.strip())
        try:
            block = name[1:-1] if name.startswith("[") and name.endswith("]") else name
            return cls(None, ip_network(block, strict=False), port)
        except ValueError:
            if not _HOST.fullmatch(name):
                raise ValueError(f"{text!r} is not a host, an address or a CIDR block") from None
        return cls(_folded(name), None, port)


@dataclass(frozen=True, slots=True)
class Target:
    """A parsed callback URL. `host` is in lower case; `port` has the scheme's default."""

    url: str
    scheme: str
    host: str
    port: int


class AllowList:
    """Use `allow_list` for a department's, which are checked at each submission and delivery."""

    def __init__(self, entries: Iterable[str]) -> None:
        self.entries = tuple(entries)
        self._entries = [AllowEntry.parse(entry) for entry in self.entries]

    def contains(self, target: Target) -> bool:
        """Whether the list has the target's host, by its name or its literal address."""
        address = literal(target.host)
        if address is not None:
            return self._in_network(plain(address), target.port)
        return any(
            entry.host == target.host and _port_fits(entry, target.port) for entry in self._entries
        )

    def admits(self, target: Target, addresses: Sequence[Address]) -> bool:
        """Whether a delivery to `target` may connect to all of `addresses`, to which it resolves.

        A loopback address needs `localhost` both on the list and in the URL, or a literal loopback
        address in the URL and a loopback network on the list.
        """
        contained = self.contains(target)
        return bool(addresses) and all(
            self._admits(target, plain(address), contained=contained) for address in addresses
        )

    def _admits(self, target: Target, address: Address, *, contained: bool) -> bool:
        if address.is_loopback:
            if literal(target.host) is None:
                return contained and target.host == "localhost"
            return self._in_network(address, target.port, loopback=True)
        return not _is_forbidden(address) and (contained or self._in_network(address, target.port))

    def _in_network(self, address: Address, port: int, *, loopback: bool = False) -> bool:
        return any(
            entry.network is not None
            and address in entry.network
            and _port_fits(entry, port)
            and (entry.network.is_loopback or not loopback)
            for entry in self._entries
        )


@lru_cache(maxsize=1_024)
def allow_list(entries: tuple[str, ...]) -> AllowList:
    """Raises `ValueError` if one of them is not an entry."""
    return AllowList(entries)


@lru_cache(maxsize=1_024)
def parse_target(url: str) -> Target:
    """Parse a callback URL. Raises `ProblemError("callback-not-allowed")`."""
    if any(ord(char) <= 32 or ord(char) == 127 or char == "\\" for char in url):
        raise _malformed("has characters that are not allowed in a URL")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _malformed("is not a URL") from error
    if parts.scheme not in _PORTS:
        raise _malformed("must begin with http:// or https://")
    if parts.username is not None or parts.password is not None:
        raise _malformed("must not contain a user name or password")
    if not _HOST_AND_PORT.fullmatch(parts.netloc) or port == 0:
        raise _malformed("has no valid host and port")
    host = _folded(parts.hostname or "")
    return Target(url, parts.scheme, host, port or _PORTS[parts.scheme])


def check_target(url: str, allow: AllowList, addresses: Sequence[Address]) -> Target:
    """The target of `url` if the list admits it with all its `addresses`.

    Raises `ProblemError("callback-not-allowed")`.
    """
    target = parse_target(url)
    if not addresses:
        raise _not_allowed("has a host name that cannot be resolved", allow)
    if not allow.admits(target, addresses):
        raise _not_allowed("is not on the department's allow-list", allow)
    return target


async def resolve(target: Target) -> Sequence[Address]:
    """All addresses of the target's host; empty if it cannot be resolved."""
    address = literal(target.host)
    if address is not None:  # a look-up takes a thread
        return (address,)
    loop = asyncio.get_running_loop()
    try:
        results = await loop.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # UnicodeError: a label of the name is too long
        return ()
    return [
        address
        for *_, socket_address in results
        if (address := literal(str(socket_address[0]))) is not None
    ]


async def check_callback(department: Department, callback_url: str | None) -> None:
    """Raises `ProblemError`: `callback-not-allowed`."""
    if callback_url is None:
        return
    allow = allow_list(department.callback_allow)
    target = parse_target(callback_url)
    if literal(target.host) is not None or not allow.contains(target):
        # An address, or a name in an allowed network; the courier checks again at each delivery.
        check_target(callback_url, allow, await resolve(target))


@lru_cache(maxsize=1_024)
def literal(host: str) -> Address | None:
    """The address if `host` is a literal address; None for a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def plain(address: Address) -> Address:
    """The IPv4 address embedded in an IPv6 address (mapped or 6to4), or else the address itself."""
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or address.sixtofour or address
    return address


def _is_forbidden(address: Address) -> bool:
    return (
        address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or address.is_reserved
        or address in _METADATA_SERVICES
    )


def _port_fits(entry: AllowEntry, port: int) -> bool:
    return entry.port in (None, port)


def _split_port(text: str) -> tuple[str, int | None]:
    name, colon, port = text.rpartition(":")
    if not colon or (":" in name and not name.endswith("]")) or name.endswith(":"):
        return text, None
    if not port.isdigit() or not 0 < int(port) < 65_536:
        raise ValueError(f"{text!r}: the port must be a number from 1 to 65535")
    return name, int(port)


def _folded(host: str) -> str:
    return host.rstrip(".").lower()


def _malformed(why: str) -> ProblemError:
    return ProblemError(
        "callback-not-allowed",
        f"The callback URL {why}. Example: http://oa.tax.intranet/hooks/chancery",
    )


def _not_allowed(why: str, allow: AllowList) -> ProblemError:
    allowed = ", ".join(allow.entries[:_MOST_NAMED]) or "nothing"
    if len(allow.entries) > _MOST_NAMED:
        allowed += f" and {len(allow.entries) - _MOST_NAMED} more"
    return ProblemError(
        "callback-not-allowed",
        f"The callback URL {why}. Callbacks of the department are allowed to {allowed}. Ask the "
        "operators to add its host with `chancery department allow`.",
        allowed=list(allow.entries),
    )
