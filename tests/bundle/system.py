"""The installed system and the stand-in engine as processes, for the test without a network."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

READY_SECONDS = 240.0
STOP_SECONDS = 90.0


class Engine:
    """The stand-in engine at `url`."""

    def __init__(self, url: str) -> None:
        self.url = url

    def set_mode(self, mode: str) -> None:
        answer = httpx.post(
            f"{self.url}/_control", json={"mode": mode}, trust_env=False, timeout=30
        )
        answer.raise_for_status()

    def running(self) -> int:
        counts = httpx.get(f"{self.url}/_counts", trust_env=False, timeout=30).json()
        return int(counts["running"])


@contextmanager
def stand_in() -> Iterator[Engine]:
    command = (sys.executable, "-m", "standin.engine")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Engine(str(process.stdout.readline()).split()[1])
        finally:
            process.terminate()


class Installation:
    """The folder `root` of an installation, with its commands."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.port, self.flower_port = free_ports(2)
        self.api_url = f"http://127.0.0.1:{self.port}"

    def command(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = (str(self.root / "bin" / name), *arguments)
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def create_department(self, name: str) -> dict[str, Any]:
        done = self.command("chancery", "department", "create", name, "--json")
        assert done.returncode == 0, done.stderr
        created: dict[str, Any] = json.loads(done.stdout)
        return created

    @contextmanager
    def up(self) -> Iterator[int]:
        """Run `chancery up`; yields its pid when it is ready, and stops it with SIGTERM."""
        ports = ("--port", str(self.port), "--flower-port", str(self.flower_port))
        process = subprocess.Popen(
            (str(self.root / "bin" / "chancery"), "up", *ports),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        ready = threading.Event()
        relay = threading.Thread(target=_relay, args=(process, ready), daemon=True)
        relay.start()
        try:
            until(lambda: ready.is_set() or process.poll() is not None, READY_SECONDS)
            assert process.poll() is None, f"the system ended with status {process.returncode}"
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
            relay.join(5)


def _relay(process: subprocess.Popen[str], ready: threading.Event) -> None:
    for line in process.stdout or ():
        print(f"  {line.rstrip()}", flush=True)
        if line.startswith("ready"):
            ready.set()


def release_of(pid: int) -> str:
    """The release whose Python the process `pid` runs."""
    command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].decode()
    return Path(command).parents[2].name


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def until(condition: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.1)


def free_ports(number: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def is_root() -> bool:
    return os.getuid() == 0
