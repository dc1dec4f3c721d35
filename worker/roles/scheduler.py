"""The scheduler process: runs due work, reads and writes batches, keeps windows."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import structlog
import uvloop

from jobs.batches.eta.eta import BatchEta
from jobs.batches.input.checked_lines import check_lines
from jobs.batches.input.indexing import IndexLimits
from jobs.health.gather import HealthReader
from jobs.ledger import Ledger
from jobs.ledger.upkeep import Rewrite, RewriteRefused
from jobs.model.problems import ProblemError
from jobs.process.data_dir import make_private, open_or_exit
from jobs.process.department_tasks import offer_or_exit
from jobs.process.ending import exit_now
from jobs.process.environment import read_or_exit
from jobs.process.heartbeat import keep_beating, this_process
from jobs.process.processes import computing_processes, start_later
from jobs.process.settings import (
    AuditSettings,
    BatchSettings,
    BulkSettings,
    LimitSettings,
    RedisSettings,
    StoreSettings,
    TaskSettings,
    WorkerSettings,
)
from jobs.process.watchdog import Watchdog
from jobs.sealing.master_keys import MasterKeys
from jobs.sealing.secrets import Secrets
from jobs.store import Blob, Store
from worker.audit_keeper import AuditKeeper
from worker.bulk.batch_reader import BatchReader
from worker.bulk.flusher import Flusher
from worker.bulk.window_keeper import WindowKeeper
from worker.celery.app import app
from worker.celery.flower_events import FlowerEvents
from worker.problem_log import ProblemLog
from worker.retention import remove_expired

DUE_WORK_SECONDS = 0.25
LAST_BEAT_SECONDS = 1.0
STOP_SECONDS = 15.0
WINDOWS_SECONDS = 1.0
FLUSH_SECONDS = 0.2
ETA_SECONDS = 5.0
READ_SECONDS = 0.2
# A file of 50,000 lines takes a second on a quiet machine, and ten on a full one.
FILES_AT_ONCE = 4
PROBLEMS_SECONDS = 5.0
PRUNE_SECONDS = 60.0
FLOWER_SECONDS = 0.2
FLOWER_BATCH_SECONDS = 2.0
AUDIT_SECONDS = 1.0
AUDIT_PRUNE_SECONDS = 3_600.0
ORPHANS_SECONDS = 24 * 3600.0
ORPHANS_AT_ONCE = 500
# Imported before the processes are forked, because lines import it when they need it.
CHAT = "jobs.batches.input.chat"
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting of a scheduler, read from the environment when the process starts."""

    redis: RedisSettings = field(default_factory=RedisSettings)
    store: StoreSettings = field(default_factory=StoreSettings)
    batches: BatchSettings = field(default_factory=BatchSettings)
    bulk: BulkSettings = field(default_factory=BulkSettings)
    limits: LimitSettings = field(default_factory=LimitSettings)
    worker: WorkerSettings = field(default_factory=WorkerSettings)
    tasks: TaskSettings = field(default_factory=TaskSettings)
    audit: AuditSettings = field(default_factory=AuditSettings)


class Scheduler:
    """Safe to run several times: each step is one script, and only the first one has an effect."""

    def __init__(self, settings: Settings) -> None:
        batches, limits = settings.batches, settings.limits
        index_limits = IndexLimits(
            batches.max_lines, limits.max_request_bytes, limits.max_text_chars
        )
        master = MasterKeys.from_settings(settings.store)
        self._process = this_process("scheduler", master)
        self._ledger = Ledger(settings.redis)
        self._store = Store.opened(settings.store)
        self._rewrite_interval = timedelta(minutes=settings.redis.rewrite_minutes)
        self._data_dir = settings.store.data_dir
        self._secrets = Secrets(master) if master else None
        self._audit = AuditKeeper(self._ledger, settings.store.data_dir, settings.audit)
        self._windows = WindowKeeper(self._ledger, settings.bulk, settings.worker.bulk_places)
        self._eta = BatchEta(self._ledger, settings.bulk)
        self._problems = ProblemLog(
            HealthReader(self._ledger, settings.bulk, limits, data_dir=None)
        )
        self._flusher = Flusher(self._ledger, self._store)
        self._processes = computing_processes(
            settings.tasks,
            check_lines.__module__,
            CHAT,
            processes=1,
            timeout_seconds=settings.worker.read_timeout_seconds,
            memory_mib=settings.worker.read_memory_mib,
            compute_seconds=settings.worker.compute_timeout_seconds,
        )
        self._reader = BatchReader(self._ledger, self._store, index_limits, self._processes)
        self._flower = FlowerEvents(app, self._ledger)
        self._stopping = asyncio.Event()
        self._swept_at: datetime | None = None
        self._lease_seconds = settings.worker.lease_seconds
        self._leases_count_from = time.monotonic()
        self._next_orphans_at = time.monotonic()

    def stop(self) -> None:
        """Stop after the current steps."""
        self._stopping.set()

    async def work(self) -> None:
        """Run until `stop`; while the ledger is away, retry."""
        await self._ledger.check()
        beating = asyncio.create_task(
            keep_beating(self._ledger, self._process, self._detail, self._data_dir, self._store)
        )
        # The first batch is not to wait for them.
        starting = asyncio.create_task(start_later(self._processes))
        try:
            async with asyncio.TaskGroup() as loops:
                for step, seconds in self._steps():
                    loops.create_task(self._repeat(step, seconds))
                loops.create_task(self._make_private())
        finally:
            beating.cancel()
            starting.cancel()
            await asyncio.wait((beating, starting), timeout=LAST_BEAT_SECONDS)
            await self._leave()

    def _steps(self) -> Iterator[tuple[Callable[[], Awaitable[object]], float]]:
        """What is repeated, with the seconds in between."""
        yield self._run_due_work, DUE_WORK_SECONDS
        yield self._windows.update, WINDOWS_SECONDS
        yield self._flusher.flush_due, FLUSH_SECONDS
        yield self._read_batches, READ_SECONDS
        for _ in range(FILES_AT_ONCE - 1):
            yield self._read_beside, READ_SECONDS
        yield self._update_eta, ETA_SECONDS
        yield self._problems.update, PROBLEMS_SECONDS
        yield self._prune, PRUNE_SECONDS
        yield self._flower.send, FLOWER_SECONDS
        yield self._flower.send_batches, FLOWER_BATCH_SECONDS
        yield self._audit.write_waiting, AUDIT_SECONDS
        yield self._audit.prune, AUDIT_PRUNE_SECONDS

    async def _leave(self) -> None:
        await self._processes.close()
        try:
            await self._ledger.processes.leave(self._process.name)
        except ProblemError as error:
            log.warning("process.closed_without_ledger", code=error.problem.code)
        await self._ledger.close()

    async def _repeat(self, step: Callable[[], Awaitable[object]], seconds: float) -> None:
        # A flag, because a cancellation was once lost, and the loop then never stopped.
        try:
            while not self._stopping.is_set():
                await self._do(step)
                with suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await self._stopping.wait()
        finally:
            self.stop()

    async def _do(self, step: Callable[[], Awaitable[object]]) -> None:
        try:
            await step()
        except ProblemError as error:
            log.warning("scheduler.waits", why=error.problem.code)
            # Workers could not renew leases either: give them time to.
            self._leases_count_from = time.monotonic() + self._lease_seconds
            await asyncio.sleep(1)

    async def _run_due_work(self) -> None:
        take_leases = time.monotonic() >= self._leases_count_from
        due_work = await self._ledger.upkeep.run_due_work(take_leases=take_leases)
        self._swept_at = datetime.now(UTC)
        counts = {name: count for name, count in asdict(due_work).items() if count}
        if counts:
            log.info("scheduler.moved", **counts)

    async def _update_eta(self) -> None:
        await self._ledger.batches.set_estimates(await self._eta.of_open(await self._ledger.now()))

    async def _read_batches(self) -> None:
        while not self._stopping.is_set() and await self._reader.read_next():
            pass

    async def _read_beside(self) -> None:
        """Read files of other departments while one is read. An idle scheduler asks only once."""
        if self._reader.is_reading:
            await self._read_batches()

    async def _prune(self) -> None:
        await self._seal_secrets()
        if removed := await remove_expired(self._ledger, self._store, self._stopping.is_set):
            log.info("scheduler.pruned", **removed)
        if abandoned := await self._store.clear_abandoned():
            log.info("scheduler.uploads_cleared", uploads=abandoned)
        if time.monotonic() >= self._next_orphans_at:
            self._next_orphans_at = time.monotonic() + ORPHANS_SECONDS
            if unfinished := await self._store.abort_unfinished():
                log.info("scheduler.uploads_aborted", uploads=unfinished)
            await self._remove_orphans()
        await self._rewrite()

    async def _rewrite(self) -> None:
        """Let Redis rewrite its append-only file, which still has what was deleted."""
        try:
            rewrite = await self._ledger.upkeep.rewrite_if_due(self._rewrite_interval)
        except RewriteRefused as error:
            log.error("redis.rewrite_refused", error=str(error))  # noqa: TRY400 - no trace needed
            return
        if rewrite is Rewrite.begun:
            log.info("redis.rewrite_begun")
        elif rewrite is Rewrite.paused:
            log.warning("redis.rewrite_paused", setting="auto-aof-rewrite-percentage is 0")
        elif rewrite is Rewrite.failed:
            log.error("redis.rewrite_failed", what="the last one; another one was begun")

    async def _seal_secrets(self) -> None:
        """Commands that create secrets may run without the master key."""
        if self._secrets is None:
            return
        for name in await self._ledger.departments.names():
            if await self._ledger.credentials.seal_secrets(name, self._secrets):
                log.info("scheduler.secrets_sealed", department=name)

    async def _remove_orphans(self) -> None:
        """Remove files of processes that died between storing them and telling the ledger."""
        old = await asyncio.to_thread(lambda: list(self._store.old_blobs()))
        keys = await self._store.old_keys_without_blob()
        if len(keys) > max(ORPHANS_AT_ONCE, len(old) // 2):
            # Too many for crashes: the folder of the blobs may not be mounted.
            log.error("scheduler.orphan_keys_kept", keys=len(keys), blobs=len(old))
            return
        for name in keys:
            await self._store.delete(name)
        orphans: list[Blob] = []
        for start in range(0, len(old), ORPHANS_AT_ONCE):
            orphans += await self._ledger.upkeep.unreferenced(old[start : start + ORPHANS_AT_ONCE])
        if len(orphans) > max(ORPHANS_AT_ONCE, len(old) // 2):
            # Too many for crashes: the ledger has lost data, which may still be restored.
            log.error("scheduler.orphans_kept", orphans=len(orphans), blobs=len(old))
            return
        for orphan in orphans:
            await self._store.delete(orphan.name)
            log.info("scheduler.orphan_removed", owner=orphan.owner)

    async def _make_private(self) -> None:
        changed, failed = await asyncio.to_thread(make_private, self._data_dir)
        if changed or failed:
            log.warning("data_dir.was_readable", changed=changed, of_another_user=failed)

    def _detail(self) -> Mapping[str, Any]:
        return {"swept_at": self._swept_at, **self._windows.detail}


async def _run(settings: Settings) -> NoReturn:
    watchdog = Watchdog("scheduler", settings.store.data_dir, STOP_SECONDS)
    await watchdog.start()
    scheduler, loop = Scheduler(settings), asyncio.get_running_loop()

    def stop() -> None:
        watchdog.begin_stop()
        scheduler.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    await scheduler.work()
    log.info("process.stopped")
    exit_now()


def main() -> None:
    settings = read_or_exit(Settings)
    open_or_exit(settings.store, settings.audit)
    offer_or_exit(settings.tasks)
    uvloop.run(_run(settings))
