"""The end of a batch: each outcome is written once, the counts add up, one event is opened."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import openai.types
import pytest
from pydantic import SecretStr

from jobs.batches.batch import BatchStatus
from jobs.batches.views import batch_view
from jobs.ledger import Ledger
from jobs.ledger.runs import Ending
from jobs.model.callback import Delivery, Outcome
from jobs.model.job import Usage
from jobs.model.problems import ProblemError
from jobs.model.provenance import Provenance
from jobs.model.states import CallbackStatus, JobStatus
from jobs.process.settings import RedisSettings, RetentionSettings
from tests.integration.jobs.ledger.batch_kit import SUCCEEDED, URL, BatchDriver
from tests.integration.jobs.ledger.batches.endings import FAILED, close, ended_as, write_all
from tests.integration.jobs.ledger.callback_kit import claim_one
from tests.integration.jobs.ledger.test_callbacks import TRIED


async def test_output_lines_are_in_the_files_as_they_came_and_their_jobs_are_removed(
    driver: BatchDriver,
) -> None:
    batch = await driver.begin(4)
    await driver.release()
    first, second, third, fourth = driver.take_sent()
    await driver.run([third, first])
    await driver.run([second], FAILED)
    assert await driver.write(batch)
    now = await driver.get(batch)
    assert (now.status, now.flushed) == (BatchStatus.in_progress, 3)
    good, bad = await driver.written_lines(now)
    assert (sorted(good), bad) == ([1, 3], [2])
    left = (await driver.ledger.jobs.list("tax")).items
    assert [job.id for job in left] == [fourth]
    await driver.run([fourth])
    assert (await driver.get(batch)).status is BatchStatus.finalizing
    await write_all(driver, batch)
    assert await ended_as(driver, batch) is BatchStatus.completed
    assert await driver.counts(batch) == (4, 3, 1)
    assert (await driver.written_lines(await driver.get(batch)))[0][2:] == [4]
    assert (await driver.ledger.jobs.list("tax")).items == []


@pytest.mark.parametrize(("ending", "begun"), [(SUCCEEDED, (True, False)), (FAILED, (False, True))])
async def test_a_file_without_lines_is_not_reported(
    driver: BatchDriver, ending: Ending, begun: tuple[bool, bool]
) -> None:
    batch = await driver.begin(2)
    await driver.release()
    before = batch_view(await driver.get(batch))
    assert (before.output_file_id, before.error_file_id) == (None, None)
    await driver.run(driver.take_sent(), ending)
    await write_all(driver, batch)
    view = batch_view(await driver.get(batch))
    assert (view.output_file_id is not None, view.error_file_id is not None) == begun


async def test_files_are_kept_from_the_end_of_their_batch_on(driver: BatchDriver) -> None:
    batch = await driver.begin(2)
    await driver.release()
    first, second = driver.take_sent()
    await driver.run([first])
    assert await driver.write(batch)
    file_id = (await driver.get(batch)).output_file_id
    driver.redis.hset(f"chancery:file:{file_id}", "expires_at", 1)
    driver.redis.zadd("chancery:files", {file_id: 1})
    await driver.run([second])
    await write_all(driver, batch)
    file = await driver.ledger.files.get("tax", file_id or "")
    assert file is not None
    assert file.expires_at > datetime.now(UTC)
    assert driver.redis.zscore("chancery:files", file_id) > 1


async def test_moments_are_kept(driver: BatchDriver) -> None:
    batch = await driver.begin(1)
    await driver.release()
    await driver.run(driver.take_sent())
    await write_all(driver, batch)
    moments = (await driver.get(batch)).moments
    order = [BatchStatus.in_progress, BatchStatus.finalizing, BatchStatus.completed]
    assert list(moments) == order
    assert sorted(moments.values()) == list(moments.values())


async def test_what_is_to_be_written_is_due_and_the_rest_stays_due(driver: BatchDriver) -> None:
    batch = await driver.begin(3)
    await driver.release()
    assert await driver.ledger.batches.due_flushes() == []
    await driver.run(driver.take_sent()[:2])
    assert await driver.ledger.batches.due_flushes() == [batch.id]
    count = await driver.ledger.batches.count_unflushed(batch.id)
    assert (count.outcomes, count.last) == (2, False)
    assert await driver.write(batch, most=1)
    assert await driver.ledger.batches.due_flushes() == [batch.id]
    assert await driver.write(batch)
    assert await driver.ledger.batches.due_flushes() == []


async def test_of_two_schedulers_one_writes(driver: BatchDriver, redis_url: str) -> None:
    other = Ledger(RedisSettings(url=SecretStr(redis_url)))
    batch = await driver.begin(6)
    await driver.release()
    ids = driver.take_sent()
    for n in range(0, 6, 2):
        await driver.run(ids[n : n + 2])
        # The second has read a longer list, as what ends meanwhile makes it.
        both = [await driver.unwritten(batch, 1 + n % 3), await driver.unwritten(batch)]
        won = await asyncio.gather(
            driver.ledger.batches.flush(both[0]), other.batches.flush(both[1])
        )
        assert sorted(won) == [False, True]
    await write_all(driver, batch)
    good, bad = await driver.written_lines(await driver.get(batch))
    assert (sorted(good), bad) == ([1, 2, 3, 4, 5, 6], [])
    await other.close()


async def test_a_scheduler_that_looks_while_another_writes_has_nothing_to_write(
    driver: BatchDriver,
) -> None:
    batch = await driver.begin(1)
    await driver.release()
    await driver.run(driver.take_sent())
    (job_id,) = driver.redis.lrange(f"chancery:outcomes:{batch.id}", 0, -1)
    driver.redis.delete(f"chancery:job:{job_id!s}")
    assert await driver.ledger.batches.unflushed(batch.id, 10) is None


async def test_a_scheduler_that_is_late_changes_nothing_of_a_batch_that_ended(
    driver: BatchDriver,
) -> None:
    batch = await driver.begin(1, callback_url=URL)
    await driver.release()
    await driver.run(driver.take_sent())
    late = await driver.unwritten(batch)
    await write_all(driver, batch)
    before = await driver.get(batch)
    assert not await driver.ledger.batches.flush(late)
    assert await driver.get(batch) == before
    assert await ended_as(driver, batch) is BatchStatus.completed
    assert len((await driver.ledger.callbacks.list("tax")).items) == 1


@pytest.mark.parametrize("ending", ["completed", "cancelled", "expired"])
async def test_the_event_of_a_batch_opens_with_its_end(driver: BatchDriver, ending: str) -> None:
    batch = await driver.begin(2, callback_url=URL)
    await driver.release(1)
    await driver.run(driver.take_sent())
    if ending == "completed":
        await driver.release(1)
        await driver.run(driver.take_sent())
    else:
        await close(driver, batch, BatchStatus(ending))
    assert (await driver.ledger.callbacks.list("tax")).items == []
    await write_all(driver, batch)
    (event,) = (await driver.ledger.callbacks.list("tax")).items
    assert (event.type, event.batch_id, event.url) == (f"batch.{ending}", batch.id, URL)
    assert (event.id, event.job_id) == (batch.callback_id, None)
    delivery = await claim_one(driver.ledger, event.id, 30)
    assert isinstance(delivery, Delivery)
    assert delivery.subject == await driver.get(batch)


async def test_a_line_that_asks_for_a_callback_has_its_own_event_and_job(
    driver: BatchDriver,
) -> None:
    batch = await driver.begin(2)
    await driver.release()
    ids = driver.take_sent()
    await driver.run(ids[:1])
    assert (await driver.ledger.callbacks.list("tax")).items == []
    assert await driver.write(batch, callbacks=True)
    await driver.run(ids[1:], FAILED)
    await write_all(driver, batch)
    (event,) = (await driver.ledger.callbacks.list("tax")).items
    assert (event.type, event.job_id, event.batch_id) == ("job.succeeded", ids[0], batch.id)
    delivery = await claim_one(driver.ledger, event.id, 30)
    assert isinstance(delivery, Delivery)
    job = await driver.ledger.jobs.get("tax", ids[0])
    assert delivery.subject == job
    assert job is not None
    assert (job.custom_id, job.callback_url) == (f"line-{job.id}", URL)
    needless = ("blob", "offset", "length", "tokens", "worker", "nonce", "keep_ms")
    assert not any(driver.redis.hmget(f"chancery:job:{job.id}", needless))
    assert await driver.ledger.jobs.get("tax", ids[1]) is None


async def test_files_of_a_batch_are_held_until_it_ends(driver: BatchDriver) -> None:
    batch = await driver.begin(2, refused=1)
    files = [batch.input_file_id, str(batch.error_file_id)]
    for file_id in files:
        with pytest.raises(ProblemError) as raised:
            await driver.ledger.files.delete("tax", file_id)
        assert raised.value.problem.code == "file-in-use"
    await close(driver, batch, BatchStatus.cancelled)
    await write_all(driver, batch)
    for file_id in files:
        assert await driver.ledger.files.delete("tax", file_id)


async def test_expired_records_are_pruned(redis_url: str, driver: BatchDriver) -> None:
    ledger = Ledger(
        RedisSettings(url=SecretStr(redis_url)), RetentionSettings(job_retention_hours=0)
    )
    short = BatchDriver(ledger, driver.redis)
    batch = await short.begin(3, callback_url=URL)
    await short.release()
    await short.run(short.take_sent())
    await short.write(batch, most=1, callbacks=True)
    await ledger.upkeep.prune()  # not while it goes on
    assert (await short.get(batch)).status is BatchStatus.finalizing
    await write_all(short, batch)
    await ledger.upkeep.prune()  # nor while events are pending
    assert await ledger.batches.get("tax", batch.id)
    for name in ("ended", "ended-batches"):
        (member,) = short.redis.zrange(f"chancery:{name}", 0, -1)
        short.redis.zadd(f"chancery:{name}", {str(member): 1})
    for event in (await ledger.callbacks.list("tax")).items:
        delivery = await claim_one(ledger, event.id, 30)
        assert isinstance(delivery, Delivery)
        delivered = CallbackStatus.delivered, Outcome.delivered
        assert await ledger.callbacks.settle(delivery, TRIED, *delivered)
    pruned = await ledger.upkeep.prune()
    assert (pruned.jobs, list(pruned.blobs)) == (1, [])
    assert short.left() == set()
    assert (await ledger.callbacks.list("tax")).items == []
    assert (await ledger.batches.list("tax", after=None, limit=9)).items == []
    assert await ledger.files.get("tax", str(batch.output_file_id))  # files have their own time
    await ledger.close()


async def test_lines_that_wait_cost_little(driver: BatchDriver) -> None:
    def kept_bytes() -> int:
        names = driver.redis.keys("chancery:*")
        return sum(driver.redis.memory_usage(name, samples=0) for name in names)

    batch = await driver.begin(50_000)
    assert kept_bytes() < 50_000 * 17
    await driver.release(32)
    assert kept_bytes() < 50_000 * 17 + 32 * 1_000
    await close(driver, batch, BatchStatus.cancelled)
    await driver.ledger.upkeep.run_due_work()
    await write_all(driver, batch, most=10_000)
    await driver.ledger.activity.take(1_000)
    assert kept_bytes() < 5_000


async def test_a_batch_has_the_model_and_the_tokens_of_its_lines(driver: BatchDriver) -> None:
    batch = await driver.begin(3)
    assert batch_view(batch).model is None
    await driver.release()
    first, second, third = driver.take_sent()
    usage = Usage(prompt_tokens=70, completion_tokens=5, cached_tokens=64)
    origin = Provenance(task_version="1", model="deepseek", input_sha256="0" * 64)
    await driver.run([first], Ending(JobStatus.succeeded, result="{}"))
    await driver.run(
        [second], Ending(JobStatus.succeeded, result="{}", usage=usage, provenance=origin)
    )
    await driver.run([third], replace(FAILED, usage=usage))
    await write_all(driver, batch)
    view = batch_view(await driver.get(batch)).model_dump()
    assert view["model"] == "deepseek"
    assert openai.types.Batch.model_validate(view).usage == openai.types.BatchUsage.model_validate(
        {
            "input_tokens": 140,
            "input_tokens_details": {"cached_tokens": 128},
            "output_tokens": 10,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": 150,
        }
    )
