"""When a document expires is counted by Redis's clock, whichever way the document came."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from jobs.ledger import Ledger
from jobs.model.job import NewDocument, StoredDocument
from tests.integration.jobs.ledger.conftest import a_document, a_job, submit_job

RETENTION = timedelta(hours=168)
MILLISECOND = timedelta(milliseconds=1)


def new_document() -> NewDocument:
    stored = a_document()
    return NewDocument(
        id=stored.id,
        department=stored.department,
        sha256=stored.sha256,
        bytes=stored.bytes,
        media_type=stored.media_type,
        filename=stored.filename,
        blob=stored.blob,
    )


async def redis_now(ledger: Ledger) -> datetime:
    seconds, microseconds = await ledger.documents._connection.redis.time()
    return datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=microseconds)


async def stored(ledger: Ledger) -> StoredDocument:
    document = await ledger.documents.get("tax", "doc_1")
    assert document is not None
    return document


async def test_an_upload_expires_after_the_retention(ledger: Ledger) -> None:
    before = await redis_now(ledger)
    await ledger.documents.keep(new_document())
    after = await redis_now(ledger)
    expires_at = (await stored(ledger)).expires_at
    assert before + RETENTION - MILLISECOND <= expires_at <= after + RETENTION


async def test_a_text_that_comes_with_its_job_expires_after_the_retention(ledger: Ledger) -> None:
    before = await redis_now(ledger)
    await submit_job(ledger, a_job())
    after = await redis_now(ledger)
    expires_at = (await stored(ledger)).expires_at
    assert before + RETENTION - MILLISECOND <= expires_at <= after + RETENTION


async def test_the_expiry_in_a_record_that_is_kept_again_does_not_count(ledger: Ledger) -> None:
    first = await ledger.documents.keep(new_document())
    again = await ledger.documents.keep(a_document())  # it says that it expires in an hour
    assert again.expires_at >= first.expires_at
