"""Batches: submitted, read by one scheduler at a time, begun, listed."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from jobs.batches.batch import BatchStatus
from jobs.ledger import IdempotencyKey, Ledger
from jobs.model.ids import new_file_id
from jobs.model.problems import Problem, ProblemError
from jobs.process.settings import LimitSettings, RedisSettings
from tests.integration.jobs.ledger.batch_kit import BatchDriver, a_new_batch

KEY = IdempotencyKey("k", "a" * 64)


async def refusal(driver: BatchDriver, **submission: object) -> str:
    """The code of the problem that a submission is answered with."""
    with pytest.raises(ProblemError) as raised:
        await driver.submit(**submission)  # type: ignore[arg-type]
    return raised.value.problem.code


def run_out(driver: BatchDriver, batch_id: str) -> None:
    """Have the lease of the scheduler that reads a batch be over."""
    driver.redis.zadd("chancery:indexing", {batch_id: 1})


async def test_a_batch_is_kept_as_it_was_submitted(driver: BatchDriver) -> None:
    new = a_new_batch(
        window="20:00-07:00",
        callback_url="http://receiver.intranet/",
        metadata={"case": "1"},
        expected_at=datetime(2026, 11, 24, 5, 30, tzinfo=UTC),
    )
    await driver.keep_file(new, lines=3)
    assert (await driver.create(new, b'{"n":1}')).body == b'{"n":1}'
    batch = await driver.get(new)
    for name in (field.name for field in fields(new)):
        assert getattr(batch, name) == getattr(new, name), name
    assert batch.first_expected_at == new.expected_at
    assert (batch.status, batch.total, batch.released) == (BatchStatus.validating, 0, 0)
    assert batch.input_blob == "tax/aa/input"
    assert batch.ended_at is None


async def test_the_same_batch_again_changes_nothing(driver: BatchDriver) -> None:
    new = await driver.submit()
    await driver.create(new)
    assert driver.redis.hget(f"chancery:file:{new.input_file_id}", "uses") == "1"
    assert len((await driver.ledger.batches.list("tax", after=None, limit=9)).items) == 1


async def test_the_same_idempotency_key_gets_the_first_answer(driver: BatchDriver) -> None:
    await driver.submit(key=KEY)
    again = a_new_batch()
    await driver.keep_file(again)
    kept = await driver.create(again, b'{"n":2}', key=KEY)
    assert (kept.body, kept.replayed) == (b"{}", True)
    assert await driver.ledger.batches.get("tax", again.id) is None
    other = IdempotencyKey("k", "b" * 64)
    assert await refusal(driver, key=other) == "idempotency-mismatch"
    await driver.submit(department="parks", key=other)


async def test_a_batch_of_no_file_is_refused(driver: BatchDriver) -> None:
    for batch in (a_new_batch(), a_new_batch(input_file_id=new_file_id())):
        with pytest.raises(ProblemError) as raised:
            await driver.create(batch)
        assert raised.value.problem.code == "not-found"


async def test_a_batch_of_another_departments_file_is_refused(driver: BatchDriver) -> None:
    theirs = await driver.submit(department="parks")
    with pytest.raises(ProblemError) as raised:
        await driver.create(a_new_batch(input_file_id=theirs.input_file_id))
    assert raised.value.problem.code == "not-found"
    assert driver.redis.hget(f"chancery:file:{theirs.input_file_id}", "uses") == "1"


async def test_a_batch_is_its_departments_alone(driver: BatchDriver) -> None:
    batch = await driver.begin(2)
    assert await driver.ledger.batches.get("parks", batch.id) is None
    assert await driver.ledger.batches.cancel("parks", batch.id) is None
    assert (await driver.ledger.batches.list("parks", after=None, limit=9)).items == []
    assert (await driver.get(batch)).status is BatchStatus.in_progress


@pytest.mark.parametrize("name", ["", "batch_", "file_01m858vwdrw07k0198937535dv", "../batch"])
async def test_what_is_no_batches_id_finds_nothing(ledger: Ledger, name: str) -> None:
    assert await ledger.batches.get("tax", name) is None
    assert await ledger.batches.cancel("tax", name) is None


async def test_no_more_lines_are_taken_than_may_wait(driver: BatchDriver, redis_url: str) -> None:
    for department in ("tax", "parks"):
        await driver.ledger.departments.create(department)
    await driver.begin(3)
    await driver.begin(3, department="parks")
    small = Ledger(
        RedisSettings(url=SecretStr(redis_url)), limits=LimitSettings(max_waiting_lines=8)
    )
    tight = BatchDriver(small, driver.redis)
    assert await refusal(tight, lines=3) == "system-full"
    await tight.submit(lines=2)
    await driver.release()  # what was released does not wait
    await tight.submit(lines=3)
    await small.close()


async def test_a_list_is_paged_newest_first(driver: BatchDriver) -> None:
    ids = sorted(batch.id for batch in [await driver.submit() for _ in range(5)])
    first = await driver.ledger.batches.list("tax", after=None, limit=3)
    rest = await driver.ledger.batches.list("tax", after=first.next_cursor, limit=3)
    assert [batch.id for batch in (*first.items, *rest.items)] == ids[::-1]
    assert rest.next_cursor is None


async def test_one_scheduler_at_a_time_reads_a_batch_the_longest_waiting_first(
    driver: BatchDriver,
) -> None:
    first = await driver.submit()
    assert (await driver.indexing()).batch.id == first.id
    second = await driver.submit()
    assert (await driver.indexing()).batch.id == second.id
    assert await driver.ledger.batches.claim_indexing() is None


async def test_a_scheduler_that_died_is_replaced_and_says_nothing_more(driver: BatchDriver) -> None:
    batch = await driver.submit()
    dead = await driver.indexing()
    assert await driver.ledger.batches.renew_indexing(dead, 2)
    assert (await driver.get(batch)).read == 2
    assert await driver.ledger.batches.claim_indexing() is None  # the lease was renewed
    run_out(driver, batch.id)
    alive = await driver.indexing()
    assert alive.batch.id == batch.id
    assert not await driver.ledger.batches.renew_indexing(dead, 3)
    assert not await driver.ledger.batches.begin(dead, driver.begun(2))
    assert not await driver.ledger.batches.fail(dead, [Problem("invalid-request", "x")])
    assert (await driver.get(batch)).status is BatchStatus.validating
    assert await driver.ledger.batches.begin(alive, driver.begun(3))
    assert not await driver.ledger.batches.begin(dead, driver.begun(2))
    assert (await driver.get(batch)).indexed == 3


async def test_only_readings_that_were_not_heard_of_again_count(driver: BatchDriver) -> None:
    batch = await driver.submit()
    for _ in range(5):
        given_back = await driver.indexing()
        assert given_back.readings == 1
        for _ in range(2):  # an answer may be lost, and the call made again
            await driver.ledger.batches.requeue_indexing(given_back, 60)
        assert await driver.ledger.batches.claim_indexing() is None  # it is due in a minute
        run_out(driver, batch.id)
    counted = []
    for _ in range(4):
        counted.append((await driver.indexing()).readings)
        run_out(driver, batch.id)
    assert counted == [1, 2, 3, 4]


async def test_a_reading_that_came_further_than_all_before_restarts_the_count(
    driver: BatchDriver,
) -> None:
    batch = await driver.submit()
    counted = []
    for read in (10, 10, 5, 10, 11, 4):
        indexing = await driver.indexing()
        counted.append(indexing.readings)
        assert await driver.ledger.batches.renew_indexing(indexing, read)
        run_out(driver, batch.id)
    assert counted == [1, 2, 3, 4, 5, 2]


async def test_a_scheduler_that_could_not_go_on_takes_nothing_from_the_next(
    driver: BatchDriver,
) -> None:
    batch = await driver.submit()
    late = await driver.indexing()
    run_out(driver, batch.id)
    now = await driver.indexing()
    await driver.ledger.batches.requeue_indexing(late, 0)
    assert await driver.ledger.batches.claim_indexing() is None
    assert await driver.ledger.batches.renew_indexing(now, 1)
    run_out(driver, batch.id)
    assert (await driver.indexing()).readings == 2


async def test_a_batch_that_was_read_waits_with_its_lines_once(driver: BatchDriver) -> None:
    batch = await driver.submit()
    indexing = await driver.indexing()
    begun = driver.begun([("summarize", 7), ("extract", 5)], refused=1)
    for _ in range(2):  # an answer may be lost, and the call made again
        assert await driver.ledger.batches.begin(indexing, begun)
    now = await driver.get(batch)
    assert (now.status, now.total, now.indexed) == (BatchStatus.in_progress, 3, 2)
    assert (now.completed, now.failed, now.released) == (0, 1, 0)
    assert now.tokens == {"summarize": 7, "extract": 5}
    assert driver.redis.get("chancery:waiting-lines:tax") == "2"
    assert await driver.written_lines(now) == ([], [3])
    assert await driver.ledger.batches.claim_indexing() is None


async def test_a_batch_of_refused_lines_alone_is_completed(driver: BatchDriver) -> None:
    batch = await driver.begin(0, refused=2)
    assert batch.status is BatchStatus.finalizing
    assert await driver.ledger.batches.due_flushes() == [batch.id]
    both = [await driver.unwritten(batch), await driver.unwritten(batch)]
    assert [await driver.ledger.batches.flush(one) for one in both] == [True, False]
    now = await driver.get(batch)
    assert (now.status, await driver.counts(batch)) == (BatchStatus.completed, (2, 0, 2))
    assert await driver.written_lines(now) == ([], [1, 2])
    assert driver.redis.hget(f"chancery:file:{batch.input_file_id}", "uses") == "0"
    assert driver.redis.hget("chancery:batch-endings", "tax:completed") == "1"


async def test_a_batch_whose_file_is_of_no_use_fails_with_the_reasons(driver: BatchDriver) -> None:
    batch = await driver.submit(callback_url="http://receiver.intranet/")
    problem = Problem("invalid-request", "Line 3 is no JSON.", {"line": 3})
    assert await driver.ledger.batches.fail(await driver.indexing(), [problem])
    now = await driver.get(batch)
    assert now.status is BatchStatus.failed
    assert now.ended_at is not None
    assert [error["detail"] for error in now.errors] == ["Line 3 is no JSON."]
    assert driver.redis.hget(f"chancery:file:{batch.input_file_id}", "uses") == "0"
    (event,) = (await driver.ledger.callbacks.list("tax")).items
    assert (event.type, event.batch_id, event.job_id) == ("batch.failed", batch.id, None)


@pytest.mark.parametrize("expired", [False, True])
async def test_a_batch_that_is_being_read_ends_at_once(
    driver: BatchDriver, *, expired: bool
) -> None:
    ago = datetime.now(UTC) - timedelta(seconds=1)
    changes: dict[str, Any] = {"deadline": ago} if expired else {}
    batch = await driver.submit(**changes)
    indexing = await driver.indexing()
    if expired:
        await driver.ledger.upkeep.run_due_work()
    else:
        await driver.ledger.batches.cancel("tax", batch.id)
    now = await driver.get(batch)
    assert now.status is (BatchStatus.expired if expired else BatchStatus.cancelled)
    assert not await driver.ledger.batches.renew_indexing(indexing, 1)
    assert not await driver.ledger.batches.begin(indexing, driver.begun(2))
    assert await driver.ledger.batches.open() == []
    assert await driver.ledger.batches.due_flushes() == []
    assert (await driver.release()).released == 0
    assert driver.redis.hget(f"chancery:file:{batch.input_file_id}", "uses") == "0"
