"""The outcome of a test with faults: jobs, deliveries and recoveries, counted and checked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from redis.asyncio import Redis

from jobs.model.states import ENDINGS
from tests.chaos.engine import count_requests
from tests.chaos.load import Load
from tests.chaos.machine import WORKERS, Death
from tests.chaos.receiver import Delivery, Receiver
from tests.chaos.services import Service, moment_of

Record = Mapping[str, str]


class System(Protocol):
    """What is counted of a system; both `Machine` and the tests of several machines have it."""

    redis: Redis
    request_log: Path
    deaths: list[Death]
    services: dict[str, Service]


@dataclass(frozen=True, slots=True)
class Account:
    """Numbers of jobs, except where stated.

    `approved`: by a person. `lost`: accepted and not ended. `run_twice`: with more than one request
    to the engine. `two_endings`: endings counted or delivered in excess of one per job. `unasked`:
    in the ledger without an accepted submission. `events` and `duplicates`: deliveries with a new
    and with a repeated `webhook-id`. `recovered` (seconds): the longest time from a worker's death
    or stop to the next run of a job that it held, for deaths that were reported to the ledger and
    for others. `slowest` (seconds): the longest time from acceptance to the ending of a job;
    `slowest_event`: from the ending to the first arrival of its callback.
    """

    accepted: int
    ended: int
    succeeded: int
    approved: int
    lost: int
    run_twice: int
    two_endings: int
    unasked: int
    events: int
    duplicates: int
    unverified: int
    undelivered: int
    refused: int
    in_hand: int
    recovered_known: float
    recovered_unknown: float
    slowest: float
    slowest_event: float
    counters: Mapping[str, int]

    def line(self, title: str) -> str:
        return (
            f"{title}: accepted {self.accepted}, ended {self.ended}, lost {self.lost}, "
            f"approved {self.approved}, "
            f"run twice {self.run_twice}, two endings {self.two_endings}, events {self.events}, "
            f"duplicate deliveries {self.duplicates}, held at deaths {self.in_hand}, longest "
            f"recovery {self.recovered_known:.1f} s (reported deaths), "
            f"{self.recovered_unknown:.1f} s (others), slowest job {self.slowest:.1f}, "
            f"slowest callback {self.slowest_event:.1f}"
        )

    def check(self) -> None:
        """Assert what must hold after any fault."""
        assert (self.lost, self.two_endings, self.unasked, self.unverified) == (0, 0, 0, 0), self
        assert self.ended == self.accepted, self
        assert (self.refused, self.undelivered) == (0, 0), self


async def settled(machine: System, load: Load, seconds: float) -> None:
    """Wait until every accepted job has ended and its event is delivered, at most `seconds`."""
    deadline = time.monotonic() + seconds
    open_jobs = {job.id for job in load.accepted}
    while open_jobs and time.monotonic() < deadline:
        for job_id, record in (await _records(machine, sorted(open_jobs))).items():
            callback = f"chancery:callback:{record.get('callback_id')}"
            if record.get("status") in ENDINGS and (
                load.callback_url is None
                or await machine.redis.hget(callback, "status") == "delivered"
            ):
                open_jobs.discard(job_id)
        await asyncio.sleep(0.25)


async def account(
    machine: System, load: Load, receiver: Receiver, *, other_endings: int = 0
) -> Account:
    """`other_endings`: those of other departments, which are counted together."""
    ids = [job.id for job in load.accepted]
    records = await _records(machine, ids)
    ended = {key: record for key, record in records.items() if record.get("status") in ENDINGS}
    department = next(iter(records.values()))["department"]
    by_id, requests = receiver.by_id(), count_requests(machine.request_log)
    known, unknown = _recoveries(machine, ended)
    counted = sum(map(int, (await machine.redis.hvals("chancery:endings"))))
    counters = await machine.redis.hgetall("chancery:counters")
    return Account(
        accepted=len(ids),
        ended=len(ended),
        succeeded=sum(record["status"] == "succeeded" for record in ended.values()),
        approved=sum("approval" in record for record in ended.values()),
        lost=len(set(ids) - set(ended)),
        run_twice=sum(requests.get(job.mark, 0) > 1 for job in load.accepted),
        two_endings=counted - other_endings - len(ended) + _wrong_events(receiver, ended),
        unasked=await _listed(machine, department) - len(set(ids)),
        events=len(by_id),
        duplicates=len(receiver.deliveries) - len(by_id),
        unverified=sum(not one.verified for one in receiver.deliveries),
        undelivered=sum(record["callback_id"] not in by_id for record in ended.values()),
        refused=len(load.refused),
        in_hand=sum(len(death.jobs) for death in machine.deaths),
        recovered_known=known,
        recovered_unknown=unknown,
        slowest=max(_seconds(record) for record in ended.values()),
        slowest_event=max((_waited(one, ended) for one in by_id.values()), default=0.0),
        counters={str(name): int(number) for name, number in counters.items()},
    )


def _wrong_events(receiver: Receiver, ended: Mapping[str, Record]) -> int:
    """Jobs for which the receiver got several events, or another one than the ledger has."""
    by_job: dict[str, set[tuple[str, str, str]]] = {}
    for one in receiver.deliveries:
        by_job.setdefault(one.job_id, set()).add((one.webhook_id, one.type, one.body_sha256))
    return sum(
        len(events) > 1
        or {event[:2] for event in events}
        != {(ended[job_id]["callback_id"], f"job.{ended[job_id]['status']}")}
        for job_id, events in by_job.items()
        if job_id in ended
    )


def _recoveries(machine: System, ended: Mapping[str, Record]) -> tuple[float, float]:
    """The longest recovery from reported deaths, and from others."""
    claims: dict[str, list[float]] = {}
    for key in WORKERS:
        for _, event in machine.services[key].events("job.claimed"):
            claims.setdefault(event["job_id"], []).append(moment_of(event))
    longest = {True: 0.0, False: 0.0}
    for death in machine.deaths:
        for job_id in death.jobs:
            again = [moment for moment in claims.get(job_id, ()) if moment > death.at]
            # Without another claim, its ending had already been sent to Redis.
            if again:
                longest[death.known] = max(longest[death.known], min(again) - death.at)
    return longest[True], longest[False]


def _seconds(record: Record) -> float:
    return (int(record["finished_at"]) - int(record["created_at"])) / 1000


def _waited(deliveries: Sequence[Delivery], ended: Mapping[str, Record]) -> float:
    record = ended.get(deliveries[0].job_id)
    return deliveries[0].at - int(record["finished_at"]) / 1000 if record else 0.0


async def _listed(machine: System, department: str) -> int:
    """The jobs of a department."""
    keys = await machine.redis.keys(f"chancery:jobs:{department}:*")
    return sum([await machine.redis.zcard(key) for key in keys])


async def _records(machine: System, ids: Sequence[str]) -> dict[str, Record]:
    pipeline = machine.redis.pipeline(transaction=False)
    for job_id in ids:
        pipeline.hgetall(f"chancery:job:{job_id}")
    return dict(zip(ids, await pipeline.execute(), strict=True))
