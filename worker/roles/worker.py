"""The worker process: pulls jobs and runs them on an engine."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from documents.isolation.pool import ReaderPool
from documents.limits import ReadLimits
from jobs.ledger import Ledger
from jobs.model.job import Claim
from jobs.model.lanes import Lane, Queue
from jobs.model.problems import ProblemError
from jobs.model.roles import Role
from jobs.process.data_dir import open_or_exit
from jobs.process.department_tasks import offer_or_exit
from jobs.process.environment import read_or_exit
from jobs.process.heartbeat import keep_beating, this_process
from jobs.process.processes import task_processes, warm_up
from jobs.process.settings import (
    CascadeSettings,
    EngineSettings,
    EnginesSettings,
    FastEngineSettings,
    LimitSettings,
    OcrSettings,
    RedisSettings,
    SecrecySettings,
    StoreSettings,
    TaskSettings,
    WorkerSettings,
)
from jobs.process.tracing import set_up_tracing
from jobs.process.watchdog import STOP_MARGIN_SECONDS, Watchdog
from jobs.sealing.master_keys import MasterKeys
from jobs.store import Store
from jobs.submit.documents import Documents
from worker.celery.app import app, register_wake_ups
from worker.celery.controls import install_controls
from worker.celery.event_loop import EventLoopThread
from worker.celery.service import serve
from worker.claim_loop import Claimed, ClaimLoop
from worker.engine.pool import EnginePool
from worker.engine.report import EngineReport
from worker.engine.requests.cache_salts import CacheSalts
from worker.engine.watch import EngineWatch
from worker.run.cascade import Cascade
from worker.run.ending import RunEnding
from worker.run.inputs import Inputs
from worker.run.leases import Leases
from worker.run.room import WorkerRoom
from worker.run.runner import Runner

FULL_KV_CACHE = 0.9
log = structlog.get_logger()
# The longest wait at the start for engines.
ENGINES_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting of a worker, read from the environment when the process starts."""

    worker: WorkerSettings = field(default_factory=WorkerSettings)
    redis: RedisSettings = field(default_factory=RedisSettings)
    store: StoreSettings = field(default_factory=StoreSettings)
    engine: EngineSettings = field(default_factory=EngineSettings)
    fast_engine: FastEngineSettings = field(default_factory=FastEngineSettings)
    engines: EnginesSettings = field(default_factory=EnginesSettings)
    cascade: CascadeSettings = field(default_factory=CascadeSettings)
    limits: LimitSettings = field(default_factory=LimitSettings)
    ocr: OcrSettings = field(default_factory=OcrSettings)
    secrecy: SecrecySettings = field(default_factory=SecrecySettings)
    tasks: TaskSettings = field(default_factory=TaskSettings)


class Worker:
    """The parts of a worker. Create it on the event loop that runs it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings.worker
        self._data_dir = settings.store.data_dir
        self._process = this_process("worker", MasterKeys.from_settings(settings.store))
        self._ledger = Ledger(settings.redis)
        pools = _pools(settings)
        self._pools, self._engine = pools, pools[Role.full]
        self._reports = {role: EngineReport(role, pool) for role, pool in pools.items()}
        self._engine_watch = EngineWatch(
            self._ledger, pools, settings.engine, settings.fast_engine, settings.engines
        )
        self._warm_up: asyncio.Task[None] | None = None
        self._room = WorkerRoom(self._interactive_slots, self._bulk_slots)
        self._leases = Leases(self._ledger, self._process.name, self._settings.lease_seconds)
        self._reading = _reading(settings)
        self._store = store = Store.opened(settings.store)
        self._runner = Runner(
            name=self._process.name,
            ledger=self._ledger,
            engine=self._engine,
            inputs=Inputs(
                self._ledger,
                store,
                self._reading,
                _read_limits(settings.limits, settings.ocr),
                Documents(self._ledger, store, settings.limits),
                refuse_unchecked=settings.secrecy.unread == "refuse",
            ),
            cascade=Cascade(
                self._engine,
                pools.get(Role.fast),
                settings.cascade,
                CacheSalts(self._ledger, shared=self._settings.share_prefix_cache),
                {model: pool for model, pool in pools.items() if model not in tuple(Role)},
            ),
            ending=RunEnding(
                self._ledger,
                store,
                self._settings,
                settings.store.inline_result_bytes,
                self._endings_may_wait,
            ),
            leases=self._leases,
            processes=self._reading,
            lease_seconds=self._settings.lease_seconds,
            timeout_seconds=self._settings.job_timeout_seconds,
            result_max_bytes=self._settings.result_max_bytes,
        )

        self._claims = ClaimLoop(self._claim, self.can_run, lambda: self._room.is_ahead)

    @property
    def in_hand(self) -> int:
        return self._claims.in_hand

    def may_pull(self, queue: str) -> bool:
        return self._able and self._room.left().has(Lane(queue))

    def can_run(self) -> bool:
        return self._able and bool(self._room.left())

    @property
    def _able(self) -> bool:
        return self._engine.health.ok and self._leases.fresh and self._runner.open

    def wake(self) -> None:
        self._claims.wake()

    async def cancel(self, id_: str) -> None:
        """Cancel a job or batch for an operator. Other ids are ignored."""
        try:
            if department := await self._ledger.jobs.department_of(id_):
                await self._ledger.jobs.cancel(department, id_)
            elif department := await self._ledger.batches.department_of(id_):
                await self._ledger.batches.cancel(department, id_)
        except ProblemError as error:
            log.warning("control.not_cancelled", id=id_, why=error.problem.code)

    async def start(self) -> None:
        await self._ledger.check()
        # Not awaited: jobs on short texts need no process.
        self._warm_up = asyncio.create_task(warm_up(self._reading))
        await self._engine_watch.look()
        for pool in self._pools.values():
            await pool.start()
        # The first heartbeat is to tell of the engines that answer; without it the system would be
        # ready a second later. The worker starts without the others.
        pools = self._pools.values()
        await asyncio.gather(*(pool.wait_healthy(ENGINES_SECONDS) for pool in pools))

    def background(self) -> Sequence[Coroutine[Any, Any, None]]:
        return (
            self._leases.renew_forever(),
            self._finish_warm_up(),
            *(report.watch() for report in self._reports.values()),
            self._engine_watch.watch(),
            self._claims.run_forever(),
            keep_beating(self._ledger, self._process, self._detail, self._data_dir, self._store),
        )

    async def _finish_warm_up(self) -> None:
        """Fails if a task cannot be imported: the worker must not run without it."""
        assert self._warm_up is not None  # noqa: S101 - started in `start`
        await asyncio.shield(self._warm_up)

    def begin_stop(self) -> None:
        self._runner.stop_claiming()

    def stop_work(self) -> None:
        self._leases.cancel_all()

    async def close(self) -> None:
        await self._reading.close()
        if self._warm_up is not None:
            self._warm_up.cancel()
            await asyncio.gather(self._warm_up, return_exceptions=True)
        for pool in self._pools.values():
            await pool.close()
        await self._ledger.processes.leave(self._process.name)
        await self._ledger.close()

    def _detail(self) -> Mapping[str, Any]:
        reports = self._reports.values()
        totals: dict[str, Any] = {}
        for report in reports:
            totals |= report.totals()
        return {
            **totals,
            "engine_requests": {
                role: dict(pool.request_counts) for role, pool in self._pools.items()
            },
            "engines": [engine for report in reports for engine in report.engines()],
            "concurrency": self._settings.concurrency,
            "lanes": [lane.value for lane in self._settings.lanes],
            "bulk_places": self._settings.bulk_places,
            "in_hand": self.in_hand,
            "offline": self._reading.offline,
        }

    async def _claim(self, woken: bool, again_seconds: float) -> Claimed:  # noqa: FBT001 - as ClaimLoop calls it
        claims = await self._ledger.runs.claim_waiting(
            self._process.name,
            self._settings.lease_seconds,
            self._room.left(),
            woken=woken,
            again_seconds=again_seconds,
        )
        runs: list[Coroutine[Any, Any, object]] = []
        for claim in claims.granted:
            self._room.begin(claim.job)
            runs.append(self._run(claim))
        if claims.suspect:
            runs.append(self._runner.run_suspect(claims.suspect))
        return Claimed(runs, claims.more)

    def _endings_may_wait(self) -> bool:
        return self._claims.may_wait

    async def _run(self, claim: Claim) -> None:
        try:
            await self._runner.run_claimed(claim)
        finally:
            self._room.end(claim.job)

    @property
    def _interactive_slots(self) -> int:
        return self._settings.concurrency if Lane.interactive in self._settings.lanes else 0

    def _bulk_slots(self) -> int:
        """An engine with waiting requests and a full KV cache gets no more than it runs."""
        slots, engine = self._settings.bulk_places, self._reports[Role.full].metrics
        if slots and engine.get("waiting") and engine.get("kv_cache_use", 0) >= FULL_KV_CACHE:
            return min(slots, max(1, int(engine.get("running", 0))))
        return slots


def _pools(settings: Settings) -> Mapping[str, EnginePool]:
    """The engines by role, or model. Raises `ValueError` if a file with a key cannot be read."""
    concurrency = settings.worker.concurrency
    reserved = concurrency - settings.worker.bulk_places
    try:
        pools = settings.engines.pools(settings.engine, settings.fast_engine)
    except ValueError as error:
        raise ValueError(f"CHANCERY_ENGINES: {error}") from error
    return {role: EnginePool(pool, concurrency, reserved) for role, pool in pools.items()}


def _reading(settings: Settings) -> ReaderPool:
    worker, ocr = settings.worker, settings.ocr
    scans = task_processes(
        settings.tasks,
        processes=ocr.ocr_processes,
        timeout_seconds=ocr.ocr_timeout_seconds + worker.read_timeout_seconds,
        memory_mib=ocr.ocr_memory_mib,
    )
    return task_processes(
        settings.tasks,
        processes=worker.read_processes,
        timeout_seconds=worker.read_timeout_seconds,
        memory_mib=worker.read_memory_mib,
        compute_seconds=worker.compute_timeout_seconds,
        result_max_bytes=worker.result_max_bytes,
        ocr=scans if ocr.ocr else None,
    )


def _read_limits(limits: LimitSettings, ocr: OcrSettings) -> ReadLimits:
    return ReadLimits(
        limits.max_text_chars,
        limits.max_pages,
        ocr_pages=ocr.ocr_max_pages if ocr.ocr else 0,
        ocr_seconds=ocr.ocr_timeout_seconds,
        ocr_threads=ocr.threads,
    )


def main() -> None:
    settings = read_or_exit(Settings)
    open_or_exit(settings.store)
    offer_or_exit(settings.tasks)
    set_up_tracing("worker")
    worker_settings = settings.worker
    with EventLoopThread() as loop:
        try:
            worker = loop.run(_create(settings))
        except ValueError as error:  # of settings that do not fit together
            sys.exit(str(error))

        def wake() -> None:
            loop.call(worker.wake)

        register_wake_ups(wake)
        install_controls(lambda id_: _submit(loop, worker.cancel(id_)))
        queues = ",".join(Queue(lane).value for lane in worker_settings.lanes)
        name = f"worker-{worker_settings.lane}" if worker_settings.lane else "worker"
        arguments = (
            "--concurrency=1",  # threads: a message only wakes the event loop
            f"--queues={queues}",
            f"--hostname={name}@%h",
        )
        grace = worker_settings.grace_seconds
        watchdog = Watchdog("worker", settings.store.data_dir, grace + STOP_MARGIN_SECONDS)
        serve(app, worker, loop, arguments, grace_seconds=grace, watchdog=watchdog)


def _submit(loop: EventLoopThread, work: Coroutine[Any, Any, None]) -> None:
    loop.submit(work)


async def _create(settings: Settings) -> Worker:
    return Worker(settings)
