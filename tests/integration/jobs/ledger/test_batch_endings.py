"""How a batch ends: its outcomes are written once each, its counts add up, its event opens once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from jobs.batches.batch import Batch, BatchStatus
from jobs.batches.views import batch_view
from jobs.ledger import Ledger
from jobs.ledger.runs import Ending
from jobs.model.callback import Delivery, Outcome
from jobs.model.problems import Problem, ProblemError
from jobs.model.states import CallbackStatus, JobStatus
from jobs.process.settings import RedisSettings, RetentionSettings
from tests.integration.jobs.ledger.batch_kit import SUCCEEDED, URL, Bureau
from tests.integration.jobs.ledger.test_callbacks import TRIED

FAILED = Ending(JobStatus.failed, error=Problem("output-invalid", "x"))
WHY = [BatchStatus.cancelled, BatchStatus.expired]


async def close(bureau: Bureau, batch: Batch, why: BatchStatus) -> None:
    """Cancel a batch, or have its deadline pass and the sweep find it."""
    if why is BatchStatus.cancelled:
        await bureau.ledger.batches.cancel("tax", batch.id)
        return
    ago = datetime.now(UTC) - timedelta(seconds=1)
    if bureau.redis.zscore("chancery:batch-deadlines", batch.id) is not None:
        bureau.redis.zadd("chancery:batch-deadlines", {batch.id: ago.timestamp() * 1000})
    await bureau.ledger.upkeep.sweep()


async def write_all(bureau: Bureau, batch: Batch, most: int = 1_000) -> None:
    while (await bureau.get(batch)).ended_at is None:
        assert await bureau.write(batch, most)


async def ended_as(bureau: Bureau, batch: Batch) -> BatchStatus:
    """How it ended, after a look at what an ended batch leaves behind and what it does not."""
    now = await bureau.get(batch)
    assert now.ended_at is not None
    redis = bureau.redis
    for name in ("batches-open", "batch-deadlines", "batches-closing", "flush-due", "indexing"):
        assert redis.zscore(f"chancery:{name}", batch.id) is None, name
    for name in ("index", "open", "outcomes"):
        assert not redis.exists(f"chancery:{name}:{batch.id}"), name
    for name in ("waiting", "open"):
        assert redis.get(f"chancery:{name}-lines:tax") in (None, "0"), name
    for file_id in (now.input_file_id, now.output_file_id, now.error_file_id):
        assert redis.hget(f"chancery:file:{file_id}", "uses") in (None, "0")
    assert redis.hget("chancery:batch-endings", f"tax:{now.status}") == "1"
    return now.status


async def test_outcomes_are_in_the_files_as_they_came_and_their_jobs_are_forgotten(
    bureau: Bureau,
) -> None:
    batch = await bureau.begin(4)
    await bureau.release()
    first, second, third, fourth = bureau.take_sent()
    await bureau.run([third, first])
    await bureau.run([second], FAILED)
    assert await bureau.write(batch)
    now = await bureau.get(batch)
    assert (now.status, now.flushed) == (BatchStatus.in_progress, 3)
    good, bad = await bureau.written_lines(now)
    assert (sorted(good), bad) == ([1, 3], [2])
    left = (await bureau.ledger.jobs.list("tax")).items
    assert [job.id for job in left] == [fourth]
    await bureau.run([fourth])
    assert (await bureau.get(batch)).status is BatchStatus.finalizing
    await write_all(bureau, batch)
    assert await ended_as(bureau, batch) is BatchStatus.completed
    assert await bureau.counts(batch) == (4, 3, 1)
    assert (await bureau.written_lines(await bureau.get(batch)))[0][2:] == [4]
    assert (await bureau.ledger.jobs.list("tax")).items == []


@pytest.mark.parametrize(("ending", "begun"), [(SUCCEEDED, (True, False)), (FAILED, (False, True))])
async def test_a_file_of_which_there_is_nothing_is_not_told_of(
    bureau: Bureau, ending: Ending, begun: tuple[bool, bool]
) -> None:
    batch = await bureau.begin(2)
    await bureau.release()
    before = batch_view(await bureau.get(batch))
    assert (before.output_file_id, before.error_file_id) == (None, None)
    await bureau.run(bureau.take_sent(), ending)
    await write_all(bureau, batch)
    view = batch_view(await bureau.get(batch))
    assert (view.output_file_id is not None, view.error_file_id is not None) == begun


async def test_files_are_kept_from_the_end_of_their_batch_on(bureau: Bureau) -> None:
    batch = await bureau.begin(2)
    await bureau.release()
    first, second = bureau.take_sent()
    await bureau.run([first])
    assert await bureau.write(batch)
    file_id = (await bureau.get(batch)).output_file_id
    bureau.redis.hset(f"chancery:file:{file_id}", "expires_at", 1)
    bureau.redis.zadd("chancery:files", {file_id: 1})
    await bureau.run([second])
    await write_all(bureau, batch)
    file = await bureau.ledger.files.get("tax", file_id or "")
    assert file is not None
    assert file.expires_at > datetime.now(UTC)
    assert bureau.redis.zscore("chancery:files", file_id) > 1


async def test_moments_are_kept(bureau: Bureau) -> None:
    batch = await bureau.begin(1)
    await bureau.release()
    await bureau.run(bureau.take_sent())
    await write_all(bureau, batch)
    moments = (await bureau.get(batch)).moments
    order = [BatchStatus.in_progress, BatchStatus.finalizing, BatchStatus.completed]
    assert list(moments) == order
    assert sorted(moments.values()) == list(moments.values())


async def test_what_is_to_be_written_is_due_and_the_rest_stays_due(bureau: Bureau) -> None:
    batch = await bureau.begin(3)
    await bureau.release()
    assert await bureau.ledger.batches.due_flushes() == []
    await bureau.run(bureau.take_sent()[:2])
    assert await bureau.ledger.batches.due_flushes() == [batch.id]
    count = await bureau.ledger.batches.count_unflushed(batch.id)
    assert (count.outcomes, count.last) == (2, False)
    assert await bureau.write(batch, most=1)
    assert await bureau.ledger.batches.due_flushes() == [batch.id]
    assert await bureau.write(batch)
    assert await bureau.ledger.batches.due_flushes() == []


async def test_of_two_schedulers_one_writes(bureau: Bureau, redis_url: str) -> None:
    other = Ledger(RedisSettings(url=SecretStr(redis_url)))
    batch = await bureau.begin(6)
    await bureau.release()
    ids = bureau.take_sent()
    for n in range(0, 6, 2):
        await bureau.run(ids[n : n + 2])
        # The second has read a longer list, as what ends meanwhile makes it.
        both = [await bureau.unwritten(batch, 1 + n % 3), await bureau.unwritten(batch)]
        won = await asyncio.gather(
            bureau.ledger.batches.flush(both[0]), other.batches.flush(both[1])
        )
        assert sorted(won) == [False, True]
    await write_all(bureau, batch)
    good, bad = await bureau.written_lines(await bureau.get(batch))
    assert (sorted(good), bad) == ([1, 2, 3, 4, 5, 6], [])
    await other.close()


async def test_a_scheduler_that_looks_while_another_writes_has_nothing_to_write(
    bureau: Bureau,
) -> None:
    batch = await bureau.begin(1)
    await bureau.release()
    await bureau.run(bureau.take_sent())
    (job_id,) = bureau.redis.lrange(f"chancery:outcomes:{batch.id}", 0, -1)
    bureau.redis.delete(f"chancery:job:{job_id!s}")
    assert await bureau.ledger.batches.unflushed(batch.id, 10) is None


async def test_a_scheduler_that_is_late_changes_nothing_of_a_batch_that_ended(
    bureau: Bureau,
) -> None:
    batch = await bureau.begin(1, callback_url=URL)
    await bureau.release()
    await bureau.run(bureau.take_sent())
    late = await bureau.unwritten(batch)
    await write_all(bureau, batch)
    before = await bureau.get(batch)
    assert not await bureau.ledger.batches.flush(late)
    assert await bureau.get(batch) == before
    assert await ended_as(bureau, batch) is BatchStatus.completed
    assert len((await bureau.ledger.callbacks.list("tax")).items) == 1


@pytest.mark.parametrize("why", WHY)
async def test_a_batch_that_only_waits_is_closed_with_all_its_lines_unrun(
    bureau: Bureau, why: BatchStatus
) -> None:
    batch = await bureau.begin(5, refused=1)
    await close(bureau, batch, why)
    assert (await bureau.release()).released == 0
    assert (await bureau.get(batch)).closing is why
    await write_all(bureau, batch, most=2)
    await bureau.ledger.upkeep.sweep()
    assert await ended_as(bureau, batch) is why
    assert await bureau.written_lines(await bureau.get(batch)) == ([], [6, 1, 2, 3, 4, 5])
    assert await bureau.counts(batch) == (6, 0, 6)


@pytest.mark.parametrize("why", WHY)
async def test_a_batch_that_runs_is_closed_and_keeps_what_was_done(
    bureau: Bureau, why: BatchStatus
) -> None:
    batch = await bureau.begin(9)
    await bureau.release(6)
    done, running, queued, back, paused, _ = bureau.take_sent()
    await bureau.run([done])
    runs = await bureau.claim([running, back])
    await bureau.ledger.runs.put_back(runs[1], delay_seconds=60, counted=False, code="x")
    await bureau.ledger.pauses.pause("tax")
    assert await bureau.claim([paused]) == []
    await close(bureau, batch, why)
    now = await bureau.get(batch)
    assert now.status is (BatchStatus.cancelling if why in WHY[:1] else BatchStatus.in_progress)
    await bureau.ledger.upkeep.sweep()
    assert await bureau.ledger.runs.renew("w", [], 30) == frozenset()
    assert not await bureau.ledger.runs.finish(runs[0], SUCCEEDED)
    assert await bureau.claim([queued]) == []
    assert await bureau.counts(batch) == (9, 1, 5)
    await write_all(bureau, batch)
    assert await ended_as(bureau, batch) is why
    good, bad = await bureau.written_lines(await bureau.get(batch))
    assert (good, sorted(bad)) == ([1], [2, 3, 4, 5, 6, 7, 8, 9])
    assert (await bureau.ledger.jobs.list("tax")).items == []


@pytest.mark.parametrize("why", WHY)
async def test_a_batch_whose_lines_have_all_ended_is_completed_though_it_is_closed(
    bureau: Bureau, why: BatchStatus
) -> None:
    batch = await bureau.begin(2)
    await bureau.release()
    await bureau.run(bureau.take_sent())
    await close(bureau, batch, why)
    await write_all(bureau, batch)
    assert await ended_as(bureau, batch) is BatchStatus.completed
    assert await bureau.counts(batch) == (2, 2, 0)


async def test_lines_that_end_while_a_batch_is_closed_are_written_too(bureau: Bureau) -> None:
    batch = await bureau.begin(3)
    await bureau.release(2)
    runs = await bureau.claim(bureau.take_sent())
    await close(bureau, batch, BatchStatus.cancelled)
    # Schedulers write what is not to be run before the sweep has ended what runs.
    assert await bureau.write(batch)
    assert (await bureau.get(batch)).status is BatchStatus.cancelling
    assert await bureau.ledger.runs.finish(runs[0], SUCCEEDED)
    await bureau.ledger.upkeep.sweep()
    await write_all(bureau, batch)
    assert await ended_as(bureau, batch) is BatchStatus.cancelled
    assert await bureau.written_lines(await bureau.get(batch)) == ([1], [3, 2])


async def test_a_batch_is_closed_once(bureau: Bureau) -> None:
    batch = await bureau.begin(3)
    await close(bureau, batch, BatchStatus.cancelled)
    first = await bureau.get(batch)
    await close(bureau, batch, BatchStatus.expired)
    await close(bureau, batch, BatchStatus.cancelled)
    assert await bureau.get(batch) == first
    await write_all(bureau, batch)
    await close(bureau, batch, BatchStatus.cancelled)
    assert await ended_as(bureau, batch) is BatchStatus.cancelled


async def test_so_many_lines_in_hand_are_ended_a_part_at_a_time(bureau: Bureau) -> None:
    batch = await bureau.begin(600)
    for depth in (400, 600):
        await bureau.release(depth)
    await close(bureau, batch, BatchStatus.cancelled)
    first, second, third = [await bureau.ledger.upkeep.sweep() for _ in range(3)]
    assert (first.closed, second.closed, third.closed) == (500, 100, 0)
    await write_all(bureau, batch)
    assert await ended_as(bureau, batch) is BatchStatus.cancelled
    assert sorted((await bureau.written_lines(await bureau.get(batch)))[1]) == [*range(1, 601)]


@pytest.mark.parametrize("ending", ["completed", "cancelled", "expired"])
async def test_the_event_of_a_batch_opens_with_its_end(bureau: Bureau, ending: str) -> None:
    batch = await bureau.begin(2, callback_url=URL)
    await bureau.release(1)
    await bureau.run(bureau.take_sent())
    if ending == "completed":
        await bureau.release(1)
        await bureau.run(bureau.take_sent())
    else:
        await close(bureau, batch, BatchStatus(ending))
    assert (await bureau.ledger.callbacks.list("tax")).items == []
    await write_all(bureau, batch)
    (event,) = (await bureau.ledger.callbacks.list("tax")).items
    assert (event.type, event.batch_id, event.url) == (f"batch.{ending}", batch.id, URL)
    assert (event.id, event.job_id) == (batch.callback_id, None)
    delivery = await bureau.ledger.callbacks.claim(event.id, 30)
    assert isinstance(delivery, Delivery)
    assert delivery.subject == await bureau.get(batch)


async def test_a_line_that_asks_for_a_callback_has_its_own_event_and_job(bureau: Bureau) -> None:
    batch = await bureau.begin(2)
    await bureau.release()
    ids = bureau.take_sent()
    await bureau.run(ids[:1])
    assert (await bureau.ledger.callbacks.list("tax")).items == []
    assert await bureau.write(batch, callbacks=True)
    await bureau.run(ids[1:], FAILED)
    await write_all(bureau, batch)
    (event,) = (await bureau.ledger.callbacks.list("tax")).items
    assert (event.type, event.job_id, event.batch_id) == ("job.succeeded", ids[0], batch.id)
    delivery = await bureau.ledger.callbacks.claim(event.id, 30)
    assert isinstance(delivery, Delivery)
    job = await bureau.ledger.jobs.get("tax", ids[0])
    assert delivery.subject == job
    assert job is not None
    assert (job.custom_id, job.callback_url) == (f"line-{job.id}", URL)
    assert await bureau.ledger.jobs.get("tax", ids[1]) is None


async def test_files_of_a_batch_are_held_until_it_ends(bureau: Bureau) -> None:
    batch = await bureau.begin(2, refused=1)
    files = [batch.input_file_id, str(batch.error_file_id)]
    for file_id in files:
        with pytest.raises(ProblemError) as raised:
            await bureau.ledger.files.delete("tax", file_id)
        assert raised.value.problem.code == "file-in-use"
    await close(bureau, batch, BatchStatus.cancelled)
    await write_all(bureau, batch)
    for file_id in files:
        assert await bureau.ledger.files.delete("tax", file_id)


async def test_what_was_kept_long_enough_is_forgotten(redis_url: str, bureau: Bureau) -> None:
    ledger = Ledger(
        RedisSettings(url=SecretStr(redis_url)), RetentionSettings(job_retention_hours=0)
    )
    short = Bureau(ledger, bureau.redis)
    batch = await short.begin(3, callback_url=URL)
    await short.release()
    await short.run(short.take_sent())
    await short.write(batch, most=1, callbacks=True)
    await ledger.upkeep.forget()  # not while it goes on
    assert (await short.get(batch)).status is BatchStatus.finalizing
    await write_all(short, batch)
    await ledger.upkeep.forget()  # nor while events are pending
    assert await ledger.batches.get("tax", batch.id)
    for name in ("ended", "ended-batches"):
        (member,) = short.redis.zrange(f"chancery:{name}", 0, -1)
        short.redis.zadd(f"chancery:{name}", {str(member): 1})
    for event in (await ledger.callbacks.list("tax")).items:
        delivery = await ledger.callbacks.claim(event.id, 30)
        assert isinstance(delivery, Delivery)
        delivered = CallbackStatus.delivered, Outcome.delivered
        assert await ledger.callbacks.settle(delivery, TRIED, *delivered)
    forgotten = await ledger.upkeep.forget()
    assert (forgotten.jobs, list(forgotten.blobs)) == (1, [])
    assert short.left() == set()
    assert (await ledger.callbacks.list("tax")).items == []
    assert (await ledger.batches.list("tax", after=None, limit=9)).items == []
    assert await ledger.files.get("tax", str(batch.output_file_id))  # files have their own time
    await ledger.close()


async def test_lines_that_wait_cost_little(bureau: Bureau) -> None:
    def kept_bytes() -> int:
        names = bureau.redis.keys("chancery:*")
        return sum(bureau.redis.memory_usage(name, samples=0) for name in names)

    batch = await bureau.begin(50_000)
    assert kept_bytes() < 50_000 * 17
    await bureau.release(32)
    assert kept_bytes() < 50_000 * 17 + 32 * 1_000
    await close(bureau, batch, BatchStatus.cancelled)
    await bureau.ledger.upkeep.sweep()
    await write_all(bureau, batch, most=10_000)
    assert kept_bytes() < 5_000
