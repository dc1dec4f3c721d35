"""The services of a running system: processes that can be killed, stopped and restarted."""

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
class Instance:
    """A process of a service, from its start to its end. `name` is its name in the ledger."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path


class Service:
    """A service and its process instances; signals go to a process and its children."""

    def __init__(self, key: str, argv: Sequence[str], env: Mapping[str, str], folder: Path) -> None:
        self.key = key
        self.instances: list[Instance] = []
        self._argv = argv
        self._env = env
        self._folder = folder

    @property
    def instance(self) -> Instance:
        return self.instances[-1]

    @property
    def alive(self) -> bool:
        return bool(self.instances) and self.instance.process.poll() is None

    def start(self) -> None:
        name = f"{self.key}-{len(self.instances) + 1}"
        log = self._folder / f"{name}.log"
        self.instances.append(Instance(name, self._launch(name, log), log))

    def kill(self) -> float:
        """Send SIGKILL and wait for the end; returns the time of the signal."""
        moment = time.time()
        self.signal(signal.SIGKILL)
        self.instance.process.wait(20)
        return moment

    def signal(self, number: int) -> None:
        """Send a signal to the process and its children."""
        with suppress(ProcessLookupError):
            os.killpg(self.instance.process.pid, number)

    def terminate(self) -> None:
        """Send SIGTERM to the process alone, as a supervisor does."""
        self.instance.process.terminate()

    def events(self, name: str | None = None) -> Iterator[tuple[Instance, dict[str, Any]]]:
        """The log events of all instances, optionally only those with this name."""
        for instance in self.instances:
            for line in instance.log.read_text(errors="replace").splitlines():
                # The last line of a killed process may be incomplete.
                with suppress(ValueError):
                    event = json.loads(line)
                    if isinstance(event, dict) and name in (None, event.get("event")):
                        yield instance, event

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


class RedisService(Service):
    """valkey-server, always with the same port and append-only file."""

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__("redis", (), {}, folder)
        self._port = port

    def signal(self, number: int) -> None:
        self.instance.process.send_signal(number)

    def _launch(self, name: str, log: Path) -> subprocess.Popen[bytes]:
        log.touch()
        return start_valkey(self._folder, self._port)[0]


def moment_of(event: Mapping[str, Any]) -> float:
    """The time of a log event, in seconds since 1970."""
    return datetime.fromisoformat(event["timestamp"]).timestamp()


def _clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("CHANCERY_")}


def _end_with_parent() -> None:
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
