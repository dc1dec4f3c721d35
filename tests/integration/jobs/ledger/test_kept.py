"""The bytes that departments keep: counted, limited, and freed at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from redis import Redis

from jobs.blobs import inline_blob, inline_text
from jobs.ledger import IdempotencyKey, Ledger
from jobs.ledger.replies import Reply
from jobs.ledger.runs import Ending
from jobs.model.department import Quota
from jobs.model.problems import Problem
from jobs.model.quotas import OverQuotaError
from jobs.model.states import JobStatus
from jobs.process.settings import RedisSettings, RetentionSettings
from tests.integration.files import a_file
from tests.integration.jobs.ledger.batch_kit import BatchDriver
from tests.integration.jobs.ledger.conftest import Submit, a_document, a_job, submit_job
from tests.integration.jobs.ledger.kept import PREFIX, check_kept, kept

LONG = {"schema": "x" * 100_000}
RECORD = 1_024


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        yield redis


async def have(ledger: Ledger, **quota: int) -> None:
    await ledger.departments.create("tax", quota=Quota(**quota))


async def end(ledger: Ledger, job_id: str, **ending: Any) -> None:
    (claim,) = (await ledger.runs.claim([job_id], "w", 30)).granted
    assert await ledger.runs.finish(claim, Ending(**{"status": JobStatus.succeeded, **ending}))


async def past_deadline(ledger: Ledger, redis: Redis, job_id: str) -> None:
    redis.zadd(f"{PREFIX}deadlines", {job_id: 1})
    await ledger.upkeep.run_due_work()


@pytest.mark.parametrize("how", ["succeeded", "failed", "cancelled", "expired"])
async def test_an_ended_job_keeps_no_options(
    ledger: Ledger, redis: Redis, submit: Submit, how: str
) -> None:
    await ledger.documents.keep(a_document(document_id="doc_2"))
    job_id = await submit(options=LONG, references=["doc_2"])
    assert kept(redis)["records"] > 100_000
    if how == "cancelled":
        await ledger.jobs.cancel("tax", job_id)
    elif how == "expired":
        await past_deadline(ledger, redis, job_id)
    else:
        error = Problem("output-invalid", "x") if how == "failed" else None
        await end(ledger, job_id, status=JobStatus(how), error=error)
    job = await ledger.jobs.get("tax", job_id)
    assert job is not None
    assert (job.status, job.options) == (how, {})
    assert not redis.hexists(f"{PREFIX}job:{job_id}", "references")
    assert kept(redis)["records"] < 3 * RECORD + 1_000
    assert redis.hget(f"{PREFIX}document:tax:doc_2", "jobs") == "0"
    check_kept(redis)


async def test_a_short_text_counts_as_a_record_and_goes_with_its_job(
    ledger: Ledger, redis: Redis
) -> None:
    text = "The water is off. " * 300
    document = replace(a_document(), blob=inline_blob(text), bytes=len(text))
    job = a_job()
    assert (await submit_job(ledger, job, document=document)).blob == ""
    counted = kept(redis)
    assert "stored" not in counted
    assert counted["records"] > len(text) + 2 * RECORD
    check_kept(redis)
    (claim,) = (await ledger.runs.claim([job.id], "w", 30)).granted
    assert claim.document is not None
    assert inline_text(claim.document.blob) == text
    assert await ledger.runs.finish(claim, Ending(JobStatus.succeeded))
    assert await ledger.jobs.delete("tax", job.id) == []
    assert not redis.exists(f"{PREFIX}document:tax:doc_1")
    assert kept(redis).get("records", 0) == 0


async def test_a_short_text_above_the_quota_of_records_is_refused(ledger: Ledger) -> None:
    await have(ledger, max_record_bytes=5 * RECORD)
    text = "x" * 4 * RECORD
    document = replace(a_document(), blob=inline_blob(text), bytes=len(text))
    with pytest.raises(OverQuotaError) as raised:
        await submit_job(ledger, a_job(), document=document)
    assert raised.value.problem.code == "quota-records"
    with pytest.raises(OverQuotaError):
        await ledger.documents.keep(replace(document, bytes=5 * RECORD))


async def test_a_short_text_that_expires_leaves_no_blob_to_delete(
    ledger: Ledger, redis: Redis
) -> None:
    for number in (1, 2):
        document = a_document(document_id=f"doc_{number}")
        await ledger.documents.keep(replace(document, blob=inline_blob("off")))
        redis.zadd(f"{PREFIX}documents", {f"tax:doc_{number}": 1})
    assert await ledger.documents.delete("tax", "doc_2") == ""
    pruned = await ledger.upkeep.prune()
    assert (pruned.blobs, pruned.documents) == ([], 1)
    assert not any(kept(redis).values())


async def test_a_job_that_runs_again_has_its_options(ledger: Ledger, submit: Submit) -> None:
    job_id = await submit(options=LONG)
    (claim,) = (await ledger.runs.claim([job_id], "w", 30)).granted
    assert await ledger.runs.requeue(claim, delay_seconds=0, counted=True, code="engine-busy")
    (claim,) = (await ledger.runs.claim([job_id], "w", 30)).granted
    assert claim.job.options == LONG


async def test_a_department_is_held_to_its_bytes_of_records(ledger: Ledger, redis: Redis) -> None:
    await have(ledger, max_record_bytes=250_000)
    jobs = [a_job(options=LONG) for _ in range(3)]
    for job in jobs[:2]:
        await submit_job(ledger, job)
    with pytest.raises(OverQuotaError) as raised:
        await submit_job(ledger, jobs[2])
    assert raised.value.problem.code == "quota-records"
    assert raised.value.retry_after == 60
    assert "Cancel jobs" in raised.value.problem.detail
    await ledger.jobs.cancel("tax", jobs[0].id)
    await submit_job(ledger, jobs[2])
    check_kept(redis)


async def test_a_flood_from_many_callers_passes_no_quota_of_bytes(
    ledger: Ledger, redis: Redis
) -> None:
    await have(ledger, max_record_bytes=250_000)
    outcomes = await asyncio.gather(
        *(submit_job(ledger, a_job(options=LONG)) for _ in range(20)), return_exceptions=True
    )
    assert sum(isinstance(one, OverQuotaError) for one in outcomes) == 18
    assert kept(redis)["records"] <= 250_000


async def test_results_count_where_they_are_and_are_kept_above_the_quota(
    ledger: Ledger, redis: Redis
) -> None:
    await have(ledger, max_record_bytes=20_000, max_stored_bytes=500)
    inline, large = a_job(), a_job()
    await submit_job(ledger, inline)
    await submit_job(ledger, large)
    before = kept(redis)
    await end(ledger, inline.id, result="x" * 50_000)
    await end(ledger, large.id, result_blob="tax/bb/result", result_bytes=4_000)
    after = kept(redis)
    assert after["records"] - before["records"] >= 49_000
    assert after["stored"] - before["stored"] == 4_000
    check_kept(redis)
    with pytest.raises(OverQuotaError) as raised:
        await submit_job(ledger, a_job())
    assert raised.value.problem.code == "quota-records"


async def test_documents_and_files_count_in_the_store_until_they_are_removed(
    ledger: Ledger, redis: Redis
) -> None:
    await have(ledger, max_stored_bytes=1_000)
    document = a_document()
    await ledger.documents.keep(document)
    await ledger.documents.keep(document)  # the same bytes again
    file = a_file(bytes=900)
    await ledger.files.keep(file)
    assert kept(redis)["stored"] == 903
    large = replace(a_document(document_id="doc_3"), bytes=98)
    for keep in (ledger.files.keep(a_file(bytes=98)), ledger.documents.keep(large)):
        with pytest.raises(OverQuotaError) as raised:
            await keep
        assert raised.value.problem.code == "quota-storage"
    await ledger.documents.keep(a_document(document_id="doc_2"), above_quota=True)
    check_kept(redis)
    await ledger.files.delete("tax", file.id)
    await ledger.documents.withdraw("tax", "doc_1")
    assert kept(redis)["stored"] == 3
    await ledger.files.keep(a_file(bytes=900))
    check_kept(redis)


async def test_a_job_s_own_text_counts_in_the_store_once(ledger: Ledger, redis: Redis) -> None:
    await have(ledger, max_stored_bytes=4)
    await submit_job(ledger, a_job())
    await submit_job(ledger, a_job())
    assert kept(redis)["stored"] == 3
    with pytest.raises(OverQuotaError) as raised:
        await submit_job(ledger, a_job(document_id="doc_2"))
    assert raised.value.problem.code == "quota-storage"


@pytest.mark.parametrize("how", ["cancelled", "expired"])
async def test_a_job_that_was_not_run_leaves_no_text_of_its_own(
    ledger: Ledger, redis: Redis, how: str
) -> None:
    async def give_up(job_id: str) -> None:
        if how == "cancelled":
            await ledger.jobs.cancel("tax", job_id)
        else:
            await past_deadline(ledger, redis, job_id)

    own, shared, sent = a_job(), a_job(document_id="doc_2"), a_job(document_id="doc_3")
    for job in (own, shared, sent, other := a_job(document_id="doc_2")):
        await submit_job(ledger, job)
    await ledger.documents.keep(a_document(document_id="doc_3"))
    for job in (own, shared, sent):
        await give_up(job.id)
    pruned = await ledger.upkeep.prune()
    assert pruned.documents == 1
    assert await ledger.documents.get("tax", "doc_1") is None
    assert await ledger.documents.get("tax", "doc_2") is not None
    assert await ledger.documents.get("tax", "doc_3") is not None
    await end(ledger, other.id)
    assert (await ledger.upkeep.prune()).documents == 0
    check_kept(redis)


async def test_open_batches_are_limited(driver: BatchDriver) -> None:
    await have(driver.ledger, max_open_batches=1)
    first = await driver.begin(3)
    second = driver.submit()
    with pytest.raises(OverQuotaError) as raised:
        await second
    assert raised.value.problem.code == "quota-batches"
    check_kept(driver.redis)
    await driver.ledger.batches.cancel("tax", first.id)
    await driver.write(first)
    await driver.submit()
    check_kept(driver.redis)


async def test_pruning_frees_all(redis_url: str, redis: Redis) -> None:
    nothing = {"job_retention_hours": 0, "document_retention_hours": 0}
    ledger = Ledger(
        RedisSettings(url=SecretStr(redis_url)),
        RetentionSettings(file_retention_hours=1e-9, **nothing),  # type: ignore[arg-type]
    )
    driver = BatchDriver(ledger, redis)
    job = a_job(options=LONG)
    await submit_job(ledger, job)
    await end(ledger, job.id, result_blob="tax/bb/result", result_bytes=4_000)
    batch = await driver.begin(3)
    await driver.release()
    await driver.run(driver.take_sent())
    await driver.write(batch)
    past = datetime.now(UTC) - timedelta(hours=1)
    await ledger.files.keep(a_file(expires_at=past))
    check_kept(redis)
    for key in redis.scan_iter(f"{PREFIX}file:*"):
        redis.zadd(f"{PREFIX}files", {key.rpartition(":")[2]: 1})
    await ledger.upkeep.prune()
    assert kept(redis) == {}
    await ledger.close()


async def test_replies_count_until_the_hour_in_which_they_expire(
    ledger: Ledger, redis: Redis
) -> None:
    await have(ledger, max_record_bytes=100_000)
    key = IdempotencyKey("k", "a" * 64)
    await ledger.replies.keep("tax", "cancel", key, Reply(200, b"x" * 90_000, {}))
    (quota,) = await ledger.departments.quotas("tax")
    assert quota.left == 100_000 - 90_000 - RECORD - len("{}")
    await submit_job(ledger, a_job())
    with pytest.raises(OverQuotaError):
        await submit_job(ledger, a_job(options={"x": "y" * 10_000}))
    (hour,) = redis.hkeys(f"{PREFIX}kept-replies:tax")
    amount = redis.hget(f"{PREFIX}kept-replies:tax", hour)
    redis.hdel(f"{PREFIX}kept-replies:tax", hour)
    past = int(datetime.now(UTC).timestamp() / 3_600) - 1
    redis.hset(f"{PREFIX}kept-replies:tax", past, amount)
    await submit_job(ledger, a_job(options={"x": "y" * 10_000}))


async def test_the_default_quota_holds_for_departments_without_their_own(ledger: Ledger) -> None:
    await ledger.departments.create("tax")
    await ledger.departments.set_default_quota(Quota(max_in_flight=1, max_queued=5))
    await submit_job(ledger, a_job())
    with pytest.raises(OverQuotaError):
        await submit_job(ledger, a_job())
    await ledger.departments.set_quota("tax", Quota(max_in_flight=2))
    await submit_job(ledger, a_job())
    left = {one.name.value: one.limit for one in await ledger.departments.quotas("tax")}
    assert left == {"in-flight": 2, "queued": 5}
    await ledger.departments.set_quota("tax", Quota(max_in_flight=0, max_queued=0))
    assert await ledger.departments.quotas("tax") == ()
    await submit_job(ledger, a_job())
    department = await ledger.departments.get("tax")
    assert department is not None
    assert department.quota == Quota(max_in_flight=0, max_queued=0)


async def test_a_record_of_an_earlier_release_frees_nothing(
    ledger: Ledger, redis: Redis, submit: Submit
) -> None:
    job_id = await submit(options=LONG)
    for key in (f"{PREFIX}job:{job_id}", f"{PREFIX}document:tax:doc_1"):
        redis.hdel(key, "kept_records", "kept_stored")
    redis.delete(f"{PREFIX}kept:tax")
    await ledger.jobs.cancel("tax", job_id)
    await ledger.documents.withdraw("tax", "doc_1")
    check_kept(redis)


async def test_statistics_have_what_each_department_keeps(ledger: Ledger) -> None:
    await have(ledger)
    await submit_job(ledger, a_job())
    statistics = await ledger.read_statistics()
    assert statistics.kept["tax", "stored"] == 3
    assert statistics.kept["tax", "records"] > RECORD
