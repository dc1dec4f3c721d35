"""A Celery process around an asyncio service: threads wait, one event loop works."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import Any, Protocol

import structlog
from celery import Celery, signals

from worker.loop import LoopThread

DRAIN_POLL_SECONDS = 0.1
log = structlog.get_logger()


class Service(Protocol):
    """What a Celery process serves with."""

    @property
    def in_hand(self) -> int: ...

    async def start(self) -> None: ...

    def background(self) -> Sequence[Coroutine[Any, Any, None]]:
        """What runs beside the work, until the process stops."""
        ...

    def stop_work(self) -> None:
        """Stop all work in hand now; what it was on is given back."""
        ...

    async def close(self) -> None: ...


def serve(
    app: Celery, service: Service, loop: LoopThread, arguments: Sequence[str], grace_seconds: float
) -> None:
    """Run a Celery worker until it is told to stop.

    From then on nothing new is pulled; what is in hand has `grace_seconds` to finish.
    """
    loop.run(service.start())
    background = [loop.submit(_recorded(work)) for work in service.background()]

    def drain(**_: Any) -> None:
        loop.submit(_drain(service, grace_seconds))

    def leave_logs_alone(**_: Any) -> None:
        """Celery asks this instead of setting up logging its own way."""

    signals.worker_shutting_down.connect(drain, weak=False)
    signals.setup_logging.connect(leave_logs_alone, weak=False)
    try:
        app.worker_main(["--quiet", "worker", "--pool=threads", *arguments])
    finally:
        for future in background:
            future.cancel()
            with suppress(CancelledError):
                future.result()
        loop.run(service.close())


async def _drain(service: Service, grace_seconds: float) -> None:
    log.info("process.stopping", in_hand=service.in_hand, grace=grace_seconds)
    with suppress(TimeoutError):
        async with asyncio.timeout(grace_seconds):
            while service.in_hand:  # noqa: ASYNC110 - a process that ends can afford to poll
                await asyncio.sleep(DRAIN_POLL_SECONDS)
            return
    service.stop_work()


async def _recorded(work: Coroutine[Any, Any, None]) -> None:
    """The edge for background work: what ends it is recorded, and not silently gone."""
    try:
        await work
    except Exception:
        log.exception("process.background_failed")
        raise
