"""The courier process: delivers callbacks."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import structlog

from jobs.ledger import Ledger
from jobs.model.callback import Callback, Delivery, Outcome, Refusal
from jobs.model.department import Department
from jobs.model.lanes import Queue
from jobs.model.problems import ProblemError
from jobs.model.states import CallbackStatus
from jobs.process.settings import ApiSettings, CallbackSettings, RedisSettings, StoreSettings
from jobs.store import Store
from worker.callbacks.delivery import Deliverer, Tried, unsent
from worker.callbacks.events import event_body
from worker.callbacks.own_addresses import platform_addresses
from worker.celery.app import app, register_callbacks
from worker.celery.event_loop import EventLoopThread
from worker.celery.service import serve
from worker.defects import described
from worker.heartbeat import keep_beating, this_process

JITTER = 0.1
log = structlog.get_logger()


class Courier:
    """What a courier is made of; made on the event loop that runs it."""

    def __init__(self, deliverer: Deliverer) -> None:
        self._settings = CallbackSettings()
        self._public_url = ApiSettings().public_url or ""
        self._process = this_process("courier")
        self._ledger = Ledger(RedisSettings())
        self._store = Store(StoreSettings().data_dir / "store")
        self._deliverer = deliverer
        self._in_hand: set[asyncio.Task[Any]] = set()
        self._stopping = False

    @property
    def in_hand(self) -> int:
        return len(self._in_hand)

    def can_run(self) -> bool:
        return not self._stopping

    async def start(self) -> None:
        await self._ledger.check()
        await self._deliverer.start()

    def background(self) -> Sequence[Coroutine[Any, Any, None]]:
        return (keep_beating(self._ledger, self._process, self._detail),)

    def begin_stop(self) -> None:
        """Pull nothing more; what was pulled is still delivered."""
        self._stopping = True

    def stop_work(self) -> None:
        """Nothing is lost: an attempt that is not reported is made again when its lease ends."""
        for work in self._in_hand:
            work.cancel()

    async def close(self) -> None:
        await self._deliverer.close()
        await self._ledger.processes.leave(self._process.name)
        await self._ledger.close()

    async def deliver(self, callback_id: str) -> str:
        """Make the attempt that is due, if one is; returns a word on it, for Flower."""
        work = asyncio.current_task()
        assert work is not None  # noqa: S101 - a coroutine runs in a task
        self._in_hand.add(work)
        try:
            delivery = await self._ledger.callbacks.claim(callback_id, self._settings.lease_seconds)
            if isinstance(delivery, Refusal):
                if delivery in (Refusal.gone, Refusal.given_up):
                    log.warning("callback.dead", callback_id=callback_id, why=delivery.value)
                return f"left: {delivery.value}"
            with structlog.contextvars.bound_contextvars(
                callback_id=callback_id, **_about(delivery.callback)
            ):
                return await self._deliver(delivery)
        except asyncio.CancelledError:
            return "left: the courier stops"
        except ProblemError as error:
            # The ledger is away. The attempt, if it was made, is made again when its lease ends.
            return f"left: {error.problem.code}"
        finally:
            self._in_hand.discard(work)

    async def _deliver(self, delivery: Delivery) -> str:
        tried = await self._try(delivery)
        status, delay = self._verdict(delivery, tried)
        await self._ledger.callbacks.settle(
            delivery, tried.attempt, status, tried.outcome, delay_seconds=delay
        )
        log.info(
            f"callback.{status.value}",
            attempt=delivery.attempt,
            status_code=tried.attempt.status_code,
            error=tried.attempt.error,
            again_in=round(delay) if status is CallbackStatus.pending else None,
        )
        if tried.outcome is Outcome.gone:
            log.warning("callback.url_gone", department=delivery.callback.department)
        return status.value

    async def _try(self, delivery: Delivery) -> Tried:
        callback, at = delivery.callback, datetime.now(UTC)
        department = await self._ledger.departments.get(callback.department)
        if department is None:
            return unsent(at, f"the department {callback.department} has gone", final=True)
        try:
            body = await self._body(delivery, department)
            options = await self._ledger.departments.callback_options(department.name)
            return await self._deliverer.send(
                department, callback.url, callback.id, body, options=options, number=delivery.number
            )
        except ProblemError:
            raise
        except Exception as error:  # noqa: BLE001 - the edge, and recorded
            # The edge: a callback that cannot be made ends like one that cannot be delivered.
            log.error("callback.defect", **described(error))  # noqa: TRY400 - it may quote results
            return unsent(at, f"the callback could not be made ({type(error).__name__})")

    def _verdict(self, delivery: Delivery, tried: Tried) -> tuple[CallbackStatus, float]:
        if tried.delivered:
            return CallbackStatus.delivered, 0
        schedule = self._settings.schedule_seconds
        if tried.final or delivery.attempt >= len(schedule):
            return CallbackStatus.dead, 0
        delay = schedule[delivery.attempt] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311
        return CallbackStatus.pending, max(delay, tried.retry_after or 0)

    async def _body(self, delivery: Delivery, department: Department) -> bytes:
        most = department.callback_max_bytes or self._settings.max_bytes
        return await event_body(
            delivery.callback,
            delivery.subject,
            self._store,
            public_url=self._public_url,
            max_bytes=most,
        )

    def _detail(self) -> Mapping[str, Any]:
        return {"concurrency": self._settings.concurrency, "in_hand": self.in_hand}


def _about(callback: Callback) -> Mapping[str, str]:
    ids = {"job_id": callback.job_id, "batch_id": callback.batch_id}
    return {name: value for name, value in ids.items() if value is not None}


def main() -> None:
    settings = CallbackSettings()
    with EventLoopThread() as loop:
        courier = loop.run(_made(settings))

        def deliver(callback_id: str) -> str:
            return loop.run(courier.deliver(callback_id))

        register_callbacks(deliver)
        arguments = (
            f"--concurrency={settings.concurrency}",
            f"--queues={Queue.callbacks.value}",
            "--hostname=courier@%h",
        )
        serve(app, courier, loop, arguments, settings.timeout_seconds)


async def _made(settings: CallbackSettings) -> Courier:
    platform = await platform_addresses()
    return Courier(
        Deliverer(
            settings.timeout_seconds,
            settings.concurrency,
            platform,
            response_max_bytes=settings.response_max_bytes,
        )
    )
