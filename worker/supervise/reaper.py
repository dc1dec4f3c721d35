"""Starts the process that kills the children of a killed supervisor."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_SCRIPT = Path(__file__).with_name("kill_orphans.py")


class Reaper:
    """Kills the added process groups when this process ends, for whatever reason."""

    def __init__(self) -> None:
        self._groups: set[int] = set()
        self._process: subprocess.Popen[str] | None = None

    def add(self, group: int) -> None:
        self._groups.add(group)
        self._send(f"+{group}\n")

    def remove(self, group: int) -> None:
        self._groups.discard(group)
        self._send(f"-{group}\n")

    def close(self) -> None:
        """End the reaper's process, which kills the groups that were not removed."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._process.wait(timeout=10)
        self._process = None

    def _send(self, line: str) -> None:
        if self._process is None or self._process.poll() is not None:
            line = "".join(f"+{group}\n" for group in self._groups)
            self._process = self._start()
        if self._process.stdin is not None:
            self._process.stdin.write(line)
            self._process.stdin.flush()

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(  # noqa: S603  # our own script, no shell
            [sys.executable, "-I", "-S", str(_SCRIPT)],
            stdin=subprocess.PIPE,
            env={},
            start_new_session=True,
            text=True,
        )
