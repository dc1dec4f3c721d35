"""Schedulers that are killed while they read the files of batches."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from dataclasses import replace

import pytest
from redis import Redis

from jobs.batches.batch import Batch, BatchStatus, NewBatch
from jobs.batches.file import LineCounter, StoredFile
from jobs.batches.files import Files, FileUpload
from jobs.batches.input.indexing import IndexLimits
from jobs.model.problems import ProblemError
from jobs.process.settings import RetentionSettings
from tests.integration.jobs.ledger.batch_kit import a_new_batch
from tests.integration.processes.caller import CHAT, Line, chat_lines, joined
from tests.integration.processes.conftest import OpenDesk
from tests.integration.processes.system import Desk, System, until
from worker.bulk.batch_reader import MAX_READINGS, BatchReader

LINES = 20_000  # some seconds to read
LIMITS = IndexLimits(max_lines=LINES, max_line_bytes=10_000, max_text_chars=10_000)


async def store_file(desk: Desk, data: bytes) -> StoredFile:
    counter = LineCounter()
    counter.read(data)
    async with desk.store.incoming(len(data)) as incoming:
        incoming.write(data)
        files = Files(desk.ledger, desk.store, RetentionSettings())
        return await files.keep(desk.name, FileUpload(incoming, counter.lines, None))


async def submit(desk: Desk, lines: Iterable[Line | bytes]) -> NewBatch:
    file = await store_file(desk, joined(lines))
    batch = replace(
        a_new_batch(department=desk.name, endpoint=CHAT),
        input_file_id=file.id,
        input_bytes=file.bytes,
    )
    await desk.ledger.batches.create(batch, b"{}", None)
    return batch


async def current(desk: Desk, batch: NewBatch | Batch) -> Batch:
    stored = await desk.ledger.batches.get(desk.name, batch.id)
    assert stored is not None
    return stored


async def reading_started(redis: Redis, batch: NewBatch, token: int) -> None:
    """Wait until reading number `token` has started."""
    await until(lambda: redis.hget(f"chancery:batch:{batch.id}", "token") == str(token))


def prevent_progress(redis: Redis, batch: NewBatch) -> None:
    """Pretend that an earlier reading reached the end of the file."""
    redis.hset(f"chancery:batch:{batch.id}", "furthest", batch.input_bytes)


def make_due(redis: Redis, batch: NewBatch) -> None:
    """End the lease of the current reading, or the pause before the next one."""
    redis.zadd("chancery:indexing", {batch.id: 1}, xx=True)


async def make_endless(desk: Desk, batch: NewBatch) -> None:
    """Replace the batch's file by one whose bytes never come."""
    path = desk.folder.path((await current(desk, batch)).input_blob)
    path.unlink()
    os.mkfifo(path)


async def test_outages_of_redis_do_not_count_as_deaths_of_the_scheduler(
    empty_system: System, open_desk: OpenDesk, redis: Redis
) -> None:
    desk = await open_desk(empty_system)
    batch = await submit(desk, chat_lines(LINES))
    prevent_progress(redis, batch)
    reader = BatchReader(desk.ledger, desk.store, LIMITS)
    for token in range(1, MAX_READINGS + 2):
        reading = asyncio.create_task(reader.read_next())
        await reading_started(redis, batch, token)
        redis.config_set("maxmemory", "1")
        with pytest.raises(ProblemError, match="out of memory"):
            await reading
        redis.config_set("maxmemory", "0")
        assert not await reader.read_next(), "the batch is due, or was not requeued"
        make_due(redis, batch)
    assert await reader.read_next()
    assert (await current(desk, batch)).status is BatchStatus.in_progress


async def test_a_file_whose_reader_dies_each_time_fails_as_poisoned(
    empty_system: System, open_desk: OpenDesk, redis: Redis
) -> None:
    desk = await open_desk(empty_system)
    batch = await submit(desk, chat_lines(1))
    prevent_progress(redis, batch)
    await make_endless(desk, batch)
    for token in range(1, MAX_READINGS + 1):
        scheduler = empty_system.start("scheduler")
        await reading_started(redis, batch, token)
        scheduler.kill()
        assert (await current(desk, batch)).status is BatchStatus.validating
        make_due(redis, batch)
    empty_system.start("scheduler")
    await until(lambda: redis.hget(f"chancery:batch:{batch.id}", "status") == "failed")
    (error,) = (await current(desk, batch)).errors
    assert error["code"] == "poisoned"


async def test_a_short_file_does_not_wait_for_a_long_one_of_another_department(
    empty_system: System, open_desk: OpenDesk
) -> None:
    flood, desk = await open_desk(empty_system), await open_desk(empty_system)
    long, next_long = await submit(flood, chat_lines(1)), await submit(flood, chat_lines(1))
    await make_endless(flood, long)
    short = await submit(desk, chat_lines(64))
    scheduler = empty_system.start("scheduler")

    async def begun(desk: Desk, batch: NewBatch) -> bool:
        return (await current(desk, batch)).status is not BatchStatus.validating

    async with asyncio.timeout(30):
        while not await begun(desk, short):
            await asyncio.sleep(0.02)
    assert not await begun(flood, long)
    assert not await begun(flood, next_long)  # a department has one file read at a time
    scheduler.kill()


async def test_a_file_that_a_scheduler_died_of_is_read_alone(
    empty_system: System, open_desk: OpenDesk, redis: Redis
) -> None:
    one, other = await open_desk(empty_system), await open_desk(empty_system)
    suspect = await submit(one, chat_lines(LINES))
    prevent_progress(redis, suspect)
    assert await one.ledger.batches.claim_indexing()  # by a scheduler that died
    make_due(redis, suspect)
    waiting = await submit(other, chat_lines(1))
    reader = BatchReader(one.ledger, one.store, LIMITS)
    alone, beside = (asyncio.create_task(reader.read_next()) for _ in range(2))
    await reading_started(redis, suspect, 2)
    for _ in range(3):  # a claim by `beside` would be answered before these
        assert await one.ledger.batches.claim_indexing([one.name, other.name]) is None
    assert redis.hget(f"chancery:batch:{waiting.id}", "token") == "0"
    assert [await alone, await beside] == [True, True]
    assert (await current(other, waiting)).status is BatchStatus.in_progress


async def test_refused_lines_are_written_to_a_file_during_the_reading(
    empty_system: System, open_desk: OpenDesk, redis: Redis
) -> None:
    desk = await open_desk(empty_system)
    batch = await submit(desk, [*[b"{bad"] * (LINES // 2), *chat_lines(LINES // 2)])
    reading = asyncio.create_task(BatchReader(desk.ledger, desk.store, LIMITS).read_next())
    incoming = empty_system.folder / "store" / "incoming"
    await until(lambda: sum(path.stat().st_size for path in incoming.iterdir()) > 0)
    now = await current(desk, batch)
    assert now.status is BatchStatus.validating
    assert now.read < now.input_bytes
    assert await reading
    assert list(incoming.iterdir()) == []
    now = await current(desk, batch)
    assert (now.indexed, now.failed) == (LINES // 2, LINES // 2)
    file = await desk.ledger.files.get(desk.name, now.error_file_id or "")
    assert file is not None
    errors = (await desk.store.read(file.blobs[0])).splitlines()
    assert (len(errors), file.lines) == (LINES // 2, LINES // 2)
    assert sum(map(len, errors)) + len(errors) == file.bytes
