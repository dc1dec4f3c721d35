"""A child process that is restarted when it ends."""

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

from jobs.process.watchdog import ENDED_STATUS, NAME_VARIABLE
from worker.supervise.checks import Check
from worker.supervise.logs import LogFile
from worker.supervise.reaper import Reaper

_LAUNCH = str(Path(__file__).with_name("launch.py"))

BACKOFF_FIRST_SECONDS = 0.5
BACKOFF_LONGEST_SECONDS = 30.0
# For a process that was ready: it worked, so that many deaths do not leave the system without it.
BACKOFF_LONGEST_AFTER_READY_SECONDS = 2.0
HEALTHY_AFTER_SECONDS = 10.0
_READY_POLL_SECONDS = 0.1

Report = Callable[[str], None]
OnExit = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """A command and how to check that it is ready.

    `env` is the child's whole environment; `CHANCERY_PROCESS_NAME` is added, which is
    `NAME@HOST-SUPERVISOR-COUNT`, different for each start. `blocks_next_stage`: later stages start
    when this child is ready. `start_attempts`: after this many exits before it is first ready, the
    start of the whole system fails. `grace_seconds`: the time between SIGTERM and SIGKILL.
    `progress`: how far the start is, from the end of the log.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    ready: Check
    blocks_next_stage: bool = False
    start_attempts: int = 3
    grace_seconds: float = 10.0
    progress: Callable[[str], str | None] | None = None


class StartFailed(Exception):
    """A child cannot be started. `tail` is the end of its log."""

    def __init__(self, name: str, reason: str, log: LogFile) -> None:
        super().__init__(f"{name} {reason}")
        self.tail = log.tail()
        self.log_path = log.path


@cache
def supervisor_mark() -> str:
    """A string in the process names of this supervisor's children, and in no others."""
    return f"{os.getpid()}.{time.time_ns() // 1_000_000:x}"


def backoff(previous: float, ready_for: float | None) -> float:
    """Seconds until the next start, given the `previous` wait and for how many seconds the process
    was ready; None if it never was.
    """
    if previous == 0 or (ready_for is not None and ready_for >= HEALTHY_AFTER_SECONDS):
        return BACKOFF_FIRST_SECONDS
    longest = BACKOFF_LONGEST_SECONDS
    if ready_for is not None:
        longest = BACKOFF_LONGEST_AFTER_READY_SECONDS
    return min(previous * 2, longest)


class Child:
    """Starts a process, and starts it again when it ends, until `stop` is called."""

    def __init__(
        self, spec: ChildSpec, log: LogFile, reaper: Reaper, *, report: Report, on_exit: OnExit
    ) -> None:
        self.spec = spec
        self.log = log
        self.ready = asyncio.Event()
        self._reaper = reaper
        self._report = report
        self._on_exit = on_exit
        self._stopping = asyncio.Event()
        self._ended = asyncio.Event()
        self._ended.set()
        self._grace = spec.grace_seconds
        self._pid: int | None = None
        self._starts = 0
        self._was_ready = False
        self._ready_since: float | None = None

    async def keep_running(self) -> None:
        """Run until `stop` or `kill` is called. Raises `StartFailed`."""
        self._ended.clear()
        wait = 0.0
        try:
            while not self._stopping.is_set():
                self._ready_since = None
                status = await self._run_once()
                if self._stopping.is_set():
                    return
                self._check_start(status)
                wait = backoff(wait, self._ready_for)
                self._report(
                    f"{self.spec.name} ended ({_reason(status)}); starts again in {wait:g} s"
                )
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._stopping.wait()
        finally:
            self._ended.set()

    async def stop(self) -> None:
        """Send SIGTERM; after the grace period kill the process and everything that it started."""
        self._stopping.set()
        await self._ended.wait()

    def kill(self) -> None:
        """Kill the process and everything that it started, and do not restart it."""
        self._stopping.set()
        self._grace = 0.0
        if self._pid is not None:
            _kill_group(self._pid)

    @property
    def _ready_for(self) -> float | None:
        return None if self._ready_since is None else time.monotonic() - self._ready_since

    async def _run_once(self) -> int:
        """Returns the exit status, negative for a signal."""
        name = self._next_name()
        process = await self._start(name)
        watch = asyncio.create_task(self._watch_ready())
        try:
            await self._until_end_or_stop(process, watch)
            return await self._end(process)
        finally:
            watch.cancel()
            self.ready.clear()
            _kill_group(process.pid)  # also kills what the process started
            self._reaper.remove(process.pid)
            self._pid = None
            if not self._stopping.is_set():
                await self._on_exit(name)

    def _next_name(self) -> str:
        self._starts += 1
        return f"{self.spec.name}@{socket.gethostname()}-{supervisor_mark()}-{self._starts}"

    async def _start(self, name: str) -> asyncio.subprocess.Process:
        output = self.log.open()
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", _LAUNCH, str(os.getpid()), *self.spec.argv),
                env={**self.spec.env, NAME_VARIABLE: name},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                process_group=0,
            )
        finally:
            os.close(output)
        self._pid = process.pid
        self._reaper.add(process.pid)
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
        """Terminate the process if it still runs; kill it after the grace period."""
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            try:
                async with asyncio.timeout(self._grace):
                    await process.wait()
            except TimeoutError:
                self._report(f"{self.spec.name} did not stop in {self._grace:g} s: killed")
                _kill_group(process.pid)
        return await process.wait()

    async def _watch_ready(self) -> None:
        while not await self.spec.ready():  # noqa: ASYNC110  # another process decides
            await asyncio.sleep(_READY_POLL_SECONDS)
        self._was_ready = True
        self._ready_since = time.monotonic()
        self.ready.set()

    def _check_start(self, status: int) -> None:
        if not self._was_ready and self._starts >= self.spec.start_attempts:
            reason = f"cannot be started: {_reason(status)}, {self._starts} times"
            raise StartFailed(self.spec.name, reason, self.log)


def _kill_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _reason(status: int) -> str:
    if status == ENDED_STATUS:
        return f"status {status}: it was blocked or did not stop, see its log"
    return f"status {status}" if status >= 0 else signal.Signals(-status).name
