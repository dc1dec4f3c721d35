"""What only the health of the system needs to know of the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from jobs.ledger.records import to_moment
from jobs.ledger.server.connection import PREFIX, Connection
from jobs.model.lanes import Lane

# Jobs of one department that are looked at for the oldest one. They are sorted by deadline, and
# those without one by age.
_LOOKED_AT = 50
# The scores of jobs without a deadline: see scripts/lib/ready.lua and queueing.lua.
_NO_DEADLINE = 9007199254740990
_ORDERS = {Lane.interactive: "ready", Lane.bulk: "waiting"}


@dataclass(frozen=True, slots=True)
class FailingReceiver:
    """A receiver whose last attempt failed. `since` is None for one that an earlier release noted.
    `next_attempt_at`: None while its breaker is closed. `reason`: what the last attempt got; None
    if it is not known.
    """

    department: str
    address: str
    since: datetime | None
    next_attempt_at: datetime | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class WaitingJob:
    """`since`: when it could have started first."""

    id: str
    lane: Lane
    since: datetime


@dataclass(frozen=True, slots=True)
class WaitingApprovals:
    """A department's results that wait for a person, `overdue` of them for too long."""

    department: str
    count: int
    overdue: int
    oldest_at: datetime


@dataclass(frozen=True, slots=True)
class ClosedWork:
    """Bulk work outside its window. Not `known`: no scheduler has said so for a minute."""

    known: bool
    departments: frozenset[str]
    batches: frozenset[str]


@dataclass(frozen=True, slots=True)
class ProviderFault:
    """The identity provider cannot be used."""

    issuer: str
    reason: str
    since: datetime


class HealthLedger:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def probe(self) -> datetime:
        """Write a value. Returns the server's time. Raises `ProblemError("unavailable")`: see
        `server/faults.py`.
        """
        return to_moment(str(await self._connection.run("health/probe_write")))

    async def time(self) -> datetime:
        """The server's time."""
        seconds, micros = await self._connection.ask(self._connection.redis.time())
        return datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=micros)

    async def failing_receivers(self) -> Sequence[FailingReceiver]:
        """Receivers that do not take callbacks, of all departments, with open breakers or not."""
        pipeline = self._connection.redis.pipeline(transaction=False)
        pipeline.zrange(f"{PREFIX}failing", 0, -1, withscores=True)
        pipeline.zrange(f"{PREFIX}breakers", 0, -1, withscores=True)
        pipeline.hgetall(f"{PREFIX}failing-reasons")
        since, until, reasons = map(dict, await self._connection.ask(pipeline.execute()))
        return [
            FailingReceiver(
                department,
                address,
                _time(since, receiver),
                _time(until, receiver),
                reasons.get(receiver) or None,
            )
            for receiver in sorted({*since, *until})
            for department, _, address in [receiver.partition(" ")]
        ]

    async def closed_work(self) -> ClosedWork:
        redis = self._connection.redis
        members = await self._connection.ask(redis.smembers(f"{PREFIX}closed"))
        kinds = [member.partition(":") for member in members]
        return ClosedWork(
            known="known" in members,
            departments=frozenset(name for kind, _, name in kinds if kind == "department"),
            batches=frozenset(name for kind, _, name in kinds if kind == "batch"),
        )

    async def oldest_waiting(self, departments: Iterable[str]) -> Mapping[Lane, WaitingJob]:
        """For each lane the job that has waited longest, if any waits.

        Of a department's jobs with a deadline only the first fifty are looked at.
        """
        redis = self._connection.redis
        pipeline = redis.pipeline(transaction=False)
        kinds = [(lane, name) for name in departments for lane in Lane]
        for lane, name in kinds:
            key = f"{PREFIX}{_ORDERS[lane]}:{name}"
            pipeline.zrange(key, 0, _LOOKED_AT - 1)
            pipeline.zrangebyscore(key, _NO_DEADLINE, "+inf", 0, 1)
        answers = await self._connection.ask(pipeline.execute())
        ids = [
            (lane, job_id)
            for (lane, _), first, without in zip(kinds, answers[::2], answers[1::2], strict=True)
            for job_id in {*first, *without}
            if job_id.startswith("job_")
        ]
        for _, job_id in ids:
            pipeline.hmget(f"{PREFIX}job:{job_id}", "created_at", "not_before")
        times = await self._connection.ask(pipeline.execute())
        jobs = [
            WaitingJob(job_id, lane, to_moment(str(max(float(created), float(not_before or 0)))))
            for (lane, job_id), (created, not_before) in zip(ids, times, strict=True)
            if created
        ]
        return {job.lane: job for job in sorted(jobs, key=lambda job: job.since, reverse=True)}

    async def waiting_approvals(
        self, departments: Sequence[str], overdue_before: datetime
    ) -> Sequence[WaitingApprovals]:
        """Of each department that has results that wait for approval.

        `overdue_before`: those that began to wait before are overdue.
        """
        pipeline = self._connection.redis.pipeline(transaction=False)
        for name in departments:
            key = f"{PREFIX}awaiting:{name}"
            pipeline.zcard(key)
            pipeline.zcount(key, "-inf", overdue_before.timestamp() * 1000)
            pipeline.zrange(key, 0, 0, withscores=True)
        answers = await self._connection.ask(pipeline.execute())
        return [
            WaitingApprovals(name, count, overdue, to_moment(str(oldest[0][1])))
            for name, count, overdue, oldest in zip(
                departments, answers[::3], answers[1::3], answers[2::3], strict=True
            )
            if oldest
        ]

    async def note_provider(self, issuer: str, reason: str | None, keep: timedelta) -> None:
        """Note why the identity provider cannot be used, for as long as `keep`; None: it can be."""
        await self._connection.run(
            "health/note_provider", issuer, reason or "", round(keep.total_seconds() * 1000)
        )

    async def provider_fault(self) -> ProviderFault | None:
        redis = self._connection.redis
        record = await self._connection.ask(redis.hgetall(f"{PREFIX}provider"))
        if not record:
            return None
        return ProviderFault(record["issuer"], record["reason"], to_moment(record["since"]))

    async def batch_lines(self, batch_ids: Sequence[str]) -> Mapping[str, int]:
        """How many lines of each batch were started and have not ended."""
        pipeline = self._connection.redis.pipeline(transaction=False)
        for batch_id in batch_ids:
            pipeline.scard(f"{PREFIX}open:{batch_id}")
        counts = await self._connection.ask(pipeline.execute())
        return dict(zip(batch_ids, counts, strict=True))

    async def running(self) -> int:
        """How many jobs run in the whole system."""
        redis = self._connection.redis
        return int(await self._connection.ask(redis.zcard(f"{PREFIX}running")))


def _time(scores: Mapping[str, float], member: str) -> datetime | None:
    score = scores.get(member)
    return None if score is None else to_moment(str(score))
