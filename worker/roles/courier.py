"""The courier process: delivers callbacks."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import structlog

from jobs.ledger import Ledger
from jobs.model.callback import Callback, Delivery, Outcome, Refusal
from jobs.model.department import Department
from jobs.model.lanes import Queue
from jobs.model.problems import ProblemError
from jobs.model.states import CallbackStatus
from jobs.process.data_dir import open_or_exit
from jobs.process.environment import read_or_exit
from jobs.process.heartbeat import keep_beating, this_process
from jobs.process.settings import (
    ApiSettings,
    CallbackSettings,
    EngineSettings,
    EnginesSettings,
    FastEngineSettings,
    FlowerSettings,
    RedisSettings,
    StoreSettings,
)
from jobs.process.spans import Attributes, Span, SpanKind
from jobs.process.tracing import next_span, set_up_tracing
from jobs.process.watchdog import STOP_MARGIN_SECONDS, Watchdog
from jobs.sealing.master_keys import MasterKeys
from jobs.sealing.secrets import Secrets
from jobs.store import Store
from worker.callbacks.delivery import AttemptResult, Deliverer, unsent
from worker.callbacks.events import event_body
from worker.callbacks.own_addresses import OwnServers
from worker.callbacks.retries import next_step
from worker.celery.app import app, register_wake_ups
from worker.celery.controls import install_controls
from worker.celery.event_loop import EventLoopThread
from worker.celery.service import serve
from worker.claim_loop import Claimed, ClaimLoop
from worker.defects import described

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting of a courier, read from the environment when the process starts."""

    redis: RedisSettings = field(default_factory=RedisSettings)
    store: StoreSettings = field(default_factory=StoreSettings)
    callbacks: CallbackSettings = field(default_factory=CallbackSettings)
    api: ApiSettings = field(default_factory=ApiSettings)
    engine: EngineSettings = field(default_factory=EngineSettings)
    fast_engine: FastEngineSettings = field(default_factory=FastEngineSettings)
    engines: EnginesSettings = field(default_factory=EnginesSettings)
    flower: FlowerSettings = field(default_factory=FlowerSettings)

    @property
    def platform_urls(self) -> Sequence[str]:
        """The URLs of the platform's own servers."""
        urls = (
            self.redis.url.get_secret_value(),
            *self.engines.urls(self.engine, self.fast_engine),
            f"http://{self.api.host}:{self.api.port}",
            f"http://{self.flower.host}:{self.flower.port}",
            *self.callbacks.own_urls,
        )
        return [url for url in urls if url]


class Courier:
    """Delivers callbacks. Must be created on the event loop that runs it."""

    def __init__(self, settings: Settings, deliverer: Deliverer) -> None:
        self._settings = settings.callbacks
        self._data_dir = settings.store.data_dir
        self._public_url = settings.api.public_url or ""
        master = MasterKeys.from_settings(settings.store)
        self._process = this_process("courier", master)
        self._ledger = Ledger(settings.redis, callbacks=settings.callbacks)
        self._store = Store.opened(settings.store)
        self._secrets = Secrets(master)
        self._deliverer = deliverer
        self._claims = ClaimLoop(self._claim, self.can_run)
        self._stopping = False

    @property
    def in_hand(self) -> int:
        return self._claims.in_hand

    def may_pull(self, queue: str) -> bool:  # noqa: ARG002 - a courier has one queue
        return self.can_run()

    def can_run(self) -> bool:
        return not self._stopping and self._room > 0

    def wake(self) -> None:
        self._claims.wake()

    @property
    def _room(self) -> int:
        return self._settings.concurrency - self._claims.running

    async def start(self) -> None:
        await self._ledger.check()
        await self._deliverer.start()

    def background(self) -> Sequence[Coroutine[Any, Any, None]]:
        return (
            self._claims.run_forever(),
            keep_beating(self._ledger, self._process, self._detail, self._data_dir, self._store),
        )

    def begin_stop(self) -> None:
        """Claim nothing more. Deliveries under way are finished."""
        self._stopping = True

    def stop_work(self) -> None:
        """Cancel the deliveries under way. They are made again when their leases end."""
        self._claims.cancel_all()

    async def close(self) -> None:
        await self._deliverer.close()
        await self._ledger.processes.leave(self._process.name)
        await self._ledger.close()

    async def _claim(self, woken: bool, again_seconds: float) -> Claimed:  # noqa: FBT001 - as ClaimLoop calls it
        claims = await self._ledger.callbacks.claim(
            self._room,
            self._settings.lease_seconds,
            self._process.name,
            woken=woken,
            asks_again=again_seconds > 0,
        )
        for callback_id, why in claims.refused.items():
            if why in (Refusal.gone, Refusal.given_up):
                log.warning("callback.dead", callback_id=callback_id, why=why.value)
        # An ending gives its receiver room for a callback that was not due before.
        more = claims.more or len(claims.deliveries) + self._claims.running > 1
        return Claimed([self._run(delivery) for delivery in claims.deliveries], more)

    async def _run(self, delivery: Delivery) -> None:
        """Make the attempt and report it."""
        callback = delivery.callback
        with structlog.contextvars.bound_contextvars(
            callback_id=callback.id, **_subject_ids(callback)
        ):
            try:
                with _traced(delivery) as step:
                    await self._deliver(delivery, step)
            except ProblemError as error:
                # The ledger is unavailable. The attempt is made again when its lease ends.
                log.warning("callback.not_settled", code=error.problem.code)

    async def _deliver(self, delivery: Delivery, step: Span) -> None:
        result = await self._attempt(delivery, step.traceparent)
        _describe(result, step)
        status, delay = next_step(self._settings.schedule_seconds, delivery.attempt, result)
        await self._ledger.callbacks.settle(
            delivery,
            result.attempt,
            status,
            result.outcome,
            delay_seconds=delay,
            asks_again=self._claims.running > 1 and not self._stopping,
        )
        log.info(
            f"callback.{status.value}",
            attempt=delivery.attempt,
            status_code=result.attempt.status_code,
            error=result.attempt.error,
            again_in=round(delay) if status is CallbackStatus.pending else None,
        )
        if result.outcome is Outcome.gone:
            log.warning("callback.url_gone", department=delivery.callback.department)

    async def _attempt(self, delivery: Delivery, traceparent: str | None) -> AttemptResult:
        callback, department, at = delivery.callback, delivery.department, datetime.now(UTC)
        if department is None:
            return unsent(at, f"the department {callback.department} does not exist", final=True)
        try:
            body = await self._body(delivery, department)
            return await self._deliverer.send(
                self._secrets.opened_department(department),
                callback.url,
                callback.id,
                body,
                options=self._secrets.opened_options(department.name, delivery.options),
                number=delivery.number,
                traceparent=traceparent,
            )
        except ProblemError:
            raise
        except Exception as error:  # noqa: BLE001 - a defect must not stop the courier
            log.error("callback.defect", **described(error))  # noqa: TRY400 - it may quote results
            return unsent(at, f"the callback could not be built ({type(error).__name__})")

    async def _body(self, delivery: Delivery, department: Department) -> bytes:
        most = department.callback_max_bytes or self._settings.max_bytes
        return await event_body(
            delivery.callback,
            delivery.subject,
            self._store,
            public_url=self._public_url,
            max_bytes=most,
            callback_format=delivery.options.format,
        )

    def _detail(self) -> Mapping[str, Any]:
        return {"concurrency": self._settings.concurrency, "in_hand": self.in_hand}


def _traced(delivery: Delivery) -> AbstractContextManager[Span]:
    """The last step of the trace of the job or batch."""
    callback = delivery.callback
    attributes: Attributes = {
        "chancery.callback.id": callback.id,
        "chancery.callback.attempt": delivery.number,
        "chancery.department": callback.department,
    }
    return next_span(
        f"callback {callback.type}",
        SpanKind.client,
        attributes,
        parent=delivery.subject.traceparent,
    )


def _describe(result: AttemptResult, step: Span) -> None:
    if result.attempt.status_code is not None:
        step.set({"http.response.status_code": result.attempt.status_code})
    if not result.delivered:
        step.fail(str(result.attempt.status_code or result.outcome.value))


def _subject_ids(callback: Callback) -> Mapping[str, str]:
    ids = {"job_id": callback.job_id, "batch_id": callback.batch_id}
    return {name: value for name, value in ids.items() if value is not None}


def main() -> None:
    settings = read_or_exit(Settings)
    open_or_exit(settings.store)
    set_up_tracing("courier")
    with EventLoopThread() as loop:
        courier = loop.run(_new_courier(settings))

        def wake() -> None:
            loop.call(courier.wake)

        register_wake_ups(wake)
        # A callback cannot be revoked; workers cancel jobs.
        install_controls(lambda _: None)
        arguments = (
            "--concurrency=1",  # threads: a message only wakes the event loop
            f"--queues={Queue.callbacks.value}",
            "--hostname=courier@%h",
        )
        grace = settings.callbacks.timeout_seconds
        watchdog = Watchdog("courier", settings.store.data_dir, grace + STOP_MARGIN_SECONDS)
        serve(app, courier, loop, arguments, grace_seconds=grace, watchdog=watchdog)


async def _new_courier(settings: Settings) -> Courier:
    callbacks = settings.callbacks
    deliverer = Deliverer(
        callbacks.timeout_seconds,
        callbacks.concurrency,
        OwnServers(settings.platform_urls),
        response_max_bytes=callbacks.response_max_bytes,
    )
    return Courier(settings, deliverer)
