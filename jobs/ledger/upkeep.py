"""The scheduler's commands: do due work, store windows, remove expired records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from redis.exceptions import ResponseError

from jobs.ledger.records import dump
from jobs.ledger.server.connection import PREFIX, Connection
from jobs.store import Blob

MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class DueWork:
    """Counts of what `run_due_work` did.

    `queued`: scheduled jobs that came due. `rescued`: jobs taken back from runs whose lease ran
    out. `expired`: jobs past their deadline, and results that nobody approved in time.
    `callbacks`: parked callbacks that are due. `closed`: jobs that ended because their batch was
    cancelled or expired.
    """

    queued: int
    rescued: int
    expired: int
    callbacks: int
    closed: int


@dataclass(frozen=True, slots=True)
class Windows:
    """Bulk work that may not start: `departments` and `batches` are outside their window.

    `idle_slots`: the most bulk jobs that run for such departments when no other bulk work waits.
    """

    departments: frozenset[str] = frozenset()
    batches: frozenset[str] = frozenset()
    idle_slots: int = 0


@dataclass(frozen=True, slots=True)
class HealthyTime:
    """The last time in which an engine was healthy: it began and ended so many seconds ago."""

    began: float
    ended: float


ALWAYS_HEALTHY = HealthyTime(began=1e9, ended=0.0)


@dataclass(frozen=True, slots=True)
class PruneResult:
    """Counts of removed records. The caller deletes `blobs` from the store. `more`: others may have
    expired.
    """

    blobs: Sequence[str]
    jobs: int
    documents: int
    files: int
    more: bool


class Rewrite(StrEnum):
    """What `rewrite_if_due` found or did.

    `failed`: the server's last rewrite failed, and another one was begun. `paused`: one is due, but
    the server's auto-aof-rewrite-percentage is 0, as while a backup copies its files.
    """

    idle = "idle"
    running = "running"
    begun = "begun"
    failed = "failed"
    paused = "paused"


class RewriteRefused(Exception):
    """The server does not let its append-only file be rewritten, such as by its ACL."""


class UpkeepLedger:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def run_due_work(self, *, take_leases: bool = True) -> DueWork:
        """Do the work that is due.

        `take_leases` False: leave jobs whose lease ran out with their runs for now.
        """
        counts = await self._connection.run(
            "scheduler/run_due_work", MOST_AT_ONCE, int(take_leases)
        )
        return DueWork(*counts)

    async def set_windows(
        self, windows: Windows, healthy: HealthyTime | None = ALWAYS_HEALTHY
    ) -> None:
        """Store which windows are closed, for a minute, and measure the throughput.

        Until the first call no bulk work starts. `healthy`: when engines did work; None: none does.
        """
        await self._connection.run(
            "scheduler/set_windows",
            dump(dict.fromkeys(windows.departments, True)),
            dump(dict.fromkeys(windows.batches, True)),
            windows.idle_slots,
            *(("", "") if healthy is None else map(_to_ms, (healthy.began, healthy.ended))),
        )

    async def unreferenced(self, blobs: Sequence[Blob]) -> Sequence[Blob]:
        """Those of `blobs` that no document, job's result or file refers to."""
        pipeline = self._connection.redis.pipeline(transaction=False)
        for blob in blobs:
            pipeline.hget(f"{PREFIX}document:{blob.department}:{blob.owner}", "blob")
            pipeline.hmget(f"{PREFIX}job:{blob.owner}", "result_blob", "held_blob", "case_blob")
            pipeline.lpos(f"{PREFIX}blobs:{blob.owner}", blob.name)
        answers = await self._connection.ask(pipeline.execute())
        references = zip(blobs, answers[::3], answers[1::3], answers[2::3], strict=True)
        return [
            blob
            for blob, of_document, of_job, position_in_file in references
            if blob.name not in (of_document, *of_job) and position_in_file is None
        ]

    async def rewrite_if_due(self, interval: timedelta) -> Rewrite:
        """Begin to rewrite the append-only file, so that it no longer has what was deleted: if
        anything was since the last rewrite, which began at least `interval` ago.

        Raises `ProblemError("unavailable")`, and `RewriteRefused`.
        """
        try:
            return await self._rewrite_if_due(interval)
        except ResponseError as error:
            raise RewriteRefused(str(error)) from error

    async def _rewrite_if_due(self, interval: timedelta) -> Rewrite:
        redis = self._connection.redis
        info = await self._connection.ask(redis.info("persistence"))
        if not info.get("aof_enabled"):
            return Rewrite.idle
        if info["aof_rewrite_in_progress"] or info["aof_rewrite_scheduled"]:
            return Rewrite.running
        state = await self._connection.ask(redis.hgetall(f"{PREFIX}rewrite"))
        deleted, begun, done = (int(state.get(name, 0)) for name in ("deleted", "begun", "done"))
        succeeded = info["aof_last_bgrewrite_status"] == "ok"
        if begun > done and succeeded:
            await self._connection.run("scheduler/note_rewrite", "done", begun)
            done = begun
        seconds, micros = await self._connection.ask(redis.time())
        due = int(state.get("begun_at", 0)) + interval.total_seconds() * 1000
        if deleted == done or seconds * 1000 + micros // 1000 < due:
            return Rewrite.idle
        setting = await self._connection.ask(redis.config_get("auto-aof-rewrite-percentage"))
        if setting.get("auto-aof-rewrite-percentage") == "0":
            return Rewrite.paused
        # In this order: a rewrite that begins twice does no harm, one that is only noted would.
        await self._connection.ask(redis.bgrewriteaof())
        await self._connection.run("scheduler/note_rewrite", "begun", deleted)
        return Rewrite.begun if succeeded else Rewrite.failed

    async def prune(self, most: int = MOST_AT_ONCE) -> PruneResult:
        """Remove ended jobs and batches, unused documents and unused files that have expired, at
        most `most` of each.
        """
        blobs, jobs, documents, files, more = await self._connection.run("scheduler/prune", most)
        return PruneResult(blobs, jobs, documents, files, bool(more))


def _to_ms(seconds: float) -> int:
    return round(seconds * 1000)
