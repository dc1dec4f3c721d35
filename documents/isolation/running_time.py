"""Time limits that count only while this process runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_STEP_SECONDS = 0.5


@asynccontextmanager
async def running_time(seconds: float) -> AsyncIterator[None]:
    """As `asyncio.timeout(seconds)`, but a pause of this process counts as one step at most.

    A machine or a container that was suspended goes on with a clock that has run: every limit
    would be over at once, and blame the work.
    """
    loop = asyncio.get_running_loop()
    left = seconds
    timer: asyncio.TimerHandle
    async with asyncio.timeout(None) as limit:

        def start_step() -> None:
            nonlocal timer
            step = min(left, _STEP_SECONDS)
            timer = loop.call_later(step, end_step, step)

        def end_step(step: float) -> None:
            nonlocal left
            left -= step
            if left > 0:
                start_step()
            else:
                limit.reschedule(loop.time())

        start_step()
        try:
            yield
        finally:
            timer.cancel()
