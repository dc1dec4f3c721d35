"""What `chancery doctor` prints besides the problems."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from jobs.batches.eta.situation import clock
from jobs.health.report import BatchHealth, EngineHealth, Failures, Health, LaneHealth

GIB = 1024**3
MOST_BATCHES = 20
MOST_FAILURES = 20


def good_lines(health: Health) -> Iterator[tuple[str, str]]:
    """The area and the state of each part that answers."""
    if health.redis.version is not None:
        yield "redis", _redis(health)
    for process in health.processes:
        if process.live:
            age = f"last heartbeat {process.heartbeat_age_seconds:.0f} s ago"
            in_hand = "" if process.in_hand is None else f", {process.in_hand} in hand"
            yield process.role, f"{process.name}, {age}{in_hand}"
    for engine in health.engines:
        if engine.healthy:
            yield engine.role, f"{_engine(engine)}, from {engine.worker}"
    if health.redis.version is not None:
        yield "jobs", _jobs(health)
        for lane in health.oldest_waiting:
            yield "queues", _lane(lane)
        pending, dead = (
            sum(getattr(one, name) for one in health.callbacks) for name in ("pending", "dead")
        )
        yield "callbacks", f"{pending} pending, {dead or 'none'} dead"
    for disk in health.disks:
        free, total = f"{disk.free / GIB:.1f}", f"{disk.total / GIB:.1f}"
        yield "disk", f"{free} of {total} GiB free in {disk.host}:{disk.path}"
    for restarts in health.restarts:
        last = f"the last at {clock(restarts.last_at)}"
        yield (
            restarts.role,
            f"{restarts.count} restarts on {restarts.host} in the last hour, {last}",
        )


def details(health: Health) -> Iterator[str]:
    """Open batches, windows that are closed, quotas that are used up, and failures."""
    if health.batches:
        yield f"\nOpen batches: {len(health.batches)}"
        yield from (f"  {_batch(one)}" for one in health.batches[:MOST_BATCHES])
    closed = [window for window in health.windows if not window.is_open]
    if closed:
        yield "\nBulk work outside its window:"
    for window in closed:
        opens = f", opens {clock(window.next_change)}" if window.next_change else ""
        yield f"  {window.department}: {window.window}{opens}"
    if health.quotas:
        yield "\nQuotas used up:"
        yield from (f"  {one.department}: {one.quota}, {one.limit:g}" for one in health.quotas)
    if health.failures:
        yield "\nJobs that failed or expired in the last hour:"
        yield from (f"  {_failures(one)}" for one in health.failures[:MOST_FAILURES])


def _redis(health: Health) -> str:
    redis = health.redis
    limit = f" of {redis.max_bytes / 1024**2:.0f}" if redis.max_bytes else ""
    return (
        f"version {redis.version}, append-only file {'on' if redis.append_only else 'off'}, "
        f"appendfsync {redis.append_fsync or 'unknown'}, {redis.eviction}, "
        f"{(redis.used_bytes or 0) / 1024**2:.0f}{limit} MiB"
    )


def _engine(engine: EngineHealth) -> str:
    known = {
        "running": engine.running,
        "waiting": engine.waiting,
        "KV cache": None if engine.kv_cache_use is None else f"{engine.kv_cache_use:.0%}",
        "tokens/s": engine.tokens_per_second,
        "errors": None if engine.error_share is None else f"{engine.error_share:.0%}",
    }
    parts = [f"{name} {value}" for name, value in known.items() if value is not None]
    return ", ".join([engine.model or "healthy", *parts])


def _jobs(health: Health) -> str:
    counts: Counter[str] = Counter()
    for own in health.jobs.values():
        for status, count in own.items():
            counts[status.value] += count
    open_ = [f"{count} {status}" for status, count in sorted(counts.items()) if count]
    return ", ".join(open_) or "none open"


def _lane(lane: LaneHealth) -> str:
    oldest = lane.oldest_waiting_seconds
    age = "" if oldest is None else f", the oldest job {lane.oldest_job} for {oldest:.0f} s"
    return f"{lane.waiting} wait in {lane.lane.value}{age}"


def _batch(batch: BatchHealth) -> str:
    if batch.stall:
        end = f"stalled: {batch.stall.detail}"
    else:
        end = f"expected {clock(batch.expected_at)}" if batch.expected_at else "no expected end"
    late = ", late" if batch.late else ""
    failed = f", {batch.failed} failed" if batch.failed else ""
    return (
        f"{batch.id} of {batch.department}, {batch.lane}, {batch.status}: {batch.done} of "
        f"{batch.total} lines{failed}; {end}; deadline {clock(batch.deadline)}{late}"
    )


def _failures(failures: Failures) -> str:
    jobs = ", ".join(
        f"{job.id} of {job.batch_id}" if job.batch_id else job.id for job in failures.jobs[:3]
    )
    return (
        f"{failures.count} {failures.code or 'without a code'}, {failures.task} of "
        f"{failures.department}: {jobs}"
    )
