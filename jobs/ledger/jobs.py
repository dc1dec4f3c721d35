"""Jobs in the ledger: submitted, looked at, listed, waited for, cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jobs.ledger.connection import PREFIX, Connection
from jobs.ledger.endings import Endings
from jobs.ledger.page import Page
from jobs.ledger.quotas import over_quota, to_quotas
from jobs.ledger.records import (
    document_record,
    dump,
    new_job_record,
    pairs,
    to_job,
)
from jobs.ledger.replies import IdempotencyKey, earlier_reply, mismatch, reply_argument
from jobs.model.ids import is_job_id
from jobs.model.job import Job, NewDocument, NewJob
from jobs.model.problems import ProblemError
from jobs.model.quotas import QuotaLeft
from jobs.model.states import JobStatus
from jobs.submit.references import no_such_reference

_SCAN_PAGES = 20


@dataclass(frozen=True, slots=True)
class Submission:
    """A job to be kept, with what else is kept in the same step.

    `document` is given where the document is new; `body` is the answer that the same
    `idempotency` key gets again.
    """

    job: NewJob
    created_at: datetime
    document: NewDocument | None
    body: bytes
    idempotency: IdempotencyKey | None


@dataclass(frozen=True, slots=True)
class Kept:
    """`blob` is where the document's bytes are: of an earlier upload, perhaps. `quotas` is what the
    department's quotas leave now.
    """

    body: bytes
    replayed: bool
    blob: str | None
    quotas: Sequence[QuotaLeft] = ()


class JobLedger:
    """Every method raises `ProblemError("unavailable")` while Redis is away."""

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

    async def submit(self, submission: Submission) -> Kept:
        """Keep a job and queue it, in one round trip.

        Raises `ProblemError`: `idempotency-mismatch`, `system-full`, `not-found` (the document);
        `OverQuotaError` where a quota of the department refuses it.
        """
        job, document = submission.job, submission.document
        answer = await self._connection.run(
            "submit",
            dump(new_job_record(job, submission.created_at, self._job_keep_ms)),
            dump(document_record(document, self._document_keep_ms)) if document else "",
            reply_argument(submission.idempotency, submission.body, self._reply_keep_ms),
            self._max_queued,
        )
        match answer:
            case ["kept", quotas, blob]:
                return Kept(submission.body, False, blob, to_quotas(quotas))
            case ["replayed", quotas, body]:
                return Kept(body.encode(), True, None, to_quotas(quotas))
            case ["over", *_]:
                raise over_quota(job.department, answer)
        raise _refusal(answer)

    async def earlier(self, department: str, idempotency: IdempotencyKey) -> Kept | None:
        """What `submit` answered to the key before; None where it was not used.

        Raises `ProblemError("idempotency-mismatch")`.
        """
        found = await earlier_reply(self._connection, department, "jobs", idempotency)
        return Kept(found.body, True, None, found.quotas) if found else None

    async def get(self, department: str, job_id: str) -> Job | None:
        """A department's job; None where it has no such job."""
        if not is_job_id(job_id):
            return None
        redis = self._connection.redis
        record = await self._connection.ask(redis.hgetall(f"{PREFIX}job:{job_id}"))
        return to_job(record) if record and record["department"] == department else None

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

        `cursor` is a page's `next_cursor`; anything else raises `ProblemError("invalid-request")`.
        With `task` a page may be short and still have a next one. Of a batch, jobs are listed whose
        outcome is not in its output file yet, and those that have a callback of their own.
        """
        if cursor is not None and not is_job_id(cursor):
            raise ProblemError("invalid-request", "Use a `next_cursor` as it was given.")
        if batch_id is not None:
            jobs = await self._of_batch(department, batch_id, cursor)
            fits = [
                job for job in jobs if status in (None, job.status) and task in (None, job.task)
            ]
            return Page(fits[:limit], fits[limit - 1].id if len(fits) > limit else None)
        index = f"{PREFIX}jobs:{department}" + (f":{status.value}" if status else "")
        found: list[Job] = []
        for _ in range(_SCAN_PAGES):
            jobs = await self._page(index, cursor, limit)
            for job in jobs:
                if task in (None, job.task):
                    found.append(job)
                cursor = job.id
                if len(found) == limit:
                    return Page(found, cursor)
            if len(jobs) < limit:
                return Page(found, None)
        return Page(found, cursor)

    async def _of_batch(self, department: str, batch_id: str, cursor: str | None) -> Sequence[Job]:
        """The batch's jobs that have a record, from `cursor` on, newest first."""
        pipeline = self._connection.redis.pipeline(transaction=True)
        pipeline.smembers(f"{PREFIX}open:{batch_id}")
        pipeline.lrange(f"{PREFIX}outcomes:{batch_id}", 0, -1)
        pipeline.smembers(f"{PREFIX}called:{batch_id}")
        open_, ended, called = await self._connection.ask(pipeline.execute())
        kept = {*open_, *ended, *called}
        ids = sorted((id_ for id_ in kept if not cursor or id_ < cursor), reverse=True)
        return [job for job in await self._load(ids) if job.department == department]

    async def _page(self, index: str, cursor: str | None, limit: int) -> Sequence[Job]:
        redis = self._connection.redis
        ids = await self._connection.ask(
            redis.zrevrangebylex(index, f"({cursor}" if cursor else "+", "-", 0, limit)
        )
        return await self._load(ids)

    async def _load(self, ids: Sequence[str]) -> Sequence[Job]:
        pipeline = self._connection.redis.pipeline(transaction=False)
        for job_id in ids:
            pipeline.hgetall(f"{PREFIX}job:{job_id}")
        records = await self._connection.ask(pipeline.execute())
        return [to_job(record) for record in records if record]

    async def cancel(self, department: str, job_id: str) -> Job | None:
        """Cancel a job at once, whatever it is doing; one that has ended stays as it is."""
        if not is_job_id(job_id):
            return None
        record = pairs(await self._connection.run("cancel", department, job_id))
        return to_job(record) if record else None

    async def wait_ended(self, job_id: str, seconds: float) -> None:
        """Wait until the job ends or the time is over. Look at the job before and after."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds), self._endings.watch(job_id) as ended:
                # Woken also where news may have been missed.
                while not await self._has_ended(job_id):
                    await ended.wait()
                    ended.clear()

    async def _has_ended(self, job_id: str) -> bool:
        redis = self._connection.redis
        name = f"{PREFIX}job:{job_id}"
        return bool(await self._connection.ask(redis.hexists(name, "finished_at")))


def _refusal(answer: Sequence[Any]) -> ProblemError:
    match answer:
        case ["mismatch"]:
            return mismatch()
        case ["full"]:
            return ProblemError(
                "system-full",
                "As many jobs wait as may wait. Nothing was accepted. Try again later.",
                retry_after=30,
            )
        case ["no-document", document_id]:
            return no_such_reference(document_id)
    return ProblemError(
        "not-found", "There is no such document. Upload it first; it may have expired."
    )
