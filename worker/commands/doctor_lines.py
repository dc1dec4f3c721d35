"""What `chancery doctor` prints besides the problems, in the language of its texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from jobs.batches.eta.situation import clock
from jobs.health.builds import processes_by_build
from jobs.health.report import (
    ApprovalHealth,
    BatchHealth,
    EngineHealth,
    Failures,
    Health,
    LaneHealth,
    ProcessHealth,
)
from jobs.texts import Language, Texts, texts
from jobs.texts.translation import Translation, translation

GIB = 1024**3
MOST_BATCHES = 20
MOST_FAILURES = 20


@dataclass(frozen=True, slots=True)
class DoctorLines:
    """The lines of one health. `text` has the keys `doctor.*`."""

    health: Health
    text: Texts
    translation: Translation

    @classmethod
    def of(cls, health: Health, language: Language) -> DoctorLines:
        return cls(health, texts(language), translation(language))

    def good(self) -> Iterator[tuple[str, str]]:
        """The area and the state of each part that answers."""
        health = self.health
        if health.redis.version is not None:
            yield "redis", self._redis()
        yield from self._processes()
        if health.redis.version is not None:
            yield from self._work()
        for disk in health.disks:
            free, total = f"{disk.free / GIB:.1f}", f"{disk.total / GIB:.1f}"
            where = f"{disk.host}:{disk.path}"
            yield "disk", self.text("doctor.disk", free=free, total=total, where=where)
        for one in health.restarts:
            last = clock(one.last_at)
            line = self.text("doctor.restarts", count=one.count, host=one.host, last=last)
            yield one.role, line

    def _processes(self) -> Iterator[tuple[str, str]]:
        for process in self.health.processes:
            if process.live:
                yield process.role, self._process(process)
        yield from self._builds()
        for engine in self.health.engines:
            if engine.healthy:
                yield engine.role, self._engine(engine)

    def _work(self) -> Iterator[tuple[str, str]]:
        yield "jobs", self._jobs()
        for lane in self.health.oldest_waiting:
            yield "queues", self._lane(lane)
        pending, dead = (
            sum(getattr(one, name) for one in self.health.callbacks) for name in ("pending", "dead")
        )
        yield "callbacks", self.text("doctor.callbacks", pending=pending, dead=dead)
        for one in self.health.approvals:
            yield "approvals", self._approvals(one)

    def details(self) -> Iterator[str]:
        """Open batches, windows that are closed, quotas that are used up, and failures."""
        health, text = self.health, self.text
        if health.batches:
            yield "\n" + text("doctor.open_batches", count=len(health.batches))
            yield from (f"  {self._batch(one)}" for one in health.batches[:MOST_BATCHES])
        closed = [window for window in health.windows if not window.is_open]
        if closed:
            yield "\n" + text("doctor.closed_windows")
        for window in closed:
            opens = clock(window.next_change) if window.next_change else None
            yield f"  {window.department}: {window.window}{self._part('opens', time=opens)}"
        if health.quotas:
            yield "\n" + text("doctor.used_up")
        for quota in health.quotas:
            name = text.of("console.quota", quota.quota) if self._is_chinese else quota.quota
            yield f"  {quota.department}: {name}, {quota.limit:g}"
        if health.failures:
            yield "\n" + text("doctor.failures")
            yield from (f"  {self._failures(one)}" for one in health.failures[:MOST_FAILURES])

    @property
    def _is_chinese(self) -> bool:
        return self.text.language is Language.zh

    def _part(self, key: str, **values: object) -> str:
        """A part of a line; nothing if one of its values is None."""
        known = None not in values.values()
        return self.text(f"doctor.{key}", **values) if known else ""

    def _redis(self) -> str:
        redis = self.health.redis
        limit = f"/{redis.max_bytes / 1024**2:.0f}" if redis.max_bytes else ""
        return self.text(
            "doctor.redis",
            version=redis.version,
            append_only=self.text("doctor.on" if redis.append_only else "doctor.off"),
            fsync=redis.append_fsync or self.text("doctor.unknown"),
            eviction=redis.eviction,
            used=f"{(redis.used_bytes or 0) / 1024**2:.0f}{limit}",
        )

    def _process(self, process: ProcessHealth) -> str:
        seconds = f"{process.heartbeat_age_seconds:.0f}"
        line = self.text("doctor.process", name=process.name, seconds=seconds)
        return line + self._part("in_hand", count=process.in_hand)

    def _builds(self) -> Iterator[tuple[str, str]]:
        for build, processes in processes_by_build(self.health.processes).items():
            roles = Counter(process.role for process in processes)
            yield "builds", f"{build}: {', '.join(f'{role} {n}' for role, n in roles.items())}"

    def _engine(self, engine: EngineHealth) -> str:
        known = {
            "running": engine.running,
            "waiting": engine.waiting,
            "kv_cache": None if engine.kv_cache_use is None else f"{engine.kv_cache_use:.0%}",
            "tokens": engine.tokens_per_second,
            "errors": None if engine.error_share is None else f"{engine.error_share:.0%}",
        }
        parts = [
            f"{self.text(f'doctor.engine.{name}')} {value}"
            for name, value in known.items()
            if value is not None
        ]
        parts.append(self.text("doctor.engine.worker", worker=engine.worker))
        return ", ".join([engine.model or self.text("doctor.engine.healthy"), *parts])

    def _jobs(self) -> str:
        counts: Counter[str] = Counter()
        for own in self.health.jobs.values():
            for status, count in own.items():
                counts[status.value] += count
        named = [(self.text(f"doctor.status.{one}"), n) for one, n in sorted(counts.items()) if n]
        return ", ".join(f"{count} {name}" for name, count in named) or self.text("doctor.no_jobs")

    def _lane(self, lane: LaneHealth) -> str:
        oldest = lane.oldest_waiting_seconds
        line = self.text(
            "doctor.lane", count=lane.waiting, lane=self.text(f"doctor.lanes.{lane.lane}")
        )
        seconds = None if oldest is None else f"{oldest:.0f}"
        return line + self._part("oldest", job=lane.oldest_job, seconds=seconds)

    def _approvals(self, one: ApprovalHealth) -> str:
        return self.text(
            "doctor.approvals",
            department=one.department,
            count=one.waiting,
            since=clock(one.oldest_at),
        )

    def _batch(self, batch: BatchHealth) -> str:
        if batch.stall:
            why = self.translation.sentence(batch.stall.detail)
            end = self.text("doctor.batch.stalled", why=why)
        elif batch.expected_at:
            end = self.text("doctor.batch.expected", time=clock(batch.expected_at))
        else:
            end = self.text("doctor.batch.no_end")
        return self.text(
            "doctor.batch.line",
            id=batch.id,
            department=batch.department,
            lane=self.text(f"doctor.lanes.{batch.lane}"),
            status=self.text(f"doctor.batch.status.{batch.status}"),
            done=batch.done,
            total=batch.total,
            failed=self.text("doctor.batch.failed", count=batch.failed) if batch.failed else "",
            end=end,
            deadline=clock(batch.deadline),
            late=self.text("doctor.batch.late") if batch.late else "",
        )

    def _failures(self, failures: Failures) -> str:
        jobs = ", ".join(
            self.text("doctor.failed_line", job=job.id, batch=job.batch_id)
            if job.batch_id
            else job.id
            for job in failures.jobs[:3]
        )
        return self.text(
            "doctor.failure",
            count=failures.count,
            code=failures.code or self.text("doctor.no_code"),
            task=failures.task,
            department=failures.department,
            jobs=jobs,
        )
