"""Reads the health of the whole system."""

from __future__ import annotations

import asyncio
import socket
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from jobs.batches.batch import Batch
from jobs.batches.eta.simulation import is_late
from jobs.batches.eta.situation import Situation
from jobs.health.checks import LocalState, local_problems, problems_of
from jobs.health.engines import away_engines, drained_engines, engines_of
from jobs.health.report import (
    ApprovalHealth,
    BatchHealth,
    CallbackHealth,
    Disk,
    Health,
    HealthProblem,
    HolidaysHealth,
    LaneHealth,
    PauseHealth,
    ProcessHealth,
    QuotaHealth,
    ReceiverHealth,
    RedisHealth,
    Restarts,
    WindowHealth,
)
from jobs.ledger import Ledger
from jobs.ledger.processes import Process, Start
from jobs.ledger.server.faults import ServerFault, fault_of
from jobs.ledger.statistics import Server, Statistics
from jobs.model.department import Department
from jobs.model.lanes import Lane, Queue
from jobs.model.problems import ProblemError
from jobs.model.quotas import QuotaName
from jobs.model.states import CallbackStatus, JobStatus, JobSubstatus
from jobs.process.disk import DiskSpace, disk_space
from jobs.process.settings import BulkSettings, LimitSettings
from jobs.process.watchdog import Stall, stalls

_HOUR = timedelta(hours=1)
# Redis answers what it is asked, although it stores nothing.
_READABLE = frozenset({ServerFault.full, ServerFault.cannot_write, ServerFault.read_only})
_REDIS_FILES = "redis"


class HealthReader:
    """Reads the system's health again and again. Keep one: it knows since when Redis is away.

    `limits`: what counts as too many jobs, and as too long a wait for approval. `data_dir`: the
    folder whose disk and files on this machine are read too.
    """

    def __init__(
        self, ledger: Ledger, bulk: BulkSettings, limits: LimitSettings, data_dir: Path | None
    ) -> None:
        self._ledger = ledger
        self._bulk = bulk
        self._limits = limits
        self._data_dir = data_dir
        self._away_since: datetime | None = None

    async def read(self) -> Health:
        """The health now. Raises nothing if Redis is away: then that is the health."""
        local = await asyncio.to_thread(_local_state, self._data_dir)
        fault = await self._fault()
        if fault is None or fault in _READABLE:
            try:
                health = await self._of_ledger(local, fault)
            except ProblemError as error:
                fault = fault_of(error)
            else:
                self._note(fault, None)
                return self._finish(health, local)
        return self._without_redis(fault, local)

    async def read_after(self, error: ProblemError) -> Health:
        """The health when the ledger failed with `error`, without asking Redis once more."""
        local = await asyncio.to_thread(_local_state, self._data_dir)
        return self._without_redis(fault_of(error), local)

    def _without_redis(self, fault: ServerFault, local: LocalState) -> Health:
        self._note(fault, local.redis_written_at)
        health = Health(at=datetime.now(UTC), redis=RedisHealth(fault.value), disks=local.disks)
        return self._finish(health, local)

    async def _fault(self) -> ServerFault | None:
        try:
            await self._ledger.health.probe()
        except ProblemError as error:
            return fault_of(error)
        return None

    def _note(self, fault: ServerFault | None, last_write: datetime | None) -> None:
        if fault is None:
            self._away_since = None
        elif self._away_since is None:
            self._away_since = last_write or datetime.now(UTC)

    def _finish(self, health: Health, local: LocalState) -> Health:
        found = problems_of(health, local, self._limits, self._away_since)
        return replace(health, problems=tuple(found))

    async def _of_ledger(self, local: LocalState, fault: ServerFault | None) -> Health:
        ledger = self._ledger
        situation = await Situation.read(ledger)
        departments = await ledger.departments.all()
        names = [department.name for department in departments]
        statistics = await ledger.statistics.read(names)
        return Health(
            at=situation.now,
            redis=_redis(fault, await ledger.statistics.server()),
            processes=tuple(map(_process, situation.processes)),
            engines=tuple(engines_of(situation.processes, situation.now)),
            away_engines=tuple(away_engines(situation.processes, situation.now)),
            drained_engines=tuple(
                drained_engines(situation.processes, await ledger.engines.drained())
            ),
            jobs=_jobs(statistics),
            batches=tuple(await self._batches(situation)),
            failures=tuple(await ledger.failures.list()),
            oldest_waiting=tuple(await self._lanes(names, statistics, situation.now)),
            receivers=tuple(
                ReceiverHealth(
                    one.department, one.address, one.since, one.next_attempt_at, one.reason
                )
                for one in await ledger.health.failing_receivers()
            ),
            callbacks=tuple(_callbacks(names, statistics)),
            approvals=tuple(await self._approvals(names, situation.now)),
            disks=tuple(_disks(situation.processes, situation.now, local)),
            restarts=tuple(
                _restarts(await ledger.processes.last_starts(), situation.processes, situation.now)
            ),
            pauses=tuple(
                PauseHealth(pause.department, pause.lane, pause.since) for pause in situation.pauses
            ),
            windows=tuple(self._windows(departments, situation)),
            quotas=tuple(await self._used_up(names)),
            provider=await ledger.health.provider_fault(),
            holidays=_holidays(situation.processes),
        )

    async def _batches(self, situation: Situation) -> Sequence[BatchHealth]:
        batches = await self._ledger.batches.open()
        started = await self._ledger.health.batch_lines([batch.id for batch in batches])
        running = await self._ledger.health.running()
        return [_batch(batch, situation, started[batch.id], running) for batch in batches]

    async def _lanes(
        self, names: Sequence[str], statistics: Statistics, now: datetime
    ) -> Sequence[LaneHealth]:
        oldest = await self._ledger.health.oldest_waiting(names)
        lanes = []
        for lane in Lane:
            job = oldest.get(lane)
            age = max((now - job.since).total_seconds(), 0.0) if job else None
            waiting = statistics.queues[Queue(lane.value)]
            lanes.append(LaneHealth(lane, waiting, age, job.id if job else None))
        return lanes

    async def _approvals(self, names: Sequence[str], now: datetime) -> Sequence[ApprovalHealth]:
        overdue_before = now - timedelta(hours=self._limits.approval_warn_hours)
        return [
            ApprovalHealth(one.department, one.count, one.overdue, one.oldest_at)
            for one in await self._ledger.health.waiting_approvals(names, overdue_before)
        ]

    def _windows(
        self, departments: Sequence[Department], situation: Situation
    ) -> Iterable[WindowHealth]:
        for department in departments:
            calendar = self._bulk.calendar(department.window)
            yield WindowHealth(
                department=department.name,
                window=str(calendar),
                is_open=department.name not in situation.closed.departments,
                next_change=calendar.next_change(situation.now),
            )

    async def _used_up(self, names: Sequence[str]) -> Sequence[QuotaHealth]:
        """The rate is left out: a department that uses all of it for a second lacks nothing."""
        quotas = await asyncio.gather(*(self._ledger.departments.quotas(name) for name in names))
        return [
            QuotaHealth(name, quota.name.value, quota.limit)
            for name, own in zip(names, quotas, strict=True)
            for quota in own
            if quota.left <= 0 and quota.name is not QuotaName.rate
        ]


def local_health(data_dir: Path, problems: Sequence[HealthProblem]) -> Health:
    """The health where no Redis is known: `problems`, and what this machine's files say."""
    local = _local_state(data_dir)
    return Health(
        at=datetime.now(UTC),
        redis=RedisHealth(fault=None),
        problems=(*problems, *local_problems(local.disks, local.stalls)),
        disks=local.disks,
    )


def _local_state(data_dir: Path | None) -> LocalState:
    """Blocks on the disk."""
    if data_dir is None:
        return LocalState()
    now = datetime.now(UTC)
    space = disk_space(data_dir)
    return LocalState(
        disks=(_local_disk(space),) if space else (),
        stalls=tuple(_last_stalls(data_dir, now)),
        redis_written_at=_last_write(data_dir / _REDIS_FILES),
    )


def _local_disk(space: DiskSpace) -> Disk:
    return Disk(
        host=socket.gethostname(),
        path=space.path,
        free=space.free,
        total=space.total,
        writable=space.writable,
        low_since=None,
    )


def _last_stalls(data_dir: Path, now: datetime) -> Iterable[Stall]:
    """The last one of each process in the last day."""
    recent = [stall for stall in stalls(data_dir) if now - stall.at < timedelta(days=1)]
    return {stall.process: stall for stall in recent}.values()


def _last_write(folder: Path) -> datetime | None:
    """When Redis last wrote: it does each second while it works, because of the heartbeats."""
    times = [file.stat().st_mtime for file in folder.rglob("*.aof")] if folder.is_dir() else []
    return datetime.fromtimestamp(max(times), UTC) if times else None


def _redis(fault: ServerFault | None, server: Server) -> RedisHealth:
    return RedisHealth(
        fault=fault.value if fault else None,
        version=server.version,
        append_only=server.appendonly,
        append_fsync=server.appendfsync,
        list_value_bytes=server.list_value_bytes,
        eviction=server.maxmemory_policy,
        used_bytes=server.used_memory,
        max_bytes=server.max_memory or None,
    )


def _process(process: Process) -> ProcessHealth:
    return ProcessHealth(
        role=process.role,
        name=process.name,
        host=process.host,
        pid=process.pid,
        live=process.live,
        started_at=process.started_at,
        heartbeat_age_seconds=process.age_seconds,
        clock_offset_seconds=process.detail.get("clock_offset_seconds"),
        clock_skewed_seconds=process.detail.get("clock_skewed_seconds"),
        store_fault=process.detail.get("store_fault"),
        store_fault_seconds=process.detail.get("store_fault_seconds"),
        in_hand=process.detail.get("in_hand"),
        lanes=tuple(map(Lane, process.detail.get("lanes", ()))),
        offline=process.detail.get("offline"),
        build=process.detail.get("build"),
    )


def _holidays(processes: Iterable[Process]) -> HolidaysHealth | None:
    """As the live schedulers report them; None if no window needs any."""
    for process in processes:
        if process.live and process.detail.get("uses_holidays"):
            until = process.detail.get("holidays_until")
            return HolidaysHealth(date.fromisoformat(until) if until else None)
    return None


def _jobs(statistics: Statistics) -> Mapping[str, Mapping[JobStatus | JobSubstatus, int]]:
    jobs: defaultdict[str, dict[JobStatus | JobSubstatus, int]] = defaultdict(dict)
    for (department, status), count in statistics.jobs.items():
        jobs[department][status] = count
    return dict(jobs)


def _batch(batch: Batch, situation: Situation, started: int, running: int) -> BatchHealth:
    stall = situation.stall_of(batch) or situation.progress_stall(batch, started, running)
    is_broken = stall is not None and stall.is_fault
    late = is_late(batch.expected_at, batch.deadline)
    return BatchHealth(
        id=batch.id,
        department=batch.department,
        lane=batch.lane,
        status=batch.status,
        done=batch.completed + batch.failed,
        failed=batch.failed,
        total=batch.total,
        running=started,
        created_at=batch.created_at,
        progress_at=batch.progress_at,
        expected_at=None if is_broken else batch.expected_at,
        first_expected_at=batch.first_expected_at,
        deadline=batch.deadline,
        # A stalled batch has no expected end, so nothing says that it will be late.
        late=batch.deadline < situation.now if batch.stall or is_broken else late,
        stall=stall,
    )


def _callbacks(names: Iterable[str], statistics: Statistics) -> Iterable[CallbackHealth]:
    for name in names:
        pending = statistics.callbacks[name, CallbackStatus.pending]
        dead = statistics.callbacks[name, CallbackStatus.dead]
        gone = statistics.urls_gone[name]
        if pending or dead or gone:
            yield CallbackHealth(name, pending, dead, gone)


def _disks(processes: Iterable[Process], now: datetime, local: LocalState) -> Iterable[Disk]:
    """One for each folder of each machine."""
    disks = {(disk.host, disk.path): disk for disk in local.disks}
    for process in processes:
        measured = process.detail.get("disk")
        if measured and process.live:
            seconds = measured["low_for_seconds"]
            disk = Disk(
                host=process.host,
                path=measured["path"],
                free=measured["free"],
                total=measured["total"],
                writable=measured["writable"],
                low_since=None if seconds is None else now - timedelta(seconds=seconds),
            )
            disks[disk.host, disk.path] = disk
    return disks.values()


def _restarts(
    starts: Sequence[Start], processes: Sequence[Process], now: datetime
) -> Iterable[Restarts]:
    """Of the starts of a role on a machine, those that replaced a process that had ended."""
    by_machine: defaultdict[tuple[str, str], list[Start]] = defaultdict(list)
    for start in starts:
        by_machine[start.role, start.host].append(start)
    for (role, host), own in by_machine.items():
        live = sum((one.role, one.host) == (role, host) and one.live for one in processes)
        replaced = len(own) - max(live, 1)
        recent = [start.at for start in own if now - start.at < _HOUR][-replaced:]
        if replaced > 0 and recent:
            yield Restarts(role, host, len(recent), recent[-1], tuple(recent))
