"""Runs `chancery up`, whose supervisor restarts what dies, and finds its processes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.system import System, stop
from worker.supervise import launch
from worker.supervise.checks import free_port

POLL_SECONDS = 0.01
CHANCERY = Path(sys.executable).with_name("chancery")
# Words in the command lines of the children.
NAMES = {
    "-m api": "api",
    "-m worker worker": "worker",
    "-m worker courier": "courier",
    "-m worker scheduler": "scheduler",
    "flower": "flower",
    "valkey-server": "valkey",
    "redis-server": "valkey",
}


@dataclass(frozen=True, slots=True)
class Up:
    """A running `chancery up`, and the seconds from its start until it printed `ready`."""

    pid: int
    system: System
    seconds: float

    def pids(self) -> Mapping[str, int]:
        """The pids of its children by name, those of this moment."""
        found = {"chancery up": self.pid}
        for path in Path("/proc").glob("[0-9]*"):
            try:
                parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
                line = (path / "cmdline").read_text().replace("\0", " ")
            except OSError:  # it has ended
                continue
            if parent == self.pid:
                found |= {name: int(path.name) for words, name in NAMES.items() if words in line}
        return found


@contextmanager
def running_up(engine_url: str, settings: Mapping[str, str] | None = None) -> Iterator[Up]:
    """Run the system with an engine that already runs, on free ports, with data in a new folder."""
    port, flower_port = free_port(), free_port()
    with (
        tempfile.TemporaryDirectory(prefix="chancery-bench-") as name,
        (Path(name) / "up.log").open("w") as log,
    ):
        argv = [str(CHANCERY), "up", "--port", str(port), "--flower-port", str(flower_port)]
        argv += ["--data-dir", name, "--engine-url", engine_url]
        began = time.perf_counter()
        process = subprocess.Popen(
            # The launcher ends the system when this process is killed.
            [sys.executable, "-I", "-S", launch.__file__, str(os.getpid()), *argv],
            env={**_with_bytecode(), "PYTHONUNBUFFERED": "1", **(settings or {})},
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        try:
            _wait_ready(process, Path(log.name))
            seconds = time.perf_counter() - began
            redis_url = (Path(name) / "redis-url").read_text().strip()
            system = System([f"http://127.0.0.1:{port}"], redis_url, Path(name), {})
            yield Up(process.pid, system, seconds)
        finally:
            stop([process])


def _with_bytecode() -> Mapping[str, str]:
    """The environment of an installation, whose modules are compiled once and not at each start."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _wait_ready(process: subprocess.Popen[bytes], log: Path) -> None:
    """Raises `RuntimeError` with the output if the system ends before it is ready."""
    while not re.search(r"^ready", log.read_text(), re.MULTILINE):
        if process.poll() is not None:
            raise RuntimeError(f"chancery up did not start: {log.read_text()}")
        time.sleep(POLL_SECONDS)
