"""Jobs: submit, read, list, wait for and cancel them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from jobs.ledger.department_records import over_quota, to_quotas
from jobs.ledger.document_records import document_record
from jobs.ledger.endings import Endings
from jobs.ledger.job_records import new_job_record
from jobs.ledger.page import Page, check_cursor
from jobs.ledger.records import dump, pairs
from jobs.ledger.replies import IdempotencyKey, earlier_reply, mismatch, reply_argument
from jobs.ledger.server.connection import PREFIX, Connection
from jobs.ledger.unreadable import read_job
from jobs.model.ids import is_job_id
from jobs.model.job import Job, NewDocument, NewJob
from jobs.model.lanes import Lane
from jobs.model.problems import ProblemError
from jobs.model.quotas import QuotaLeft
from jobs.model.states import JobStatus, JobSubstatus
from jobs.submit.references import no_such_reference

_SCAN_PAGES = 20
# Each job of a department is in the list of one of these.
_STATES = (*JobStatus, JobSubstatus.awaiting_approval)


@dataclass(frozen=True, slots=True)
class Submission:
    """A job to submit, with what is stored in the same step.

    `document`: None if the document is stored already. `body`: the reply, which a repeated
    request with the same `idempotency` key gets too.
    """

    job: NewJob
    created_at: datetime
    document: NewDocument | None
    body: bytes
    idempotency: IdempotencyKey | None


@dataclass(frozen=True, slots=True)
class JobReceipt:
    """What was stored for a submission.

    `replayed`: the body is the reply to an earlier request with the same key. `blob`: where in the
    store the document's bytes are, which may be an earlier upload. `quotas`: what is left of the
    department's quotas.
    """

    body: bytes
    replayed: bool
    blob: str | None
    quotas: Sequence[QuotaLeft] = ()


class JobLedger:
    """Every method raises `ProblemError("unavailable")` while Redis cannot be reached."""

    def __init__(
        self,
        connection: Connection,
        endings: Endings,
        *,
        job_keep_hours: float,
        document_keep_hours: float,
        reply_keep_hours: float,
        max_queued: int,
    ) -> None:
        self._connection = connection
        self._endings = endings
        self._job_keep_ms = round(job_keep_hours * 3_600_000)
        self._document_keep_ms = round(document_keep_hours * 3_600_000)
        self._reply_keep_ms = round(reply_keep_hours * 3_600_000)
        self._max_queued = max_queued

    async def submit(self, submission: Submission) -> JobReceipt:
        """Store a job and queue it, in one round trip.

        Raises `ProblemError`: `idempotency-mismatch`, `system-full`, `not-found` (the document);
        `OverQuotaError` if the job exceeds a quota of the department.
        """
        job, document = submission.job, submission.document
        answer = await self._connection.run(
            "jobs/submit",
            dump(new_job_record(job, submission.created_at, self._job_keep_ms)),
            dump(document_record(document, self._document_keep_ms)) if document else "",
            reply_argument(submission.idempotency, submission.body, self._reply_keep_ms),
            self._max_queued,
        )
        match answer:
            case ["stored", quotas, blob]:
                return JobReceipt(submission.body, False, blob, to_quotas(quotas))
            case ["replayed", quotas, body]:
                return JobReceipt(body.encode(), True, None, to_quotas(quotas))
            case ["over", *_]:
                raise over_quota(job.department, answer)
        raise _refusal(answer)

    async def earlier(self, department: str, idempotency: IdempotencyKey) -> JobReceipt | None:
        """What `submit` returned for this key before; None for a new key.

        Raises `ProblemError("idempotency-mismatch")`.
        """
        reply = await earlier_reply(self._connection, department, "jobs", idempotency)
        return JobReceipt(reply.body, True, None, reply.quotas) if reply else None

    async def get(self, department: str, job_id: str) -> Job | None:
        """A department's job; None if it has no such job."""
        if not is_job_id(job_id):
            return None
        redis = self._connection.redis
        record = await self._connection.ask(redis.hgetall(f"{PREFIX}job:{job_id}"))
        if not record or record["department"] != department:
            return None
        return read_job({**record, "id": job_id})

    async def get_all(self, department: str, job_ids: Sequence[str]) -> Sequence[Job]:
        """Those of the jobs that the department has, in the same order."""
        ids = [job_id for job_id in job_ids if is_job_id(job_id)]
        return [job for job in await self._load(ids) if job.department == department]

    async def ahead(self, job: Job) -> int | None:
        """How many jobs and batches of its department are before a queued job; None if the job
        does not wait. Other departments have turns of their own.
        """
        index = "ready" if job.lane is Lane.interactive else "waiting"
        redis = self._connection.redis
        rank = redis.zrank(f"{PREFIX}{index}:{job.department}", job.id)
        place: int | None = await self._connection.ask(rank)
        return place

    async def list(
        self,
        department: str,
        *,
        status: JobStatus | None = None,
        task: str | None = None,
        batch_id: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Job]:
        """A page of a department's jobs, newest first.

        `cursor` is the `next_cursor` of the page before. With `task`, a page may be shorter than
        `limit` and still have a next one. With `batch_id`: those jobs of the batch whose outcome
        is not in its output file yet, and those that have a callback of their own.
        Raises `ProblemError("invalid-request")` for a cursor of another form.
        """
        check_cursor(cursor, is_job_id, "jobs")
        if batch_id is not None:
            jobs = await self._of_batch(department, batch_id, cursor)
            of_batch = [
                job for job in jobs if status in (None, job.status) and task in (None, job.task)
            ]
            return Page(of_batch[:limit], of_batch[limit - 1].id if len(of_batch) > limit else None)
        indexes = [f"{PREFIX}jobs:{department}:{state}" for state in _states_shown_as(status)]
        matches: list[Job] = []
        for _ in range(_SCAN_PAGES):
            ids = await self._next_ids(indexes, cursor, limit)
            for job in await self._load(ids):
                if task in (None, job.task):
                    matches.append(job)
                if len(matches) == limit:
                    return Page(matches, job.id)
            # Counted by ids: jobs that were removed meanwhile are not the end of the list.
            if len(ids) < limit:
                return Page(matches, None)
            cursor = ids[-1]
        return Page(matches, cursor)

    async def _of_batch(self, department: str, batch_id: str, cursor: str | None) -> Sequence[Job]:
        """The batch's jobs that have a record, after `cursor`, newest first."""
        pipeline = self._connection.redis.pipeline(transaction=True)
        pipeline.smembers(f"{PREFIX}open:{batch_id}")
        pipeline.lrange(f"{PREFIX}outcomes:{batch_id}", 0, -1)
        pipeline.smembers(f"{PREFIX}called:{batch_id}")
        open_, ended, called = await self._connection.ask(pipeline.execute())
        recorded = {*open_, *ended, *called}
        ids = sorted((id_ for id_ in recorded if not cursor or id_ < cursor), reverse=True)
        return [job for job in await self._load(ids) if job.department == department]

    async def _next_ids(
        self, indexes: Sequence[str], cursor: str | None, limit: int
    ) -> Sequence[str]:
        """The next jobs of all indexes together."""
        # In one step, because a job changes its index with its state.
        pipeline = self._connection.redis.pipeline(transaction=True)
        for index in indexes:
            pipeline.zrevrangebylex(index, f"({cursor}" if cursor else "+", "-", 0, limit)
        found = await self._connection.ask(pipeline.execute())
        return sorted(chain.from_iterable(found), reverse=True)[:limit]

    async def _load(self, ids: Sequence[str]) -> Sequence[Job]:
        pipeline = self._connection.redis.pipeline(transaction=False)
        for job_id in ids:
            pipeline.hgetall(f"{PREFIX}job:{job_id}")
        records = await self._connection.ask(pipeline.execute())
        return [
            read_job({**record, "id": job_id})
            for job_id, record in zip(ids, records, strict=True)
            if record
        ]

    async def cancel(self, department: str, job_id: str) -> Job | None:
        """Cancel a job in any state. An ended job is not changed. None: no such job."""
        if not is_job_id(job_id):
            return None
        record = pairs(await self._connection.run("jobs/cancel", department, job_id))
        return read_job(record) if record else None

    async def department_of(self, job_id: str) -> str | None:
        """The department that a job belongs to, for operators; None if there is no such job."""
        if not is_job_id(job_id):
            return None
        redis = self._connection.redis
        name = f"{PREFIX}job:{job_id}"
        department: str | None = await self._connection.ask(redis.hget(name, "department"))
        return department

    async def delete(self, department: str, job_id: str) -> Sequence[str] | None:
        """Remove an ended job and its callback. Returns the blobs that the caller deletes: its
        result, and its text if no other job has it. None: no such job.

        Raises `ProblemError("not-ended")`, also for a line whose outcome its batch has not written.
        """
        if not is_job_id(job_id):
            return None
        match await self._connection.run("jobs/delete", department, job_id):
            case ["deleted", blobs]:
                return list(blobs)
            case ["open", status]:
                raise ProblemError(
                    "not-ended", f"The job is {status}. Cancel it, or delete it after its end."
                )
            case ["in-batch", batch_id]:
                raise ProblemError(
                    "not-ended", f"The job is a line of {batch_id}. Delete the batch after its end."
                )
        return None

    async def wait_ended(self, job_id: str, seconds: float) -> None:
        """Wait until the job ends or `seconds` have passed. The caller reads the job afterwards."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds), self._endings.watch(job_id) as ended:
                # The event is also set when the subscription was lost for a moment.
                while not await self._has_ended(job_id):
                    await ended.wait()
                    ended.clear()

    async def _has_ended(self, job_id: str) -> bool:
        redis = self._connection.redis
        name = f"{PREFIX}job:{job_id}"
        return bool(await self._connection.ask(redis.hexists(name, "finished_at")))


def _states_shown_as(status: JobStatus | None) -> Sequence[str]:
    """The states in the ledger of jobs that departments see with this status; None: all."""
    match status:
        case None:
            return _STATES
        case JobStatus.running:
            return (status, JobSubstatus.awaiting_approval)
    return (status,)


def _refusal(answer: Sequence[Any]) -> ProblemError:
    match answer:
        case ["mismatch"]:
            return mismatch()
        case ["full"]:
            return ProblemError(
                "system-full",
                "The queue is full. Nothing was accepted. Try again later.",
                retry_after=30,
            )
        case ["no-document", document_id]:
            return no_such_reference(document_id)
    return ProblemError(
        "not-found", "There is no such document, or it has expired. Upload it first."
    )
