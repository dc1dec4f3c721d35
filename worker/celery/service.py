"""Runs an asyncio service in a Celery process, on one event loop beside Celery's threads."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Coroutine, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, Protocol

import structlog
from celery import Celery, signals
from celery.bin.worker import worker

from jobs.model.problems import ProblemError
from jobs.process.ending import exit_now
from jobs.process.watchdog import Watchdog
from worker.celery.command_line import run_command
from worker.celery.event_loop import EventLoopThread
from worker.celery.pull_guard import install_pull_guard
from worker.defects import described

DRAIN_POLL_SECONDS = 0.1
# For telling the ledger of work that was cancelled.
REQUEUE_SECONDS = 5.0
# Workers need no state of each other; gossip would only add a connection.
NO_GOSSIP = ("--without-gossip", "--without-mingle")
log = structlog.get_logger()


class Service(Protocol):
    """The asyncio side of a Celery process."""

    @property
    def in_hand(self) -> int: ...

    def may_pull(self, queue: str) -> bool:
        """Whether to pull messages from this queue. Called from another thread."""
        ...

    async def start(self) -> None: ...

    def background(self) -> Sequence[Coroutine[Any, Any, None]]:
        """Coroutines that run until the process stops."""
        ...

    def begin_stop(self) -> None:
        """Start no new work."""
        ...

    def stop_work(self) -> None:
        """Cancel all running work; it is requeued."""
        ...

    async def close(self) -> None: ...


def serve(
    app: Celery,
    service: Service,
    loop: EventLoopThread,
    arguments: Sequence[str],
    *,
    grace_seconds: float,
    watchdog: Watchdog,
) -> None:
    """Run a Celery worker until it receives SIGTERM or SIGINT.

    Then nothing more is claimed, running work has `grace_seconds` to finish, and the process ends,
    also while threads of its own hang. It stops in the same way, with status 1, when a background
    coroutine fails. `watchdog` watches the loop.
    """
    loop.run(watchdog.start())
    loop.run(service.start())
    install_pull_guard(app, service.may_pull)
    background = [loop.submit(_stop_on_failure(work)) for work in service.background()]
    draining: list[Future[None]] = []

    def drain(**_: Any) -> None:
        if not draining:
            watchdog.begin_stop()
            draining.append(loop.submit(_drain(service, grace_seconds)))

    def leave_logs_alone(**_: Any) -> None:
        """A receiver of this signal keeps Celery from configuring logging."""

    signals.worker_shutting_down.connect(drain, weak=False)
    signals.setup_logging.connect(leave_logs_alone, weak=False)
    try:
        run_command(worker, app, ["--pool=threads", *NO_GOSSIP, *arguments])
    finally:
        drain()  # Flower's shutdown sends no signal
        draining[0].result()
        failed = [future for future in background if future.done() and future.exception()]
        for future in background:
            future.cancel()
        loop.run(_close(service))
    exit_now(1 if failed else 0)


async def _close(service: Service) -> None:
    try:
        await service.close()
    except ProblemError as error:
        # The ledger is away; the heartbeat expires by itself.
        log.warning("process.closed_without_ledger", code=error.problem.code)
    log.info("process.stopped")


async def _drain(service: Service, grace_seconds: float) -> None:
    service.begin_stop()
    log.info("process.stopping", in_hand=service.in_hand, grace=grace_seconds)
    await _wait_until_idle(service, grace_seconds)
    if service.in_hand:
        service.stop_work()
        await _wait_until_idle(service, REQUEUE_SECONDS)


async def _wait_until_idle(service: Service, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while service.in_hand:  # noqa: ASYNC110 - polling is cheap while the process stops
                await asyncio.sleep(DRAIN_POLL_SECONDS)


async def _stop_on_failure(work: Coroutine[Any, Any, None]) -> None:
    """Stop the process when background work fails: it cannot run correctly without it."""
    try:
        await work
    except Exception as error:
        log.error("process.background_failed", **described(error))  # noqa: TRY400
        os.kill(os.getpid(), signal.SIGTERM)
        raise
