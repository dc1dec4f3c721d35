"""What an installation tells whoever waits for it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

TAIL_LINES = 15


class Failed(Exception):
    """A step failed; the text says what is wrong and what to do."""


class Progress:
    """A line for each step with the time it has taken so far; commands' output goes to `log`.

    On a terminal the line is rewritten every second, elsewhere repeated every 15 seconds.
    """

    def __init__(self, log: Path) -> None:
        self._log = log
        self._live = sys.stdout.isatty()

    def say(self, text: str) -> None:
        print(f"engine: {text}", flush=True)

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Show `title` and its elapsed time until the block ends."""
        began, ended = time.monotonic(), threading.Event()
        ticking = threading.Thread(target=self._tick, args=(title, began, ended), daemon=True)
        self._show(title, "...")
        ticking.start()
        outcome = "failed after"
        try:
            yield
            outcome = "done in"
        finally:
            ended.set()
            ticking.join()
            self._show(title, f"{outcome} {time.monotonic() - began:.0f} s", end="\n")

    def run(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        """Run `command`. Raises `Failed` with the last lines of its output where it fails."""
        with self._log.open("a") as log:
            log.write(f"$ {' '.join(command)}\n")
            log.flush()
            start = log.tell()
            done = subprocess.run(
                command,
                env=env,
                stdout=log,
                stderr=subprocess.STDOUT,
                close_fds=False,  # the installation's lock is passed on
                check=False,
            )
        if done.returncode:
            raise Failed(self._why(done.returncode, start))

    def _why(self, code: int, start: int) -> str:
        with self._log.open() as log:
            log.seek(start)
            output = log.read()
        lines = [line for line in output.splitlines() if not line.startswith("WARNING")]
        tail = "\n".join(f"    {line}" for line in lines[-TAIL_LINES:])
        return f"{_diagnosis(output)} (exit status {code}, log: {self._log})\n{tail}"

    def _tick(self, title: str, began: float, ended: threading.Event) -> None:
        while not ended.wait(1 if self._live else 15):
            self._show(title, f"{time.monotonic() - began:.0f} s")

    def _show(self, title: str, state: str, end: str | None = None) -> None:
        if self._live:
            print(f"\r\033[Kengine: {title} {state}", end=end or "", flush=True)
        else:
            self.say(f"{title} {state}")


def _diagnosis(output: str) -> str:
    known = {
        "No space left on device": "The disk is full: free some room and run this again",
        "ensurepip is not available": "Python lacks venv: install the package python3-venv",
        "No matching distribution found": "The package index has no wheel for this Python or "
        "machine, or cannot be reached",
        "Failed to establish a new connection": "The package index cannot be reached",
        "Temporary failure in name resolution": "The package index cannot be reached",
    }
    for sign, meaning in known.items():
        if sign in output:
            return meaning
    return "A command failed"
