"""`chancery up` as a process, for the tests that need the whole system."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from standin.engine_process import CHECKOUT
from standin.ports import reserved_port
from worker.supervise import launch

CHANCERY = Path(sys.executable).with_name("chancery")
READY_SECONDS = 240.0
STOP_SECONDS = 60.0


@dataclass
class Up:
    """A running `chancery up`. `output` has the lines that it has printed so far."""

    process: subprocess.Popen[str]
    data_dir: Path
    api_url: str
    flower_url: str
    output: list[str] = field(default_factory=list)

    def create_department(self, name: str, *arguments: str) -> dict[str, str]:
        argv = [str(CHANCERY), "department", "create", name, "--json", *arguments]
        argv += ["--data-dir", str(self.data_dir)]
        done = subprocess.run(argv, capture_output=True, text=True, check=True)
        department: dict[str, str] = json.loads(done.stdout)
        return department

    def children(self) -> dict[int, str]:
        """The command lines of all descendant processes, by pid."""
        return {pid: command_line(pid) for pid in _below(self.process.pid)}

    def child(self, words: str) -> int:
        """The pid of the only child whose command line contains `words`.

        Waits for it: until it calls exec, a process that the child starts has the child's line.
        """
        pids: list[int] = []

        def is_only() -> bool:
            pids[:] = [pid for pid, line in self.children().items() if words in line]
            return len(pids) == 1

        until(is_only, 60)
        return pids[0]

    def wait_for(self, words: str, seconds: float = READY_SECONDS) -> str:
        """Wait for the first line with `words`. Fails if the process ends without it."""

        def found() -> bool:
            return any(words in line for line in self.output) or self.process.poll() is not None

        until(found, seconds)
        for line in self.output:
            if words in line:
                return line
        raise AssertionError("\n".join(["it ended with this output:", *self.output]))

    def stop(self) -> int:
        """Send SIGTERM and wait for the end; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS)


@contextmanager
def started_up(data_dir: Path, *arguments: str, engine_url: str, **settings: str) -> Iterator[Up]:
    """Run `chancery up` on free ports during the block, with no other settings than these."""
    port, flower_port = reserved_port(), reserved_port()
    argv = [str(CHANCERY), "up", "--port", str(port), "--flower-port", str(flower_port)]
    argv += ["--data-dir", str(data_dir), "--engine-url", engine_url, *arguments]
    env = {name: value for name, value in os.environ.items() if not name.startswith("CHANCERY_")}
    process = subprocess.Popen(
        # The launcher ends the system when the tests are killed.
        [sys.executable, "-I", "-S", launch.__file__, str(os.getpid()), *argv],
        cwd=CHECKOUT,
        env=env | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    up = Up(process, data_dir, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{flower_port}")
    reading = threading.Thread(target=_read, args=(up,))
    reading.start()
    try:
        yield up
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        reading.join()


def until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"the condition did not hold within {seconds} s"
        time.sleep(0.05)


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _below(pid: int) -> list[int]:
    found: list[int] = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):  # the thread has ended
            for child in map(int, children.read_text().split()):
                found += [child, *_below(child)]
    return found


def _read(up: Up) -> None:
    assert up.process.stdout
    with up.process.stdout as lines:
        for line in lines:
            up.output.append(line.rstrip())
