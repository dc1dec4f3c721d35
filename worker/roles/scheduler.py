"""The scheduler process: moves what is due."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import structlog

from jobs.batches.eta.eta import BatchEta
from jobs.batches.input.indexing import IndexLimits
from jobs.ledger import Ledger
from jobs.model.problems import ProblemError
from jobs.process.department_tasks import offer_or_exit
from jobs.process.settings import (
    BatchSettings,
    BulkSettings,
    LimitSettings,
    RedisSettings,
    StoreSettings,
    TaskSettings,
    WorkerSettings,
)
from jobs.store import Blob, Store
from worker.bulk.batch_reader import BatchReader
from worker.bulk.flusher import Flusher
from worker.bulk.releaser import Releaser
from worker.heartbeat import keep_beating, this_process

DUE_WORK_SECONDS = 0.25
LAST_BEAT_SECONDS = 1.0
RELEASE_SECONDS = 0.1
FLUSH_SECONDS = 0.5
FORECAST_SECONDS = 5.0
READ_SECONDS = 0.5
PRUNE_SECONDS = 60.0
ORPHANS_SECONDS = 24 * 3600.0
ORPHANS_AT_ONCE = 500
log = structlog.get_logger()


class Scheduler:
    """Several schedulers do no harm: each move is one script, and only the first finds it due."""

    def __init__(self) -> None:
        self._process = this_process("scheduler")
        self._ledger = Ledger(RedisSettings())
        self._store = Store(StoreSettings().data_dir / "store")
        batches = BatchSettings()
        bulk = BulkSettings()
        self._releaser = Releaser(self._ledger, bulk, batches)
        self._eta = BatchEta(self._ledger, bulk)
        self._flusher = Flusher(self._ledger, self._store)
        self._reader = BatchReader(self._ledger, self._store, _index_limits(batches))
        self._stopping = asyncio.Event()
        self._swept_at: datetime | None = None
        self._lease_seconds = WorkerSettings().lease_seconds
        self._leases_count_from = time.monotonic()
        self._look_for_orphans_at = time.monotonic()

    def stop(self) -> None:
        """End the work, after what is being moved at this moment."""
        self._stopping.set()

    async def work(self) -> None:
        """Work until told to stop; while the ledger is away, go on trying."""
        await self._ledger.check()
        beating = asyncio.create_task(keep_beating(self._ledger, self._process, self._detail))
        try:
            async with asyncio.TaskGroup() as duties:
                duties.create_task(self._keep_doing(self._run_due_work, DUE_WORK_SECONDS))
                duties.create_task(self._keep_doing(self._release, RELEASE_SECONDS))
                duties.create_task(self._keep_doing(self._flusher.flush_due, FLUSH_SECONDS))
                duties.create_task(self._keep_doing(self._read_batches, READ_SECONDS))
                duties.create_task(self._keep_doing(self._forecast, FORECAST_SECONDS))
                duties.create_task(self._keep_doing(self._prune, PRUNE_SECONDS))
        finally:
            beating.cancel()
            await asyncio.wait((beating,), timeout=LAST_BEAT_SECONDS)
            await self._leave()

    async def _leave(self) -> None:
        try:
            await self._ledger.processes.leave(self._process.name)
        except ProblemError as error:
            log.warning("process.closed_without_ledger", code=error.problem.code)
        await self._ledger.close()

    async def _keep_doing(self, duty: Callable[[], Awaitable[object]], seconds: float) -> None:
        # Told by a flag: a cancellation was seen to be lost on its way, and then is so for ever.
        try:
            while not self._stopping.is_set():
                await self._do(duty)
                with suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await self._stopping.wait()
        finally:
            self.stop()

    async def _do(self, duty: Callable[[], Awaitable[object]]) -> None:
        try:
            await duty()
        except ProblemError as error:
            log.warning("scheduler.waits", why=error.problem.code)
            # Nobody could renew a lease meanwhile: those who live get the time to.
            self._leases_count_from = time.monotonic() + self._lease_seconds
            await asyncio.sleep(1)

    async def _run_due_work(self) -> None:
        take_leases = time.monotonic() >= self._leases_count_from
        due_work = await self._ledger.upkeep.run_due_work(take_leases=take_leases)
        self._swept_at = datetime.now(UTC)
        counts = {name: count for name, count in asdict(due_work).items() if count}
        if counts:
            log.info("scheduler.moved", **counts)

    async def _release(self) -> None:
        released = await self._releaser.release()
        if released.released:
            log.debug("scheduler.released", released=released.released, in_hand=released.in_hand)

    async def _forecast(self) -> None:
        await self._ledger.batches.set_expected_end(await self._eta.of_open(datetime.now(UTC)))

    async def _read_batches(self) -> None:
        while not self._stopping.is_set() and await self._reader.read_next():
            pass

    async def _prune(self) -> None:
        pruned = await self._ledger.upkeep.prune()
        for blob in pruned.blobs:
            await self._store.delete(blob)
        abandoned = await self._store.clear_abandoned()
        if time.monotonic() >= self._look_for_orphans_at:
            self._look_for_orphans_at = time.monotonic() + ORPHANS_SECONDS
            await self._clear_orphans()
        if pruned.jobs or pruned.documents or pruned.files or abandoned:
            log.info(
                "scheduler.pruned",
                jobs=pruned.jobs,
                documents=pruned.documents,
                files=pruned.files,
                abandoned_uploads=abandoned,
            )

    async def _clear_orphans(self) -> None:
        """Remove what was stored by a process that died before it told the ledger."""
        old = await asyncio.to_thread(lambda: list(self._store.old_blobs()))
        orphans: list[Blob] = []
        for start in range(0, len(old), ORPHANS_AT_ONCE):
            orphans += await self._ledger.upkeep.unreferenced(old[start : start + ORPHANS_AT_ONCE])
        if len(orphans) > max(ORPHANS_AT_ONCE, len(old) // 2):
            # So many do not come from deaths: the ledger has lost its memory, and may get it back.
            log.error("scheduler.orphans_left", orphans=len(orphans), blobs=len(old))
            return
        for orphan in orphans:
            await self._store.delete(orphan.name)
            log.info("scheduler.orphan_removed", owner=orphan.owner)

    def _detail(self) -> Mapping[str, Any]:
        return {"swept_at": self._swept_at}


def _index_limits(batches: BatchSettings) -> IndexLimits:
    limits = LimitSettings()
    return IndexLimits(batches.max_lines, limits.max_request_bytes, limits.max_text_chars)


async def _run() -> None:
    scheduler, loop = Scheduler(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, scheduler.stop)
    await scheduler.work()
    log.info("process.stopped")


def main() -> None:
    offer_or_exit(TaskSettings())
    asyncio.run(_run())
