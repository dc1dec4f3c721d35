"""Watches the event loop of this process from outside: see `loop_monitor`."""

from __future__ import annotations

import asyncio
import ctypes
import faulthandler
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog
from pydantic_core import from_json

from jobs.process import loop_monitor

REPORT_SECONDS = 5.0
END_SECONDS = 15.0
BEAT_SECONDS = 0.5
# What a process may take to stop beyond the time that it gives its work.
STOP_MARGIN_SECONDS = 5.0
# The exit status of a process that the monitor ended.
ENDED_STATUS = int(loop_monitor.EXIT_SIGNAL)
RECORDS_FILE = "stalls.jsonl"
NAME_VARIABLE = "CHANCERY_PROCESS_NAME"
# In the response to `/healthz` where several processes share a port: which of them has answered.
PROCESS_HEADER = "Chancery-Process"
_SCRIPT = loop_monitor.__file__
log = structlog.get_logger()


def process_label(role: str) -> str:
    """The supervisor's name for this process, which it has again after a restart: `api-2`."""
    return os.environ.get(NAME_VARIABLE, role).partition("@")[0]


class Watchdog:
    """Reports the loop's stack after 5 s without a turn, and ends the process after 15 s.

    `stop_seconds`: how long the process may run after `begin_stop`, whatever holds it up. A process
    that is ended exits with `ENDED_STATUS`. Reports go to the log and to `RECORDS_FILE` in
    `data_dir`.
    """

    def __init__(self, role: str, data_dir: Path, stop_seconds: float) -> None:
        self._role = role
        self._process = (
            os.environ.get(NAME_VARIABLE) or f"{role}@{socket.gethostname()}-{os.getpid()}"
        )
        self._records = data_dir.absolute() / RECORDS_FILE
        self._stop_seconds = stop_seconds
        self._thread = 0
        self._stack_read, self._stack_write = -1, -1
        self._monitor: subprocess.Popen[bytes] | None = None
        self._stopping = False

    async def start(self) -> None:
        """Watch the running loop. Call this once."""
        self._thread = threading.get_native_id()
        self._stack_read, self._stack_write = os.pipe()
        faulthandler.register(
            loop_monitor.STACK_SIGNAL, file=self._stack_write, all_threads=False, chain=False
        )
        _exit_at(loop_monitor.EXIT_SIGNAL)
        self._beat(asyncio.get_running_loop())

    def begin_stop(self) -> None:
        """From now on only the time since this call counts. Safe in threads and signal handlers."""
        self._stopping = True
        self._send(b"S")

    def _beat(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._monitor is None or self._monitor.poll() is not None:
            if self._monitor is not None:
                log.warning("watchdog.restarted", status=self._monitor.returncode)
            self._monitor = self._start()
        self._send(b"S" if self._stopping else b".")
        loop.call_later(BEAT_SECONDS, self._beat, loop)

    def _send(self, byte: bytes) -> None:
        if self._monitor is not None and self._monitor.stdin is not None:
            with suppress(BlockingIOError, BrokenPipeError):
                os.write(self._monitor.stdin.fileno(), byte)

    def _start(self) -> subprocess.Popen[bytes]:
        options = {
            "pid": os.getpid(),
            "thread": self._thread,
            "stack_fd": self._stack_read,
            "role": self._role,
            "process": self._process,
            "records": str(self._records),
            "report_seconds": REPORT_SECONDS,
            "end_seconds": END_SECONDS,
            "stop_seconds": self._stop_seconds,
        }
        monitor = subprocess.Popen(  # noqa: S603  # our own script, no shell
            [sys.executable, "-I", "-S", _SCRIPT, json.dumps(options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env={},
            cwd="/",
            pass_fds=(self._stack_read,),
        )
        assert monitor.stdin is not None  # noqa: S101 - it was asked for
        os.set_blocking(monitor.stdin.fileno(), False)
        return monitor


@dataclass(frozen=True, slots=True)
class Stall:
    """A loop that stood still, or a process that did not stop in time. `stack`: innermost first."""

    at: datetime
    role: str
    process: str
    seconds: float
    ended: bool
    stack: Sequence[str]


def stalls(data_dir: Path) -> Iterator[Stall]:
    """The stalls on record, oldest first. A line cut by a full disk is left out."""
    path = data_dir / RECORDS_FILE
    for file in (path.with_name(f"{path.name}.1"), path):
        for line in file.read_text().splitlines() if file.exists() else ():
            with suppress(ValueError):
                record = from_json(line)
                yield Stall(**{**record, "at": datetime.fromisoformat(record["at"])})


def _exit_at(number: int) -> None:
    """Have the kernel call libc's `_exit(number)` at the signal: needs no interpreter lock, and
    unlike a signal's default action also ends process 1 of a container.
    """
    libc = ctypes.CDLL(None)
    libc.signal.argtypes = (ctypes.c_int, ctypes.c_void_p)
    libc.signal(number, ctypes.cast(libc._exit, ctypes.c_void_p))  # noqa: SLF001
