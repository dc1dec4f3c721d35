"""Batches in the ledger: submitted, read by one scheduler at a time, begun, listed."""

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
from tests.integration.jobs.ledger.batch_kit import Bureau, a_new_batch

KEY = IdempotencyKey("k", "a" * 64)


async def refusal(bureau: Bureau, **submission: object) -> str:
    """The code of the problem that a submission is answered with."""
    with pytest.raises(ProblemError) as raised:
        await bureau.submit(**submission)  # type: ignore[arg-type]
    return raised.value.problem.code


def run_out(bureau: Bureau, batch_id: str) -> None:
    """Have the lease of the scheduler that reads a batch be over."""
    bureau.redis.zadd("chancery:indexing", {batch_id: 1})


async def test_a_batch_is_kept_as_it_was_submitted(bureau: Bureau) -> None:
    new = a_new_batch(
        window="20:00-07:00",
        callback_url="http://receiver.intranet/",
        metadata={"case": "1"},
        expected_at=datetime(2026, 11, 24, 5, 30, tzinfo=UTC),
    )
    await bureau.keep_file(new, lines=3)
    assert (await bureau.create(new, b'{"n":1}')).body == b'{"n":1}'
    batch = await bureau.get(new)
    for name in (field.name for field in fields(new)):
        assert getattr(batch, name) == getattr(new, name), name
    assert batch.first_expected_at == new.expected_at
    assert (batch.status, batch.total, batch.released) == (BatchStatus.validating, 0, 0)
    assert batch.input_blob == "tax/aa/input"
    assert batch.ended_at is None


async def test_the_same_batch_again_changes_nothing(bureau: Bureau) -> None:
    new = await bureau.submit()
    await bureau.create(new)
    assert bureau.redis.hget(f"chancery:file:{new.input_file_id}", "uses") == "1"
    assert len((await bureau.ledger.batches.list("tax", after=None, limit=9)).items) == 1


async def test_the_same_idempotency_key_gets_the_first_answer(bureau: Bureau) -> None:
    await bureau.submit(key=KEY)
    again = a_new_batch()
    await bureau.keep_file(again)
    kept = await bureau.create(again, b'{"n":2}', key=KEY)
    assert (kept.body, kept.replayed) == (b"{}", True)
    assert await bureau.ledger.batches.get("tax", again.id) is None
    other = IdempotencyKey("k", "b" * 64)
    assert await refusal(bureau, key=other) == "idempotency-mismatch"
    await bureau.submit(department="parks", key=other)


async def test_a_batch_of_no_file_is_refused(bureau: Bureau) -> None:
    for batch in (a_new_batch(), a_new_batch(input_file_id=new_file_id())):
        with pytest.raises(ProblemError) as raised:
            await bureau.create(batch)
        assert raised.value.problem.code == "not-found"


async def test_a_batch_of_another_departments_file_is_refused(bureau: Bureau) -> None:
    theirs = await bureau.submit(department="parks")
    with pytest.raises(ProblemError) as raised:
        await bureau.create(a_new_batch(input_file_id=theirs.input_file_id))
    assert raised.value.problem.code == "not-found"
    assert bureau.redis.hget(f"chancery:file:{theirs.input_file_id}", "uses") == "1"


async def test_a_batch_is_its_departments_alone(bureau: Bureau) -> None:
    batch = await bureau.begin(2)
    assert await bureau.ledger.batches.get("parks", batch.id) is None
    assert await bureau.ledger.batches.cancel("parks", batch.id) is None
    assert (await bureau.ledger.batches.list("parks", after=None, limit=9)).items == []
    assert (await bureau.get(batch)).status is BatchStatus.in_progress


@pytest.mark.parametrize("name", ["", "batch_", "file_01m858vwdrw07k0198937535dv", "../batch"])
async def test_what_is_no_batches_id_finds_nothing(ledger: Ledger, name: str) -> None:
    assert await ledger.batches.get("tax", name) is None
    assert await ledger.batches.cancel("tax", name) is None


async def test_no_more_lines_are_taken_than_may_wait(bureau: Bureau, redis_url: str) -> None:
    for department in ("tax", "parks"):
        await bureau.ledger.departments.create(department)
    await bureau.begin(3)
    await bureau.begin(3, department="parks")
    small = Ledger(
        RedisSettings(url=SecretStr(redis_url)), limits=LimitSettings(max_waiting_lines=8)
    )
    tight = Bureau(small, bureau.redis)
    assert await refusal(tight, lines=3) == "system-full"
    await tight.submit(lines=2)
    await bureau.release()  # what was released does not wait
    await tight.submit(lines=3)
    await small.close()


async def test_a_list_is_paged_newest_first(bureau: Bureau) -> None:
    ids = sorted(batch.id for batch in [await bureau.submit() for _ in range(5)])
    first = await bureau.ledger.batches.list("tax", after=None, limit=3)
    rest = await bureau.ledger.batches.list("tax", after=first.next_cursor, limit=3)
    assert [batch.id for batch in (*first.items, *rest.items)] == ids[::-1]
    assert rest.next_cursor is None


async def test_one_scheduler_at_a_time_reads_a_batch_the_longest_waiting_first(
    bureau: Bureau,
) -> None:
    first = await bureau.submit()
    assert (await bureau.indexing()).batch.id == first.id
    second = await bureau.submit()
    assert (await bureau.indexing()).batch.id == second.id
    assert await bureau.ledger.batches.claim_indexing() is None


async def test_a_scheduler_that_died_is_replaced_and_says_nothing_more(bureau: Bureau) -> None:
    batch = await bureau.submit()
    dead = await bureau.indexing()
    assert await bureau.ledger.batches.note_indexing(dead, 2)
    assert (await bureau.get(batch)).read == 2
    assert await bureau.ledger.batches.claim_indexing() is None  # the lease was renewed
    run_out(bureau, batch.id)
    alive = await bureau.indexing()
    assert alive.batch.id == batch.id
    assert not await bureau.ledger.batches.note_indexing(dead, 3)
    assert not await bureau.ledger.batches.begin(dead, bureau.begun(2))
    assert not await bureau.ledger.batches.fail(dead, [Problem("invalid-request", "x")])
    assert (await bureau.get(batch)).status is BatchStatus.validating
    assert await bureau.ledger.batches.begin(alive, bureau.begun(3))
    assert not await bureau.ledger.batches.begin(dead, bureau.begun(2))
    assert (await bureau.get(batch)).indexed == 3


async def test_only_readings_that_were_not_heard_of_again_count(bureau: Bureau) -> None:
    batch = await bureau.submit()
    for _ in range(5):
        given_back = await bureau.indexing()
        assert given_back.readings == 1
        for _ in range(2):  # an answer may be lost, and the call made again
            await bureau.ledger.batches.give_back_indexing(given_back, 60)
        assert await bureau.ledger.batches.claim_indexing() is None  # it is due in a minute
        run_out(bureau, batch.id)
    counted = []
    for _ in range(4):
        counted.append((await bureau.indexing()).readings)
        run_out(bureau, batch.id)
    assert counted == [1, 2, 3, 4]


async def test_a_reading_that_came_further_than_all_before_begins_the_count_anew(
    bureau: Bureau,
) -> None:
    batch = await bureau.submit()
    counted = []
    for read in (10, 10, 5, 10, 11, 4):
        indexing = await bureau.indexing()
        counted.append(indexing.readings)
        assert await bureau.ledger.batches.note_indexing(indexing, read)
        run_out(bureau, batch.id)
    assert counted == [1, 2, 3, 4, 5, 2]


async def test_a_scheduler_that_could_not_go_on_takes_nothing_from_the_next(bureau: Bureau) -> None:
    batch = await bureau.submit()
    late = await bureau.indexing()
    run_out(bureau, batch.id)
    now = await bureau.indexing()
    await bureau.ledger.batches.give_back_indexing(late, 0)
    assert await bureau.ledger.batches.claim_indexing() is None
    assert await bureau.ledger.batches.note_indexing(now, 1)
    run_out(bureau, batch.id)
    assert (await bureau.indexing()).readings == 2


async def test_a_batch_that_was_read_waits_with_its_lines_once(bureau: Bureau) -> None:
    batch = await bureau.submit()
    indexing = await bureau.indexing()
    begun = bureau.begun([("summarize", 7), ("extract", 5)], refused=1)
    for _ in range(2):  # an answer may be lost, and the call made again
        assert await bureau.ledger.batches.begin(indexing, begun)
    now = await bureau.get(batch)
    assert (now.status, now.total, now.indexed) == (BatchStatus.in_progress, 3, 2)
    assert (now.completed, now.failed, now.released) == (0, 1, 0)
    assert now.tokens == {"summarize": 7, "extract": 5}
    assert bureau.redis.get("chancery:waiting-lines:tax") == "2"
    assert await bureau.written_lines(now) == ([], [3])
    assert await bureau.ledger.batches.claim_indexing() is None


async def test_a_batch_of_refused_lines_alone_is_completed(bureau: Bureau) -> None:
    batch = await bureau.begin(0, refused=2)
    assert batch.status is BatchStatus.finalizing
    assert await bureau.ledger.batches.due_flushes() == [batch.id]
    both = [await bureau.unwritten(batch), await bureau.unwritten(batch)]
    assert [await bureau.ledger.batches.flush(one) for one in both] == [True, False]
    now = await bureau.get(batch)
    assert (now.status, await bureau.counts(batch)) == (BatchStatus.completed, (2, 0, 2))
    assert await bureau.written_lines(now) == ([], [1, 2])
    assert bureau.redis.hget(f"chancery:file:{batch.input_file_id}", "uses") == "0"
    assert bureau.redis.hget("chancery:batch-endings", "tax:completed") == "1"


async def test_a_batch_whose_file_is_of_no_use_fails_with_the_reasons(bureau: Bureau) -> None:
    batch = await bureau.submit(callback_url="http://receiver.intranet/")
    problem = Problem("invalid-request", "Line 3 is no JSON.", {"line": 3})
    assert await bureau.ledger.batches.fail(await bureau.indexing(), [problem])
    now = await bureau.get(batch)
    assert now.status is BatchStatus.failed
    assert now.ended_at is not None
    assert [error["detail"] for error in now.errors] == ["Line 3 is no JSON."]
    assert bureau.redis.hget(f"chancery:file:{batch.input_file_id}", "uses") == "0"
    (event,) = (await bureau.ledger.callbacks.list("tax")).items
    assert (event.type, event.batch_id, event.job_id) == ("batch.failed", batch.id, None)


@pytest.mark.parametrize("expired", [False, True])
async def test_a_batch_that_is_being_read_ends_at_once(bureau: Bureau, *, expired: bool) -> None:
    ago = datetime.now(UTC) - timedelta(seconds=1)
    changes: dict[str, Any] = {"deadline": ago} if expired else {}
    batch = await bureau.submit(**changes)
    indexing = await bureau.indexing()
    if expired:
        await bureau.ledger.upkeep.sweep()
    else:
        await bureau.ledger.batches.cancel("tax", batch.id)
    now = await bureau.get(batch)
    assert now.status is (BatchStatus.expired if expired else BatchStatus.cancelled)
    assert not await bureau.ledger.batches.note_indexing(indexing, 1)
    assert not await bureau.ledger.batches.begin(indexing, bureau.begun(2))
    assert await bureau.ledger.batches.open() == []
    assert await bureau.ledger.batches.due_flushes() == []
    assert (await bureau.release()).released == 0
    assert bureau.redis.hget(f"chancery:file:{batch.input_file_id}", "uses") == "0"
