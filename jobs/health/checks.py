"""Finds what is wrong in what was read of the system."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from jobs.batches.eta.situation import clock
from jobs.health.builds import mixed_since, processes_by_build
from jobs.health.engines import FAST
from jobs.health.problem_types import problem
from jobs.health.report import (
    ApprovalHealth,
    AwayEngine,
    BatchHealth,
    Disk,
    EngineHealth,
    Failures,
    Health,
    HealthProblem,
    HolidaysHealth,
    PauseHealth,
    ProcessHealth,
    RedisHealth,
    Restarts,
    Severity,
)
from jobs.ledger.health import ProviderFault
from jobs.ledger.server.memory import LIST_VALUE_BYTES
from jobs.model.lanes import Lane
from jobs.process.disk import FULL_BYTES, LOW_SHARE
from jobs.process.settings import LimitSettings
from jobs.process.watchdog import Stall

ROLES = ("api", "worker", "courier", "scheduler")
QUEUE_WARN_SHARE = 0.8
RESTARTS_MOST, RESTARTS_IN = 3, timedelta(minutes=10)
UPGRADE_MOST = timedelta(hours=1)
HOLIDAYS_WARN = timedelta(days=31)
POISONED = "poisoned"
_STALL_FRAMES = 6
_GIB = 1024**3
_ENGINE_CODES = {
    "": "engine-unreachable",
    "connection": "engine-unreachable",
    "timeout": "engine-hung",
    "models": "engine-wrong-model",
    "not-vllm": "engine-not-vllm",
    "401": "engine-refuses-key",
    "403": "engine-refuses-key",
    "407": "engine-refuses-key",
    "404": "engine-wrong-model",
    "drained": "engine-drained",
}


@dataclass(frozen=True, slots=True)
class LocalState:
    """What can be read on this machine. `redis_written_at`: the last write of a Redis here."""

    disks: tuple[Disk, ...] = ()
    stalls: tuple[Stall, ...] = ()
    redis_written_at: datetime | None = None


def problems_of(
    health: Health, local: LocalState, limits: LimitSettings, redis_away_since: datetime | None
) -> Sequence[HealthProblem]:
    """Everything that is wrong, the worst first."""
    found = [*_redis(health.redis, redis_away_since)]
    # Without a Redis that stores heartbeats nothing is known of the processes.
    if health.redis.fault is None:
        found += _processes(health)
        found += _engines(health.engines)
        found += _away_engines(health.away_engines)
        found += [
            problem("engine-of-several-drained", one.name, since=one.since)
            for one in health.drained_engines
        ]
    found += _restarts(health)
    found += _builds(health)
    found += _clocks(health)
    found += _stores(health)
    found += local_problems(health.disks, local.stalls)
    found += _jobs(health, limits.max_queued)
    found += _failures(health.failures)
    found += _batches(health.batches)
    found += _deliveries(health)
    found += _approvals(health.approvals, limits.approval_warn_hours)
    found += map(_pause, health.pauses)
    found += _provider(health.provider)
    found += _holidays(health.holidays, health.at)
    return sorted(found, key=lambda one: one.severity is not Severity.bad)


def local_problems(disks: Iterable[Disk], stalls: Iterable[Stall]) -> Sequence[HealthProblem]:
    """What can be known without Redis."""
    return [*_disks(disks), *_stalls(stalls)]


def _redis(redis: RedisHealth, since: datetime | None) -> Iterator[HealthProblem]:
    if redis.fault is not None:
        yield problem(f"redis-{redis.fault}", "redis", since=since)
    if redis.append_only is False:
        yield problem("redis-not-durable", "redis")
    elif redis.eviction not in (None, "noeviction"):
        yield problem("redis-evicts", "redis", policy=redis.eviction)
    elif redis.version is not None and redis.append_fsync != "always":
        yield problem("redis-fsync", "redis", fsync=redis.append_fsync or "unknown")
    value = redis.list_value_bytes
    if value is not None and value < LIST_VALUE_BYTES:
        yield problem("redis-tables", "redis", bytes=value, wanted=LIST_VALUE_BYTES)


def _processes(health: Health) -> Iterator[HealthProblem]:
    for role in ROLES:
        own = [process for process in health.processes if process.role == role]
        silent = [process for process in own if not process.live]
        if len(silent) < len(own):
            for process in silent:
                since = _last_beat(process, health.at)
                yield problem(
                    "process-silent", process.name, since=since, role=role, host=process.host
                )
        else:
            last = max((_last_beat(process, health.at) for process in silent), default=None)
            yield problem(f"{role}-missing", role, since=last, role=role)
    yield from _workers([one for one in health.processes if one.role == "worker" and one.live])


def _last_beat(process: ProcessHealth, now: datetime) -> datetime:
    return now - timedelta(seconds=process.heartbeat_age_seconds)


def _workers(workers: Sequence[ProcessHealth]) -> Iterator[HealthProblem]:
    for lane in Lane if workers else ():
        if not any(lane in (worker.lanes or Lane) for worker in workers):
            yield problem("lane-without-worker", lane.value)
    for worker in workers:
        if worker.offline is False:
            yield problem("documents-with-network", worker.name)


def _engines(engines: Iterable[EngineHealth]) -> Iterator[HealthProblem]:
    for engine in engines:
        if not engine.healthy:
            code = _ENGINE_CODES.get(engine.fault or "", "engine-failing")
            yield problem(
                "fast-engine-away" if engine.role == FAST else code,
                engine.worker,
                since=engine.since,
                reason=engine.reason or "not healthy",
            )
        elif engine.lacks_parser:
            yield problem(
                "engine-without-reasoning-parser",
                engine.worker,
                since=engine.since,
                parser=engine.lacks_parser,
            )


def _away_engines(engines: Iterable[AwayEngine]) -> Iterator[HealthProblem]:
    """One problem for each engine: several workers may report it."""
    by_name: dict[str, list[AwayEngine]] = {}
    for engine in engines:
        by_name.setdefault(engine.name, []).append(engine)
    for name, reports in by_name.items():
        first = min(reports, key=lambda one: one.since)
        workers = ", ".join(one.worker for one in reports)
        yield problem(
            "engine-of-several-away",
            name,
            since=first.since,
            workers=workers,
            reason=first.reason,
        )


def _restarts(health: Health) -> Iterator[HealthProblem]:
    for restarts in health.restarts:
        recent = _recent(restarts, health.at)
        if len(recent) >= RESTARTS_MOST:
            yield problem(
                "process-restarting",
                f"{restarts.role}@{restarts.host}",
                since=recent[0],
                role=restarts.role,
                host=restarts.host,
                count=len(recent),
            )


def _recent(restarts: Restarts, now: datetime) -> Sequence[datetime]:
    return [at for at in restarts.times if now - at < RESTARTS_IN]


def _builds(health: Health) -> Iterator[HealthProblem]:
    """A mix is normal while an upgrade goes on."""
    since = mixed_since(health.processes)
    if since is not None and health.at - since > UPGRADE_MOST:
        builds = "; ".join(
            f"{name}: {', '.join(process.name for process in own)}"
            for name, own in processes_by_build(health.processes).items()
        )
        yield problem("builds-mixed", "processes", since=since, builds=builds)


def _approvals(approvals: Iterable[ApprovalHealth], hours: float) -> Iterator[HealthProblem]:
    for one in approvals:
        if one.overdue:
            yield problem(
                "approvals-overdue",
                one.department,
                since=one.oldest_at,
                count=one.overdue,
                hours=f"{hours:g}",
            )


def _clocks(health: Health) -> Iterator[HealthProblem]:
    """One for each machine: its processes have the same clock."""
    named = set[str]()
    for process in health.processes:
        offset, seconds = process.clock_offset_seconds, process.clock_skewed_seconds
        if (
            process.live
            and process.host not in named
            and offset is not None
            and seconds is not None
        ):
            named.add(process.host)
            since = _last_beat(process, health.at) - timedelta(seconds=seconds)
            yield problem("clock-skew", process.host, since=since, seconds=f"{offset:+.0f}")


def _stores(health: Health) -> Iterator[HealthProblem]:
    """One problem for each machine that cannot reach the store."""
    named: set[str] = set()
    for process in health.processes:
        if process.live and process.store_fault and process.host not in named:
            named.add(process.host)
            seconds = timedelta(seconds=process.store_fault_seconds or 0.0)
            since = _last_beat(process, health.at) - seconds
            yield problem(
                "store-unavailable", process.host, since=since, reason=process.store_fault
            )


def _disks(disks: Iterable[Disk]) -> Iterator[HealthProblem]:
    for disk in disks:
        where = f"{disk.host}:{disk.path}"
        space = {"free": _gib(disk.free), "total": _gib(disk.total)}
        if not disk.writable:
            yield problem("disk-not-writable", where)
        if disk.free < FULL_BYTES:
            yield problem("disk-full", where, since=disk.low_since, **space)
        elif disk.free < disk.total * LOW_SHARE:
            yield problem("disk-low", where, since=disk.low_since, **space)


def _stalls(stalls: Iterable[Stall]) -> Iterator[HealthProblem]:
    for stall in stalls:
        yield problem(
            "process-stalled",
            stall.process,
            since=stall.at,
            role=stall.role,
            seconds=f"{stall.seconds:.0f}",
            outcome="was ended" if stall.ended else "has been reported",
            where=" < ".join(stall.stack[:_STALL_FRAMES]) or "outside Python",
        )


def _jobs(health: Health, max_queued: int) -> Iterator[HealthProblem]:
    count = sum(sum(own.values()) for own in health.jobs.values())
    if count > max_queued * QUEUE_WARN_SHARE:
        yield problem("queue-full", "jobs", count=count, most=max_queued)


def _failures(failures: Iterable[Failures]) -> Iterator[HealthProblem]:
    """Failures are the documents' own, except those of jobs that killed something."""
    for failure in failures:
        if failure.code == POISONED:
            yield problem(
                "jobs-poisoned",
                f"{failure.task} of {failure.department}",
                since=min((job.at for job in failure.jobs), default=None),
                task=failure.task,
                department=failure.department,
                count=failure.count,
                jobs=", ".join(job.id for job in failure.jobs),
            )


def _batches(batches: Iterable[BatchHealth]) -> Iterator[HealthProblem]:
    for batch in batches:
        if batch.stall and batch.stall.is_fault:
            yield problem(
                "batch-stalled",
                batch.id,
                since=batch.stall.since,
                department=batch.department,
                done=batch.done,
                total=batch.total,
                why=batch.stall.detail,
            )
        elif batch.late:
            yield problem(
                "batch-late",
                batch.id,
                department=batch.department,
                done=batch.done,
                total=batch.total,
                expected=f"at {clock(batch.expected_at)}" if batch.expected_at else "at no time",
                deadline=clock(batch.deadline),
            )


def _deliveries(health: Health) -> Iterator[HealthProblem]:
    for receiver in health.receivers:
        yield problem(
            "receiver-failing",
            f"{receiver.address} of {receiver.department}",
            since=receiver.since,
            address=receiver.address,
            department=receiver.department,
            reason=receiver.reason or "its answer is not known",
        )
    for callbacks in health.callbacks:
        if callbacks.dead:
            yield problem("callbacks-dead", callbacks.department, count=callbacks.dead)
        if callbacks.gone:
            yield problem("receiver-gone", callbacks.department, count=callbacks.gone)


def _provider(fault: ProviderFault | None) -> Iterator[HealthProblem]:
    if fault is not None:
        yield problem("provider-away", fault.issuer, since=fault.since, reason=fault.reason)


def _holidays(holidays: HolidaysHealth | None, now: datetime) -> Iterator[HealthProblem]:
    if holidays is None:
        return
    if holidays.until is None:
        yield problem("holidays-missing", "windows")
    elif now.date() + HOLIDAYS_WARN >= holidays.until:
        yield problem("holidays-end", "windows", until=holidays.until.isoformat())


def _pause(pause: PauseHealth) -> HealthProblem:
    options = f" --department {pause.department}" if pause.department else ""
    options += f" --lane {pause.lane}" if pause.lane else ""
    what = f"{pause.lane or 'all'} jobs of {pause.department or 'every department'}"
    return problem("paused", what, since=pause.since, what=what, options=options)


def _gib(size: int) -> str:
    return f"{size / _GIB:.1f} GiB"
