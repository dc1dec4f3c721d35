"""The parts of a running system, each a process that can be killed, stopped and started again."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from standin.engine_process import CHECKOUT
from standin.valkey import start_valkey

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


@dataclass(frozen=True, slots=True)
class Life:
    """From one start to one end. `name` is what the process calls itself in the ledger."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path


class Part:
    """A process and what it started, with as many lives as the faults give it."""

    def __init__(self, key: str, argv: Sequence[str], env: Mapping[str, str], folder: Path) -> None:
        self.key = key
        self.lives: list[Life] = []
        self._argv = argv
        self._env = env
        self._folder = folder

    @property
    def life(self) -> Life:
        return self.lives[-1]

    @property
    def alive(self) -> bool:
        return bool(self.lives) and self.life.process.poll() is None

    def start(self) -> None:
        name = f"{self.key}-{len(self.lives) + 1}"
        log = self._folder / f"{name}.log"
        self.lives.append(Life(name, self._launch(name, log), log))

    def kill(self) -> float:
        """SIGKILL, and gone when this returns; the moment of it."""
        moment = time.time()
        self.signal(signal.SIGKILL)
        self.life.process.wait(20)
        return moment

    def signal(self, number: int) -> None:
        """To the process and all that it started."""
        with suppress(ProcessLookupError):
            os.killpg(self.life.process.pid, number)

    def terminate(self) -> None:
        """Ask it to stop, as a supervisor does: the process alone, not what it started."""
        self.life.process.terminate()

    def events(self, name: str | None = None) -> Iterator[tuple[Life, dict[str, Any]]]:
        """What all lives logged, or only the events of one name."""
        for life in self.lives:
            for line in life.log.read_text(errors="replace").splitlines():
                # The last line of a killed process may be half a line.
                with suppress(ValueError):
                    event = json.loads(line)
                    if isinstance(event, dict) and name in (None, event.get("event")):
                        yield life, event

    def end(self) -> None:
        if self.alive:
            self.signal(signal.SIGCONT)
            self.kill()

    def _launch(self, name: str, log: Path) -> subprocess.Popen[bytes]:
        with log.open("wb") as output:
            return subprocess.Popen(
                self._argv,
                cwd=CHECKOUT,
                env={**_clean(), **self._env, "CHANCERY_PROCESS_NAME": name},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0,
                preexec_fn=_end_with_parent,  # noqa: PLW1509 - one call to the kernel
            )


class RedisPart(Part):
    """valkey-server, always on the same port and the same append-only file."""

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__("redis", (), {}, folder)
        self._port = port

    def signal(self, number: int) -> None:
        self.life.process.send_signal(number)

    def _launch(self, name: str, log: Path) -> subprocess.Popen[bytes]:
        log.touch()
        return start_valkey(self._folder, self._port)[0]


def moment_of(event: Mapping[str, Any]) -> float:
    """When a logged event was, in seconds since 1970."""
    return datetime.fromisoformat(event["timestamp"]).timestamp()


def _clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("CHANCERY_")}


def _end_with_parent() -> None:
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
