"""Runs the commands of an installation; prints each step, and the cause of a failure."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

TAIL_LINES = 15

# Texts in a command's output and their diagnosis, the most specific first.
DIAGNOSES = {
    "No space left on device": "The disk is full. Free some space and run it again",
    "CERTIFICATE_VERIFY_FAILED": "The certificate of the package index is not trusted. Behind a "
    "proxy that inspects TLS, set PIP_CERT=/path/to/ca.pem to the proxy's CA file",
    "407 Proxy Authentication Required": "The proxy requires a login: "
    "set user and password in HTTPS_PROXY",
    "ProxyError": "The proxy cannot be reached: check HTTPS_PROXY",
    "Cannot connect to proxy": "The proxy cannot be reached: check HTTPS_PROXY",
    "DO NOT MATCH THE HASHES": "A downloaded file does not match its digest in the lock file, and "
    "was not installed. Check the package index or its mirror",
    "Failed to establish a new connection": "The package index cannot be reached. Set "
    "PIP_INDEX_URL to yours, or HTTPS_PROXY to a proxy",
    "Temporary failure in name resolution": "The name of the package index cannot be resolved. "
    "Set PIP_INDEX_URL to your index, or HTTPS_PROXY to a proxy",
    "No matching distribution found": "The package index has no wheel for this Python or machine, "
    "or cannot be reached",
}


class Failed(Exception):
    """A step failed. The text gives the cause and the remedy."""


class CommandFailed(Failed):
    """A command failed. `output` is everything that it printed."""

    def __init__(self, text: str, output: str) -> None:
        super().__init__(text)
        self.output = output


class Progress:
    """Prints a line for each step with its elapsed time; writes commands' output to `log`.

    On a terminal the line is updated every second, elsewhere printed again every 15 seconds.
    """

    def __init__(self, subject: str, log: Path) -> None:
        self._subject = subject
        self._log = log
        self._live = sys.stdout.isatty()

    def say(self, text: str) -> None:
        clear = "\r\033[K" if self._live else ""
        print(f"{clear}{self._subject}: {text}", flush=True)

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

    def run(self, command: Sequence[str | Path], env: Mapping[str, str] | None = None) -> str:
        """Run `command` with `env` added to the environment, and return its output.

        Raises `CommandFailed` with the cause and the last lines of the output.
        """
        argv = [str(part) for part in command]
        with self._log.open("a") as log:
            log.write(f"$ {' '.join(argv)}\n")
            log.flush()
            start = log.tell()
            done = subprocess.run(
                argv,
                env=os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"} | (env or {}),
                stdout=log,
                stderr=subprocess.STDOUT,
                close_fds=False,  # the child inherits the lock of the installation
                check=False,
            )
        with self._log.open() as log:
            log.seek(start)
            output = log.read()
        if done.returncode:
            raise CommandFailed(self._explain(done.returncode, output), output)
        return output

    def _explain(self, code: int, output: str) -> str:
        lines = [line for line in output.splitlines() if not line.startswith("WARNING")]
        tail = "\n".join(f"    {line}" for line in lines[-TAIL_LINES:])
        return f"{diagnosis(output)} (exit status {code}, log: {self._log})\n{tail}"

    def _tick(self, title: str, began: float, ended: threading.Event) -> None:
        while not ended.wait(1 if self._live else 15):
            self._show(title, f"{time.monotonic() - began:.0f} s")

    def _show(self, title: str, state: str, end: str | None = None) -> None:
        if self._live:
            print(f"\r\033[K{self._subject}: {title} {state}", end=end or "", flush=True)
        else:
            self.say(f"{title} {state}")


def diagnosis(output: str) -> str:
    """The cause and remedy for the output of a failed command."""
    return next(
        (meaning for sign, meaning in DIAGNOSES.items() if sign in output), "A command failed"
    )
