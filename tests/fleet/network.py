"""Machines as network namespaces on one bridge, in a network namespace of the tests' own."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

BRIDGE = "fleet"
NETWORK = "10.91.0"
# The address of the tests themselves: the receiver, the store and the departments' requests.
HERE = f"{NETWORK}.1"
START_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Host:
    """A machine. `holder` is a process that keeps its namespace open."""

    name: str
    address: str
    holder: subprocess.Popen[bytes]

    @property
    def enter(self) -> Sequence[str]:
        """The beginning of a command line that runs on this machine; the process id stays."""
        return ("nsenter", f"--net=/proc/{self.holder.pid}/ns/net")

    def unplug(self) -> None:
        """Take the link down: packets are lost both ways, and no connection is closed."""
        _ip("link", "set", self.name, "down")

    def plug(self) -> None:
        _ip("link", "set", self.name, "up")


@contextmanager
def network(names: Sequence[str]) -> Iterator[dict[str, Host]]:
    """Machines with these names, which reach each other and `HERE`.

    Raises `RuntimeError` outside a network namespace without other interfaces: what is made here
    ends with that namespace, even if this process is killed.
    """
    if [name for _, name in socket.if_nameindex()] != ["lo"]:
        raise RuntimeError("these tests need a network namespace of their own: make fleet-test")
    holders: list[subprocess.Popen[bytes]] = []
    try:
        _ip("link", "set", "lo", "up")
        _ip("link", "add", BRIDGE, "type", "bridge")
        _ip("addr", "add", f"{HERE}/24", "dev", BRIDGE)
        _ip("link", "set", BRIDGE, "up")
        hosts = {}
        for number, name in enumerate(names, 11):
            holders.append(_new_namespace())
            hosts[name] = _connected(Host(name, f"{NETWORK}.{number}", holders[-1]))
        yield hosts
    finally:
        for holder in holders:
            holder.kill()
            holder.wait(START_SECONDS)
        subprocess.run(("ip", "link", "del", BRIDGE), check=False, capture_output=True)


def _new_namespace() -> subprocess.Popen[bytes]:
    holder = subprocess.Popen(("unshare", "--net", "sleep", "infinity"))
    here, there = (Path(f"/proc/{pid}/ns/net") for pid in ("self", holder.pid))
    deadline = time.monotonic() + START_SECONDS
    while there.readlink() == here.readlink():
        assert holder.poll() is None, "unshare --net failed"
        assert time.monotonic() < deadline, "unshare --net took too long"
        time.sleep(0.005)
    return holder


def _connected(host: Host) -> Host:
    peer = ("peer", "name", "eth0", "netns", str(host.holder.pid))
    _ip("link", "add", host.name, "type", "veth", *peer)
    _ip("link", "set", host.name, "master", BRIDGE)
    for command in (
        ("link", "set", "lo", "up"),
        ("addr", "add", f"{host.address}/24", "dev", "eth0"),
        ("link", "set", "eth0", "up"),
    ):
        subprocess.run((*host.enter, "ip", *command), check=True)
    host.plug()
    return host


def _ip(*arguments: str) -> None:
    subprocess.run(("ip", *arguments), check=True)
