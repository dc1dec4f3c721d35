"""Fixtures that submit jobs to the ledger."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis import Redis

from jobs.ledger import IdempotencyKey, Ledger
from jobs.ledger.jobs import JobReceipt, Submission
from jobs.ledger.runs import Ending
from jobs.model.ids import new_callback_id, new_job_id
from jobs.model.job import NewJob, StoredDocument
from jobs.model.lanes import Lane
from jobs.model.states import JobStatus
from tests.integration.jobs.ledger.batch_kit import BatchDriver

Submit = Callable[..., Awaitable[str]]


def a_job(**changes: Any) -> NewJob:
    return NewJob(
        **{
            "id": new_job_id(),
            "callback_id": None,
            "department": "tax",
            "task": "summarize",
            "lane": Lane.interactive,
            "options": {"max_words": 10},
            "document_id": "doc_1",
            **changes,
        }
    )


def a_document(department: str = "tax", document_id: str = "doc_1") -> StoredDocument:
    return StoredDocument(
        id=document_id,
        department=department,
        sha256="0" * 64,
        bytes=3,
        media_type="text/plain",
        filename=None,
        expires_at=datetime.now(UTC) + timedelta(hours=1),
        blob=f"{department}/aa/blob",
    )


async def submit_job(
    ledger: Ledger,
    job: NewJob,
    *,
    idempotency: IdempotencyKey | None = None,
    body: bytes = b"{}",
    **changes: Any,
) -> JobReceipt:
    """With the job's document, unless `document` is another one or None."""
    return await ledger.jobs.submit(
        Submission(
            job=job,
            created_at=datetime.now(UTC),
            document=changes.get("document", a_document(job.department, job.document_id)),
            body=body,
            idempotency=idempotency,
        )
    )


@pytest.fixture
def submit(ledger: Ledger) -> Submit:
    """Submits a job with the changes asked for; returns its id."""

    async def submit(*, url: str | None = None, **changes: Any) -> str:
        if url:
            changes |= {"callback_url": url, "callback_id": new_callback_id()}
        job = a_job(**changes)
        await submit_job(ledger, job)
        return job.id

    return submit


@pytest.fixture
def driver(ledger: Ledger, redis_url: str) -> Iterator[BatchDriver]:
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        yield BatchDriver(ledger, redis)


async def ended_job(ledger: Ledger, **changes: object) -> str:
    job = a_job(**changes)
    await submit_job(ledger, job)
    (claim,) = (await ledger.runs.claim([job.id], "w", 30)).granted
    assert await ledger.runs.finish(claim, Ending(JobStatus.succeeded, result="{}"))
    return job.id


def pass_time_of(redis: Redis, job_id: str) -> None:
    redis.hset(f"chancery:job:{job_id}", "finished_at", 1)
