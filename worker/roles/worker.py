"""The worker process: pulls jobs and runs them on an engine."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

from documents.isolation.pool import ReaderPool
from documents.limits import ReadLimits
from jobs.ledger import Ledger
from jobs.model.lanes import Queue
from jobs.process.department_tasks import offer_or_exit
from jobs.process.settings import (
    CascadeSettings,
    EngineSettings,
    FastEngineSettings,
    LimitSettings,
    OcrSettings,
    RedisSettings,
    RetentionSettings,
    StoreSettings,
    TaskSettings,
    WorkerSettings,
)
from jobs.store import Store
from jobs.submit.documents import Documents
from tasks.errors import EngineUnavailable
from tasks.file_work import IN_PROCESSES
from worker.celery.app import app, register_jobs
from worker.celery.bulk_room import BulkRoom
from worker.celery.loop import LoopThread
from worker.celery.queue_order import LanesInOrder
from worker.celery.service import serve
from worker.engine.client import EngineClient
from worker.heartbeat import keep_beating, this_process
from worker.run.cascade import Cascade
from worker.run.inputs import Inputs
from worker.run.leases import Leases
from worker.run.runner import Runner
from worker.run.work import Work

FIGURES_SECONDS = 2.0
# So long a worker waits at its start for the fast engine, which it can do without.
FAST_ENGINE_SECONDS = 2.0


def _read_limits(limits: LimitSettings, ocr: OcrSettings) -> ReadLimits:
    return ReadLimits(
        limits.max_text_chars,
        limits.max_pages,
        ocr_pages=ocr.ocr_max_pages if ocr.ocr else 0,
        ocr_seconds=ocr.ocr_timeout_seconds,
        ocr_threads=ocr.ocr_threads,
    )


def _reading_scans(ocr: OcrSettings, settings: WorkerSettings) -> ReaderPool:
    return ReaderPool(
        processes=ocr.ocr_processes,
        timeout_seconds=ocr.ocr_timeout_seconds + settings.read_timeout_seconds,
        memory_mib=ocr.ocr_memory_mib,
    )


class Worker:
    """What a worker is made of; made on the event loop that runs it."""

    def __init__(self) -> None:
        self._settings = WorkerSettings()
        limits, storage, ocr = LimitSettings(), StoreSettings(), OcrSettings()
        store = Store(storage.data_dir / "store")
        self._process = this_process("worker")
        self._ledger = Ledger(RedisSettings())
        documents = Documents(self._ledger, store, limits, RetentionSettings())
        fast, concurrency = FastEngineSettings().engine(), self._settings.concurrency
        kept = concurrency - self._settings.bulk_places
        self._engine = EngineClient(EngineSettings(), concurrency, kept)
        self._fast = EngineClient(fast, concurrency, kept) if fast else None
        self._figures: Mapping[str, Any] = {}
        self._runs = 0
        self._bulk_room = BulkRoom(self._settings.bulk_places)
        self._leases = Leases(self._ledger, self._process.name, self._settings.lease_seconds)
        self._reading = ReaderPool(
            processes=self._settings.read_processes,
            timeout_seconds=self._settings.read_timeout_seconds,
            memory_mib=self._settings.read_memory_mib,
            file_work=IN_PROCESSES,
            ocr=_reading_scans(ocr, self._settings) if ocr.ocr else None,
        )
        self._runner = Runner(
            name=self._process.name,
            ledger=self._ledger,
            store=store,
            engine=self._engine,
            work=Work(
                inputs=Inputs(
                    self._ledger, store, self._reading, _read_limits(limits, ocr), documents
                ),
                cascade=Cascade(self._engine, self._fast, CascadeSettings()),
                timeout_seconds=self._settings.job_timeout_seconds,
            ),
            leases=self._leases,
            settings=self._settings,
            inline_result_max_bytes=storage.inline_result_max_bytes,
        )

    @property
    def in_hand(self) -> int:
        return self._runs

    def can_run(self) -> bool:
        return self._engine.health.ok and self._leases.fresh and self._runner.open

    def has_bulk_room(self) -> bool:
        """Whether to pull bulk jobs, too. Asked from another thread."""
        return self._bulk_room.is_there

    async def run(self, queue: Queue, job_ids: Sequence[str]) -> str:
        bulk = self._bulk_room.taken(len(job_ids)) if queue is Queue.bulk else nullcontext()
        self._runs += len(job_ids)
        try:
            with bulk:
                return await self._runner.run(job_ids)
        finally:
            self._runs -= len(job_ids)

    async def start(self) -> None:
        await self._ledger.check()
        await self._engine.start()
        if self._fast:
            await self._fast.start()
            await self._fast.wait_healthy(FAST_ENGINE_SECONDS)

    def background(self) -> Sequence[Coroutine[Any, Any, None]]:
        return (
            self._leases.keep_renewed(),
            self._watch_figures(),
            keep_beating(self._ledger, self._process, self._detail),
        )

    def begin_stop(self) -> None:
        self._runner.begin_no_more()

    def stop_work(self) -> None:
        self._leases.stop_all()

    async def close(self) -> None:
        await self._reading.close()
        await self._engine.close()
        if self._fast:
            await self._fast.close()
        await self._ledger.processes.leave(self._process.name)
        await self._ledger.close()

    def _detail(self) -> Mapping[str, Any]:
        health = self._engine.health
        fast = {}
        if self._fast:
            fast = {
                "fast_engine_healthy": self._fast.health.ok,
                "fast_engine_reason": self._fast.health.reason,
            }
        return {
            "engine_healthy": health.ok,
            "engine_reason": health.reason,
            "engine": self._figures,
            **fast,
            "concurrency": self._settings.concurrency,
            "lanes": [lane.value for lane in self._settings.lanes],
            "bulk_places": self._settings.bulk_places,
            "in_hand": self.in_hand,
        }

    async def _watch_figures(self) -> None:
        while True:
            try:
                figures = await self._engine.figures()
                self._figures = {
                    "model": self._engine.model,
                    "running": figures.running,
                    "waiting": figures.waiting,
                    "kv_cache_use": figures.kv_cache_use,
                }
            except EngineUnavailable:
                self._figures = {}
            await asyncio.sleep(FIGURES_SECONDS)


def main() -> None:
    offer_or_exit(TaskSettings())
    settings = WorkerSettings()
    with LoopThread() as loop:
        worker = loop.run(_made(Worker))

        def run(queue: Queue, job_ids: Sequence[str]) -> str:
            return loop.run(worker.run(queue, job_ids))

        register_jobs(run)
        LanesInOrder.has_bulk_room = staticmethod(worker.has_bulk_room)
        queues = ",".join(Queue(lane).value for lane in settings.lanes)
        name = f"worker-{settings.lane}" if settings.lane else "worker"
        arguments = (f"--concurrency={settings.concurrency}", f"--queues={queues}")
        serve(app, worker, loop, (*arguments, f"--hostname={name}@%h"), settings.grace_seconds)


async def _made(kind: type[Worker]) -> Worker:
    return kind()
