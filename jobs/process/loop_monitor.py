"""Ends a process whose event loop stands still, or that does not stop in time.

Run by `jobs.process.watchdog` as `python -I -S loop_monitor.py OPTIONS`, OPTIONS in JSON. It is a
process of its own because a thread could not run while native code holds the interpreter's lock.
Standard input: a byte for each turn of the loop, `S` when the process begins to stop, and the end
of the pipe when the process has ended.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import select
import signal
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

POLL_SECONDS = 0.5
STACK_SECONDS = 1.0
EXIT_SECONDS = 2.0
MAX_RECORD_BYTES = 256 * 1024
# The signals whose handlers `watchdog.py` installs: C functions that need no interpreter lock.
STACK_SIGNAL = signal.SIGRTMIN + 1
EXIT_SIGNAL = signal.SIGRTMIN + 2
_FRAME = re.compile(r'File "([^"\n]*)", line (\d+) in ([^\n]*)')


class Monitor:
    """`options`: `pid`, `thread` (the loop's), `stack_fd`, `role`, `process`, `records` (a file),
    `report_seconds`, `end_seconds` and `stop_seconds`.
    """

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options
        self._silent = 0.0
        self._reported = False
        self._stop_at: float | None = None

    def run(self) -> None:
        while os.getppid() == self._options["pid"]:
            turned, _, _ = select.select([0], [], [], POLL_SECONDS)
            if turned:
                received = os.read(0, 4096)
                if not received:
                    return
                self._turned(received)
            elif _is_suspended(self._options["pid"]):
                self._silent = 0.0
            else:
                # Not by the clock, which also counts time when the whole machine stood still.
                self._silent += POLL_SECONDS
            self._judge()

    def _turned(self, received: bytes) -> None:
        if self._reported:
            self._log("loop.turns_again", "warning", seconds=self._silent)
        self._silent, self._reported = 0.0, False
        if b"S" in received and self._stop_at is None:
            self._stop_at = time.monotonic() + self._options["stop_seconds"]

    def _judge(self) -> None:
        if self._stop_at is not None:
            if time.monotonic() >= self._stop_at:
                seconds = self._options["stop_seconds"]
                self._report("process.stop_overdue", seconds, self._options["pid"], ended=True)
                self._end()
        elif self._silent >= self._options["end_seconds"]:
            self._report("loop.ended", self._silent, self._options["thread"], ended=True)
            self._end()
        elif self._silent >= self._options["report_seconds"] and not self._reported:
            self._reported = True
            self._report("loop.stalled", self._silent, self._options["thread"], ended=False)

    def _report(self, event: str, seconds: float, thread: int, *, ended: bool) -> None:
        stack = self._stack(thread)
        self._log(event, "error", process=self._options["process"], seconds=seconds, stack=stack)
        record = {
            "at": datetime.now(UTC).isoformat(),
            "role": self._options["role"],
            "process": self._options["process"],
            "seconds": seconds,
            "ended": ended,
            "stack": stack,
        }
        with suppress(OSError):  # the log has it; a full disk must not stop the monitor
            _append(Path(self._options["records"]), json.dumps(record))

    def _stack(self, thread: int) -> list[str]:
        """The frames of a thread, innermost first, without the values of variables."""
        descriptor, text = self._options["stack_fd"], b""
        ctypes.CDLL(None).tgkill(self._options["pid"], thread, STACK_SIGNAL)
        until = time.monotonic() + STACK_SECONDS
        while select.select([descriptor], [], [], max(0.0, until - time.monotonic()))[0]:
            part = os.read(descriptor, 65_536)
            if not part:
                break
            text += part
            until = min(until, time.monotonic() + POLL_SECONDS)
        frames = _FRAME.findall(text.decode("utf-8", "replace"))
        return [f"{path}:{line} {function}" for path, line, function in frames]

    def _end(self) -> None:
        pid = self._options["pid"]
        for number in (EXIT_SIGNAL, signal.SIGKILL):
            if os.getppid() != pid:
                return
            os.kill(pid, number)
            until = time.monotonic() + EXIT_SECONDS
            while os.getppid() == pid and time.monotonic() < until:
                time.sleep(0.02)

    def _log(self, event: str, level: str, **fields: Any) -> None:
        """Write a line as `jobs.process.logs` does."""
        line = {"role": self._options["role"], "event": event, "level": level}
        at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        with suppress(OSError):
            os.write(2, json.dumps({**fields, **line, "timestamp": at}).encode() + b"\n")


def _is_suspended(pid: int) -> bool:
    """Whether the process is stopped by a signal or a debugger: then its loop is not at fault."""
    with suppress(OSError):
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state in ("T", "t")
    return False


def _append(path: Path, line: str) -> None:
    if path.exists() and path.stat().st_size > MAX_RECORD_BYTES:
        path.replace(path.with_name(f"{path.name}.1"))
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line.encode() + b"\n")
    finally:
        os.close(descriptor)


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    Monitor(json.loads(sys.argv[1])).run()


if __name__ == "__main__":
    main()
