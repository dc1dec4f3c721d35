"""Time limits that count only while this process runs."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from types import TracebackType

_STEP_SECONDS = 0.5


def running_time(seconds: float) -> RunningTime:
    """As `asyncio.timeout(seconds)`, but a pause of this process counts as one step at most.

    A machine or a container that was suspended goes on with a clock that has run: every limit
    would be over at once, and blame the work.
    """
    return RunningTime(seconds)


class RunningTime(AbstractAsyncContextManager[None]):
    """See `running_time`.

    A class, because a generator with `asynccontextmanager` costs several times as much, for each
    job.
    """

    __slots__ = ("_left", "_limit", "_loop", "_timer")

    def __init__(self, seconds: float) -> None:
        self._left = seconds
        self._limit = asyncio.timeout(None)
        self._loop: asyncio.AbstractEventLoop
        self._timer: asyncio.TimerHandle

    async def __aenter__(self) -> None:
        await self._limit.__aenter__()
        self._loop = asyncio.get_running_loop()
        self._start_step()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        await self._limit.__aexit__(kind, error, trace)

    def _start_step(self) -> None:
        step = min(self._left, _STEP_SECONDS)
        self._timer = self._loop.call_later(step, self._end_step, step)

    def _end_step(self, step: float) -> None:
        self._left -= step
        if self._left > 0:
            self._start_step()
        else:
            self._limit.reschedule(self._loop.time())
