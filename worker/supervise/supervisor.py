"""Starts children in stages, keeps them running, and stops them in reverse order."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from worker.supervise.checks import Diagnosis
from worker.supervise.child import Child, ChildSpec, OnExit, Report, StartFailed
from worker.supervise.logs import LogFile
from worker.supervise.reaper import Reaper

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PROGRESS_SECONDS = 10.0
_LOG_CHECK_SECONDS = 15.0
_POLL_SECONDS = 0.3


class _Stopped(Exception):
    """The supervisor received a signal."""


async def ignore(_process_name: str) -> None:
    """The default for `on_exit`."""


def _waited_for(child: Child) -> str:
    progress = child.spec.progress(child.log.tail()) if child.spec.progress else None
    return f"{child.spec.name}: {progress}" if progress else child.spec.name


async def _result(task: asyncio.Task[None]) -> None:
    await task


class Supervisor:
    """Runs stages of children until SIGINT, SIGTERM or SIGHUP; a second signal kills at once.

    A stage starts when the children of earlier stages with `blocks_next_stage` are ready. Stages
    stop in reverse order, the children of one stage together. Logs go to `log_dir/NAME.log`.
    `on_exit` is called with the process name of each child that ended without being stopped.
    `external`: services by name that are not children and must answer before the system is ready;
    what is wrong with them is reported from the start. `whole`: the same, checked when all else is
    ready. `start_timeout`, in seconds, applies to children only.
    """

    def __init__(
        self,
        stages: Sequence[Sequence[ChildSpec]],
        log_dir: Path,
        *,
        report: Report,
        on_exit: OnExit = ignore,
        external: Mapping[str, Diagnosis] | None = None,
        whole: Mapping[str, Diagnosis] | None = None,
        start_timeout: float = 900.0,
    ) -> None:
        self._reaper = Reaper()
        self._report = report
        self._start_timeout = start_timeout
        self._stop_requested = asyncio.Event()
        self._stages = [[self._child(spec, log_dir, on_exit) for spec in stage] for stage in stages]
        self._external = external or {}
        self._whole = whole or {}
        self._ready: set[Child] = set()
        self._running: list[asyncio.Task[None]] = []
        self._started = time.monotonic()

    @property
    def children(self) -> list[Child]:
        return [child for stage in self._stages for child in stage]

    async def run(self, when_ready: Callable[[], None]) -> None:
        """Run until a signal. Calls `when_ready` once, when every child is ready.

        Raises `StartFailed` after stopping everything.
        """
        self._listen_to_signals()
        rotation = asyncio.create_task(self._rotate_logs())
        try:
            with contextlib.suppress(_Stopped):
                await self._start()
                when_ready()
                await self._first_of(asyncio.Event().wait())
        finally:
            rotation.cancel()
            await self._stop()

    async def _start(self) -> None:
        self._started = time.monotonic()
        external = asyncio.create_task(self._all_answer(self._external))
        try:
            await self._start_stages()
            await self._first_of(_result(external))
        finally:
            external.cancel()
        await self._first_of(self._all_answer(self._whole))

    async def _start_stages(self) -> None:
        for stage in self._stages:
            for child in stage:
                child.log.rotate_previous()
                self._running.append(asyncio.create_task(child.keep_running()))
            await self._first_of(
                self._all_ready(child for child in stage if child.spec.blocks_next_stage)
            )
        await self._first_of(self._all_ready(self.children))

    async def _all_ready(self, children: Iterable[Child]) -> None:
        missing = [child for child in children if child not in self._ready]
        waits = {asyncio.create_task(child.ready.wait()): child for child in missing}
        try:
            while waits:
                done, _ = await asyncio.wait(
                    waits, timeout=_PROGRESS_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    child = waits.pop(task)
                    self._ready.add(child)
                    self._report(f"{child.spec.name} is up ({self._elapsed:.1f} s)")
                if not done:
                    self._report_waiting(list(waits.values()))
        finally:
            for task in waits:
                task.cancel()

    async def _all_answer(self, services: Mapping[str, Diagnosis]) -> None:
        for name, diagnose in services.items():
            next_report = time.monotonic()
            while fault := await diagnose():
                if time.monotonic() >= next_report:
                    next_report = time.monotonic() + _PROGRESS_SECONDS
                    self._report(f"waiting for {name}: {fault} ({self._elapsed:.0f} s)")
                await asyncio.sleep(_POLL_SECONDS)

    def _report_waiting(self, missing: Sequence[Child]) -> None:
        names = ", ".join(map(_waited_for, missing))
        self._report(f"waiting for {names} ({self._elapsed:.0f} s)")
        if self._elapsed > self._start_timeout:
            first = missing[0]
            reason = f"was not ready after {self._start_timeout:.0f} s"
            raise StartFailed(first.spec.name, reason, first.log)

    @property
    def _elapsed(self) -> float:
        return time.monotonic() - self._started

    async def _first_of(self, wanted: Coroutine[Any, Any, object]) -> None:
        """Wait for `wanted`. Raises `_Stopped` or `StartFailed` if that happens first."""
        goal = asyncio.create_task(wanted)
        stop = asyncio.create_task(self._stop_requested.wait())
        try:
            await asyncio.wait({goal, stop, *self._running}, return_when=asyncio.FIRST_COMPLETED)
            for task in self._running:
                if task.done():
                    task.result()
            if self._stop_requested.is_set():
                raise _Stopped
            await goal
        finally:
            goal.cancel()
            stop.cancel()

    async def _stop(self) -> None:
        for stage in reversed(self._stages):
            await asyncio.gather(*(child.stop() for child in stage))
        await asyncio.gather(*self._running, return_exceptions=True)
        self._reaper.close()

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._on_signal)

    def _on_signal(self) -> None:
        if self._stop_requested.is_set():
            self._report("killing everything at once")
            for child in self.children:
                child.kill()
            return
        self._report("stopping (a second signal kills at once)")
        self._stop_requested.set()

    async def _rotate_logs(self) -> None:
        while True:
            await asyncio.sleep(_LOG_CHECK_SECONDS)
            for child in self.children:
                await asyncio.to_thread(child.log.rotate_if_large)

    def _child(self, spec: ChildSpec, log_dir: Path, on_exit: OnExit) -> Child:
        log = LogFile(log_dir / f"{spec.name}.log")
        return Child(spec, log, self._reaper, report=self._report, on_exit=on_exit)
