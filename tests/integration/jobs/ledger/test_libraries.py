"""Libraries in the ledger: what is in one does not expire."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pydantic import SecretStr
from redis import Redis

from jobs.ledger import Ledger
from jobs.process.settings import RedisSettings, RetentionSettings
from tests.integration.jobs.ledger.conftest import a_document, a_job, submit_job

EXPIRED = a_document()


async def keep_expired(ledger: Ledger) -> None:
    """Store a document, and let it expire."""
    await ledger.documents.keep(EXPIRED)
    redis = ledger.documents._connection.redis
    await redis.hset("chancery:document:tax:doc_1", "expires_at", "1")
    await redis.zadd("chancery:documents", {"tax:doc_1": 1})


async def pruned(ledger: Ledger) -> int:
    return (await ledger.upkeep.prune()).documents


async def test_a_document_expires_by_the_servers_clock(redis_url: str) -> None:
    settings = RedisSettings(url=SecretStr(redis_url))
    ledger = Ledger(settings, RetentionSettings(document_retention_hours=1))
    stored = await ledger.documents.keep(EXPIRED)
    assert stored.expires_at - datetime.now(UTC) < timedelta(hours=2)
    await ledger.close()


def uses(redis_url: str, document_id: str) -> int:
    """How many jobs and libraries keep a document of `tax`."""
    with Redis.from_url(redis_url) as redis:
        return int(redis.hget(f"chancery:document:tax:{document_id}", "jobs") or 0)


async def test_a_document_in_a_library_is_kept_until_it_is_taken_out(ledger: Ledger) -> None:
    await keep_expired(ledger)
    for _ in range(2):
        assert await ledger.libraries.add("tax", "laws", EXPIRED.id)
    assert await ledger.libraries.add("tax", "rules", EXPIRED.id)
    assert await pruned(ledger) == 0
    assert await ledger.libraries.remove("tax", "laws", EXPIRED.id)
    assert not await ledger.libraries.remove("tax", "laws", EXPIRED.id)
    assert await ledger.libraries.missing("tax", {"laws", "rules"}) == {"laws"}
    assert await pruned(ledger) == 0
    assert [one.id for one in await ledger.libraries.documents("tax", "rules")] == [EXPIRED.id]
    assert await ledger.libraries.remove("tax", "rules", EXPIRED.id)
    kept = await ledger.documents.get("tax", EXPIRED.id)
    assert kept is not None
    assert kept.expires_at > datetime.now(UTC)


async def test_a_document_that_an_open_job_names_is_kept(ledger: Ledger, redis_url: str) -> None:
    await keep_expired(ledger)
    job = a_job(document_id="doc_2", references=["doc_1"])
    await submit_job(ledger, job)
    assert await pruned(ledger) == 0
    await submit_job(ledger, job)  # the client library's second try changes nothing
    await ledger.jobs.cancel("tax", job.id)
    kept = await ledger.documents.get("tax", "doc_1")
    assert kept is not None
    assert kept.expires_at > datetime.now(UTC)
    assert uses(redis_url, "doc_1") == 0


async def test_a_document_that_is_withdrawn_is_out_of_every_library(
    ledger: Ledger, redis_url: str
) -> None:
    await keep_expired(ledger)
    for name in ("laws", "rules"):
        assert await ledger.libraries.add("tax", name, EXPIRED.id)
    for _ in range(2):
        await ledger.documents.withdraw("tax", EXPIRED.id)
    assert await ledger.libraries.missing("tax", {"laws", "rules"}) == {"laws", "rules"}
    # Uploaded again, it is a document like any other.
    await keep_expired(ledger)
    assert await ledger.libraries.add("tax", "laws", EXPIRED.id)
    assert await ledger.libraries.remove("tax", "laws", EXPIRED.id)
    assert uses(redis_url, EXPIRED.id) == 0
