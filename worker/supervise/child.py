"""One process that is kept running."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from worker.supervise.checks import Check
from worker.supervise.logs import LogFile
from worker.supervise.undertaker import Undertaker

_LAUNCH = str(Path(__file__).with_name("launch.py"))

BACKOFF_FIRST_SECONDS = 0.5
BACKOFF_LONGEST_SECONDS = 30.0
HEALTHY_AFTER_SECONDS = 60.0
_READY_POLL_SECONDS = 0.3

PROCESS_NAME = "CHANCERY_PROCESS_NAME"

Say = Callable[[str], None]
Died = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """What to run and how to tell that it is up.

    `env` is the child's whole environment; the name of each start, `NAME@HOST-SUPERVISOR-COUNT`,
    is added as `CHANCERY_PROCESS_NAME`. `gate`: no later stage starts before this child is ready.
    `start_attempts`: deaths before it was ever ready that make the whole start fail.
    `grace_seconds`: between SIGTERM and SIGKILL.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    ready: Check
    gate: bool = False
    start_attempts: int = 3
    grace_seconds: float = 10.0


class StartFailed(Exception):
    """A child cannot be started at all. `tail` is the end of its log."""

    def __init__(self, name: str, reason: str, log: LogFile) -> None:
        super().__init__(f"{name} {reason}")
        self.tail = log.tail()
        self.log_path = log.path


@cache
def supervisor_mark() -> str:
    """What the process names of this supervisor's children have in common, and no others."""
    return f"{os.getpid()}.{time.time_ns() // 1_000_000:x}"


def backoff(previous: float, lived: float) -> float:
    """Seconds to wait before the next start, after `previous` and a life of `lived` seconds."""
    if previous == 0 or lived >= HEALTHY_AFTER_SECONDS:
        return BACKOFF_FIRST_SECONDS
    return min(previous * 2, BACKOFF_LONGEST_SECONDS)


class Child:
    """Starts a process, watches it, and starts it again until told to stop."""

    def __init__(
        self, spec: ChildSpec, log: LogFile, undertaker: Undertaker, *, say: Say, died: Died
    ) -> None:
        self.spec = spec
        self.log = log
        self.ready = asyncio.Event()
        self._undertaker = undertaker
        self._say = say
        self._died = died
        self._stopping = asyncio.Event()
        self._ended = asyncio.Event()
        self._ended.set()
        self._grace = spec.grace_seconds
        self._pid: int | None = None
        self._starts = 0
        self._was_ready = False

    @property
    def pid(self) -> int | None:
        """The running process, None between two starts."""
        return self._pid

    async def keep(self) -> None:
        """Keep the process running until `stop`. Raises `StartFailed`."""
        self._ended.clear()
        wait = 0.0
        try:
            while not self._stopping.is_set():
                started = time.monotonic()
                status = await self._live()
                if self._stopping.is_set():
                    return
                self._give_up_on_a_bad_start(status)
                wait = backoff(wait, time.monotonic() - started)
                self._say(f"{self.spec.name} ended ({_reason(status)}); starts again in {wait:g} s")
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._stopping.wait()
        finally:
            self._ended.set()

    async def stop(self) -> None:
        """Ask the process to end; kill it and all that it started when its grace is over."""
        self._stopping.set()
        await self._ended.wait()

    def kill(self) -> None:
        """Kill the process and all that it started, now and for good."""
        self._stopping.set()
        self._grace = 0.0
        if self._pid is not None:
            _kill_group(self._pid)

    async def _live(self) -> int:
        """One life: start, watch, end. Returns the exit status, minus the signal's number."""
        name = self._next_name()
        process = await self._start(name)
        watch = asyncio.create_task(self._watch_ready())
        try:
            await self._until_end_or_stop(process, watch)
            return await self._end(process)
        finally:
            watch.cancel()
            self.ready.clear()
            _kill_group(process.pid)  # what the process started must not outlive it
            self._undertaker.release(process.pid)
            self._pid = None
            if not self._stopping.is_set():
                await self._died(name)

    def _next_name(self) -> str:
        self._starts += 1
        return f"{self.spec.name}@{socket.gethostname()}-{supervisor_mark()}-{self._starts}"

    async def _start(self, name: str) -> asyncio.subprocess.Process:
        output = self.log.open()
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", _LAUNCH, str(os.getpid()), *self.spec.argv),
                env={**self.spec.env, PROCESS_NAME: name},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                process_group=0,
            )
        finally:
            os.close(output)
        self._pid = process.pid
        self._undertaker.watch(process.pid)
        return process

    async def _until_end_or_stop(
        self, process: asyncio.subprocess.Process, watch: asyncio.Task[None]
    ) -> None:
        ended = asyncio.create_task(process.wait())
        stop = asyncio.create_task(self._stopping.wait())
        pending: set[asyncio.Task[Any]] = {ended, stop, watch}
        try:
            while not (ended.done() or stop.done()):
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
        finally:
            ended.cancel()
            stop.cancel()

    async def _end(self, process: asyncio.subprocess.Process) -> int:
        """Let the process end in its grace, or kill it. At once when it has ended already."""
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            try:
                async with asyncio.timeout(self._grace):
                    await process.wait()
            except TimeoutError:
                self._say(f"{self.spec.name} did not stop in {self._grace:g} s: killed")
                _kill_group(process.pid)
        return await process.wait()

    async def _watch_ready(self) -> None:
        while not await self.spec.ready():  # noqa: ASYNC110  # another process decides
            await asyncio.sleep(_READY_POLL_SECONDS)
        self._was_ready = True
        self.ready.set()

    def _give_up_on_a_bad_start(self, status: int) -> None:
        if not self._was_ready and self._starts >= self.spec.start_attempts:
            reason = f"cannot be started: {_reason(status)}, {self._starts} times"
            raise StartFailed(self.spec.name, reason, self.log)


def _kill_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _reason(status: int) -> str:
    return f"status {status}" if status >= 0 else signal.Signals(-status).name
