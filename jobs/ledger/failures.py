"""Jobs that failed or expired in the last hour, as `scripts/lib/failures.lua` notes them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from jobs.ledger.records import to_moment
from jobs.ledger.server.connection import PREFIX, Connection

_SLOT_SECONDS = 300
# The running slot, and those of the hour before it.
_SLOTS = 13
_MOST_JOBS = 10


@dataclass(frozen=True, slots=True)
class FailedJob:
    """An example of a failure. The record of a batch's line is gone once its result is written:
    the batch's error file has it.
    """

    id: str
    batch_id: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Failures:
    """Jobs of one department and task that failed or expired with `code` in the last hour.

    `jobs` are a few of them, the newest first.
    """

    code: str
    task: str
    department: str
    count: int
    jobs: tuple[FailedJob, ...]


class FailureLedger:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def list(self) -> Sequence[Failures]:
        """The failures of the last 60 to 65 minutes, the most frequent first."""
        redis = self._connection.redis
        seconds, _ = await self._connection.ask(redis.time())
        slots = [seconds // _SLOT_SECONDS - back for back in range(_SLOTS)]
        pipeline = redis.pipeline(transaction=False)
        for slot in slots:
            pipeline.hgetall(f"{PREFIX}failures:{slot}")
            pipeline.hgetall(f"{PREFIX}failed-jobs:{slot}")
        answers = await self._connection.ask(pipeline.execute())
        return _by_kind(answers[::2], answers[1::2])


def _by_kind(
    counts: Sequence[Mapping[str, str]], examples: Sequence[Mapping[str, str]]
) -> Sequence[Failures]:
    totals = Counter[str]()
    jobs: defaultdict[str, list[FailedJob]] = defaultdict(list)
    for slot in counts:
        for name, count in slot.items():
            totals[name] += int(count)
    for slot in examples:
        for name, texts in slot.items():
            jobs[name] += _jobs(texts)
    return [_failures(name, count, jobs[name]) for name, count in totals.most_common()]


def _failures(name: str, count: int, jobs: Sequence[FailedJob]) -> Failures:
    code, task, department = name.split(" ")
    newest = sorted(jobs, key=lambda job: job.at, reverse=True)[:_MOST_JOBS]
    return Failures(code, task, department, count, tuple(newest))


def _jobs(texts: str) -> Iterator[FailedJob]:
    for text in texts.split(","):
        at, job_id, batch_id = text.split(" ")
        yield FailedJob(job_id, None if batch_id == "-" else batch_id, to_moment(at))
