"""Starts children in stages, keeps them running, and stops them in reverse."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from worker.supervise.checks import Check
from worker.supervise.child import Child, ChildSpec, Died, Say, StartFailed
from worker.supervise.logs import LogFile
from worker.supervise.undertaker import Undertaker

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PROGRESS_SECONDS = 10.0
_LOG_CHECK_SECONDS = 15.0
_POLL_SECONDS = 0.3


class _Stopped(Exception):
    """The supervisor was asked to stop."""


async def nobody_cares(_process_name: str) -> None:
    """For a supervisor whose children's deaths concern nobody else."""


class Supervisor:
    """Runs stages of children until SIGINT, SIGTERM or SIGHUP; a second signal kills at once.

    A stage starts when the gates of the stages before it are ready, and is stopped, its children
    together, before the stage ahead of it. Logs go to `log_dir/NAME.log`. `died` is told the
    process name of every child that ended unasked. `outside` names what else must answer before all
    is ready. `start_timeout`, in seconds, is for children; for what is outside there is no limit.
    """

    def __init__(
        self,
        stages: Sequence[Sequence[ChildSpec]],
        log_dir: Path,
        *,
        say: Say,
        died: Died = nobody_cares,
        outside: Mapping[str, Check] | None = None,
        start_timeout: float = 900.0,
    ) -> None:
        self._undertaker = Undertaker()
        self._say = say
        self._start_timeout = start_timeout
        self._stop_asked = asyncio.Event()
        self._stages = [[self._child(spec, log_dir, died) for spec in stage] for stage in stages]
        self._outside = outside or {}
        self._up: set[Child] = set()
        self._keepers: list[asyncio.Task[None]] = []
        self._began = time.monotonic()

    @property
    def children(self) -> list[Child]:
        return [child for stage in self._stages for child in stage]

    async def run(self, when_ready: Callable[[], None]) -> None:
        """Run until asked to stop. Calls `when_ready` once, when every child is ready.

        Raises `StartFailed` after everything was stopped.
        """
        self._listen_to_signals()
        rotation = asyncio.create_task(self._bound_logs())
        try:
            with contextlib.suppress(_Stopped):
                await self._start()
                when_ready()
                await self._first_of(asyncio.Event().wait())
        finally:
            rotation.cancel()
            await self._stop()

    async def _start(self) -> None:
        self._began = time.monotonic()
        for stage in self._stages:
            for child in stage:
                child.log.begin()
                self._keepers.append(asyncio.create_task(child.keep()))
            await self._first_of(self._all_ready(child for child in stage if child.spec.gate))
        await self._first_of(self._all_ready(self.children))
        await self._first_of(self._outside_ready())

    async def _all_ready(self, children: Iterable[Child]) -> None:
        missing = [child for child in children if child not in self._up]
        waits = {asyncio.create_task(child.ready.wait()): child for child in missing}
        try:
            while waits:
                done, _ = await asyncio.wait(
                    waits, timeout=_PROGRESS_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    child = waits.pop(task)
                    self._up.add(child)
                    self._say(f"{child.spec.name} is up ({self._elapsed:.1f} s)")
                if not done:
                    self._report_waiting(list(waits.values()))
        finally:
            for task in waits:
                task.cancel()

    async def _outside_ready(self) -> None:
        for name, answers in self._outside.items():
            reported = time.monotonic()
            while not await answers():
                if time.monotonic() - reported >= _PROGRESS_SECONDS:
                    reported = time.monotonic()
                    self._say(f"waiting for {name} ({self._elapsed:.0f} s)")
                await asyncio.sleep(_POLL_SECONDS)

    def _report_waiting(self, missing: Sequence[Child]) -> None:
        names = ", ".join(child.spec.name for child in missing)
        self._say(f"waiting for {names} ({self._elapsed:.0f} s)")
        if self._elapsed > self._start_timeout:
            first = missing[0]
            reason = f"was not ready after {self._start_timeout:.0f} s"
            raise StartFailed(first.spec.name, reason, first.log)

    @property
    def _elapsed(self) -> float:
        return time.monotonic() - self._began

    async def _first_of(self, wanted: Coroutine[Any, Any, object]) -> None:
        """Wait for `wanted`. Raises `_Stopped` or `StartFailed` when that comes first."""
        goal = asyncio.create_task(wanted)
        stop = asyncio.create_task(self._stop_asked.wait())
        try:
            await asyncio.wait({goal, stop, *self._keepers}, return_when=asyncio.FIRST_COMPLETED)
            for keeper in self._keepers:
                if keeper.done():
                    keeper.result()
            if self._stop_asked.is_set():
                raise _Stopped
            await goal
        finally:
            goal.cancel()
            stop.cancel()

    async def _stop(self) -> None:
        for stage in reversed(self._stages):
            await asyncio.gather(*(child.stop() for child in stage))
        await asyncio.gather(*self._keepers, return_exceptions=True)
        self._undertaker.close()

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for asked in _SIGNALS:
            loop.add_signal_handler(asked, self._on_signal)

    def _on_signal(self) -> None:
        if self._stop_asked.is_set():
            self._say("killing everything at once")
            for child in self.children:
                child.kill()
            return
        self._say("stopping (a second signal kills at once)")
        self._stop_asked.set()

    async def _bound_logs(self) -> None:
        while True:
            await asyncio.sleep(_LOG_CHECK_SECONDS)
            for child in self.children:
                await asyncio.to_thread(child.log.bound)

    def _child(self, spec: ChildSpec, log_dir: Path, died: Died) -> Child:
        log = LogFile(log_dir / f"{spec.name}.log")
        return Child(spec, log, self._undertaker, say=self._say, died=died)
