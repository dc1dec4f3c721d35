"""A snapshot of a Redis server's data at one moment, while it runs.

It is fetched as a replica fetches it (`SYNC`): the server forks, and sends its data in the format
of its own files. The answer begins with `$LENGTH`, or, for data that goes from the server's memory
to the network and not through its disk, with `$EOF:` and 40 bytes that end the data.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from redis import Redis
from redis.exceptions import NoPermissionError, RedisError
from redis.sentinel import Sentinel

from jobs.ledger.server.format import KEY as LEDGER_FORMAT
from jobs.ledger.server.sentinels import sentinel_options
from jobs.process.settings import RedisSettings

_PIECE_BYTES = 1024 * 1024
_MARK_BYTES = 40
_HEADER_BYTES = 128
# The longest silence: a server that forks with much memory, or that rewrites its file, sends a line
# feed every ten seconds.
_SILENCE_SECONDS = 120.0

_Sentinel: Any = Sentinel  # it has no types
Receive = Callable[[int], bytes]


class SnapshotRefused(Exception):
    """The server may not be copied by this user."""


class SnapshotFailed(Exception):
    """The server did not send all its data."""


def write_snapshot(settings: RedisSettings, file: BinaryIO) -> int:
    """Write all data of the server to `file`, in its RDB format. Blocking.

    Returns the format in which the ledger is kept there, or a later one, if a newer release
    changed it meanwhile.

    Raises `SnapshotRefused`, `SnapshotFailed`, and `OSError` if `file` cannot be written.
    """
    try:
        redis = _client(settings)
        with closing(redis):
            connection: Any = redis.connection_pool.get_connection()
            try:
                connection.send_command("REPLCONF", "capa", "eof")
                connection.read_response()
                connection.send_command("SYNC")
                receive_snapshot(_receiver(connection), file)
            finally:
                # The server goes on sending what is written to it.
                connection.disconnect()
            found: Any = redis.get(LEDGER_FORMAT)
            return int(found or 0)
    except NoPermissionError as error:
        raise SnapshotRefused(str(error)) from error
    except RedisError as error:
        raise SnapshotFailed(str(error)) from error


def receive_snapshot(receive: Receive, file: BinaryIO) -> None:
    """Write the data that the server sends after `SYNC` to `file`."""
    header = _header(receive)
    if header.startswith(b"-NOPERM"):
        raise SnapshotRefused(header.decode(errors="replace").removeprefix("-"))
    if header.startswith(b"$EOF:") and len(header) == len(b"$EOF:") + _MARK_BYTES:
        _until_mark(receive, header[-_MARK_BYTES:], file)
    elif header.startswith(b"$") and header[1:].isdigit():
        _of_length(receive, int(header[1:]), file)
    else:
        raise SnapshotFailed(header.decode(errors="replace").removeprefix("-"))


def _client(settings: RedisSettings) -> Redis:
    options: dict[str, Any] = {"socket_connect_timeout": 5, "socket_timeout": _SILENCE_SECONDS}
    url = settings.full_url()
    if settings.sentinels:
        sentinel: Any = _Sentinel(
            settings.sentinel_addresses(), sentinel_kwargs=sentinel_options(settings)
        )
        host, port = sentinel.discover_master(settings.group)
        parts = urlsplit(url)
        user, mark, _ = parts.netloc.rpartition("@")
        url = parts._replace(netloc=f"{user}{mark}{host}:{port}").geturl()
    client: Redis = Redis.from_url(url, **options, **settings.tls())
    return client


def _receiver(connection: Any) -> Receive:
    socket = connection._sock  # noqa: SLF001 - redis-py has no call for answers in pieces

    def receive(most: int) -> bytes:
        try:
            data: bytes = socket.recv(most)
        except OSError as error:
            raise SnapshotFailed(str(error) or "no answer") from error
        if not data:
            raise SnapshotFailed("the connection was closed")
        return data

    return receive


def _header(receive: Receive) -> bytes:
    """The first line that is not empty. Its bytes are read one by one: data may follow."""
    line = b""
    while len(line) < _HEADER_BYTES:
        byte = receive(1)
        if byte != b"\n":
            line += byte
        elif line.strip():
            return line.strip()
    return line


def _of_length(receive: Receive, length: int, file: BinaryIO) -> None:
    while length:
        piece = receive(min(length, _PIECE_BYTES))
        file.write(piece)
        length -= len(piece)


def _until_mark(receive: Receive, mark: bytes, file: BinaryIO) -> None:
    """What follows the mark are later commands, which a replica would run."""
    held = b""
    while True:
        held += receive(_PIECE_BYTES)
        end = held.find(mark)
        if end >= 0:
            file.write(held[:end])
            return
        file.write(held[:-_MARK_BYTES])
        held = held[-_MARK_BYTES:]
