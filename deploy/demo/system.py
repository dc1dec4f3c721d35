"""Runs `chancery up` for the demo, in its own data folder, and stops it at the end."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from worker.supervise import launch

CHANCERY = Path(sys.executable).with_name("chancery")
READY_SECONDS = 900
STOP_SECONDS = 60
TAIL_LINES = 20


class DemoFailed(Exception):
    """The demo failed. `log` is the log file with the cause, if there is one."""

    def __init__(self, reason: str, log: Path | None = None) -> None:
        super().__init__(reason)
        self.log = log


@dataclass(frozen=True, slots=True)
class System:
    data_dir: Path
    api_url: str
    flower_url: str
    process: subprocess.Popen[str]

    def log(self, name: str) -> Path:
        return self.data_dir / "logs" / f"{name}.log"

    def create_department(self, name: str, callback_allow: str) -> dict[str, str]:
        """Create a department; returns its API key and callback secret."""
        argv = [str(CHANCERY), "department", "create", name, "--json"]
        argv += ["--callback-allow", callback_allow, "--data-dir", str(self.data_dir)]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode:
            raise DemoFailed(f"the department could not be created: {done.stderr.strip()}")
        department: dict[str, str] = json.loads(done.stdout)
        return department

    def check_alive(self) -> None:
        if self.process.poll() is not None:
            raise DemoFailed("the system ended during the demo")


@contextmanager
def running(data_dir: Path) -> Iterator[System]:
    """Run the system on free ports during the block.

    Uses the engine at CHANCERY_ENGINE_URL, by default its own. Raises `DemoFailed`.
    """
    shutil.rmtree(data_dir, ignore_errors=True)
    port, flower_port = _free_ports(2)
    argv = [str(CHANCERY), "up", "--port", str(port), "--flower-port", str(flower_port)]
    argv += ["--data-dir", str(data_dir)]
    process = subprocess.Popen(
        # The launcher ends the system when the demo is killed.
        [sys.executable, "-I", "-S", launch.__file__, str(os.getpid()), *argv],
        env={**os.environ, "CHANCERY_REDIS_URL": "", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    ready = threading.Event()
    relay = threading.Thread(target=_relay, args=(process, ready), daemon=True)
    relay.start()
    try:
        _wait(process, ready)
        yield System(
            data_dir, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{flower_port}", process
        )
    finally:
        _stop(process)
        relay.join(timeout=5)
    if process.returncode:
        raise DemoFailed(f"the system stopped with status {process.returncode}")


def _relay(process: subprocess.Popen[str], ready: threading.Event) -> None:
    if process.stdout is None:
        return
    for line in process.stdout:
        print(f"  {line.rstrip()}", flush=True)
        if line.startswith("ready"):
            ready.set()


def _wait(process: subprocess.Popen[str], ready: threading.Event) -> None:
    for _ in range(READY_SECONDS * 5):
        if ready.wait(0.2):
            return
        if process.poll() is not None:
            raise DemoFailed(f"the system did not start (status {process.returncode}), see above")
    raise DemoFailed(f"the system was not ready after {READY_SECONDS} s")


def _stop(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()  # its children end with it
        process.wait()


def _free_ports(number: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports
