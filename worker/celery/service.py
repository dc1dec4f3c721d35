"""A Celery process around an asyncio service: threads wait, one event loop works."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import Any, Protocol

import structlog
from celery import Celery, signals

from jobs.model.problems import ProblemError
from worker.celery.gate import install_gate
from worker.celery.loop import LoopThread
from worker.defects import described

DRAIN_POLL_SECONDS = 0.1
WITHDRAWN_SECONDS = 5.0
# Workers have nothing to tell each other; what they would say is one more connection to break.
ALONE = ("--without-gossip", "--without-mingle")
log = structlog.get_logger()


class Service(Protocol):
    """What a Celery process serves with."""

    @property
    def in_hand(self) -> int: ...

    def can_run(self) -> bool:
        """Whether to pull. Asked from another thread."""
        ...

    async def start(self) -> None: ...

    def background(self) -> Sequence[Coroutine[Any, Any, None]]:
        """What runs beside the work, until the process stops."""
        ...

    def begin_stop(self) -> None:
        """Take nothing new in hand from now on."""
        ...

    def stop_work(self) -> None:
        """Stop all work in hand now; what it was on is given back."""
        ...

    async def close(self) -> None: ...


def serve(
    app: Celery, service: Service, loop: LoopThread, arguments: Sequence[str], grace_seconds: float
) -> None:
    """Run a Celery worker until it is told to stop.

    From then on nothing new is pulled; what is in hand has `grace_seconds` to finish. Where work in
    the background fails, the process stops in the same way, with status 1.
    """
    loop.run(service.start())
    withdrawn = install_gate(app, service.can_run)
    background = [loop.submit(_recorded(work)) for work in service.background()]

    def drain(**_: Any) -> None:
        loop.submit(_drain(service, grace_seconds, withdrawn))

    def leave_logs_alone(**_: Any) -> None:
        """Celery asks this instead of setting up logging its own way."""

    signals.worker_shutting_down.connect(drain, weak=False)
    signals.setup_logging.connect(leave_logs_alone, weak=False)
    try:
        app.worker_main(["--quiet", "worker", "--pool=threads", *ALONE, *arguments])
    finally:
        failed = [one for one in background if one.done() and one.exception()]
        for future in background:
            future.cancel()
        loop.run(_close(service))
    if failed:
        sys.exit(1)


async def _close(service: Service) -> None:
    try:
        await service.close()
    except ProblemError as error:
        # The ledger is away and forgets this process by itself.
        log.warning("process.closed_without_ledger", code=error.problem.code)
    log.info("process.stopped")


async def _drain(service: Service, grace_seconds: float, withdrawn: threading.Event) -> None:
    service.begin_stop()
    log.info("process.stopping", in_hand=service.in_hand, grace=grace_seconds)
    with suppress(TimeoutError):
        async with asyncio.timeout(grace_seconds):
            while service.in_hand:  # noqa: ASYNC110 - a process that ends can afford to poll
                await asyncio.sleep(DRAIN_POLL_SECONDS)
            return
    # What is given back must not come back to this process.
    await asyncio.to_thread(withdrawn.wait, WITHDRAWN_SECONDS)
    service.stop_work()


async def _recorded(work: Coroutine[Any, Any, None]) -> None:
    """The edge for background work. A process without it would go on wrongly: so it stops."""
    try:
        await work
    except Exception as error:
        log.error("process.background_failed", **described(error))  # noqa: TRY400
        os.kill(os.getpid(), signal.SIGTERM)
        raise
