"""Segments of batches with large results."""

from __future__ import annotations

import json
from typing import Any

import pytest
from redis import Redis

from jobs.batches.batch import Batch, BatchStatus
from jobs.ledger.runs import Ending
from jobs.model.states import JobStatus
from tests.integration.batches import claim_lines
from tests.integration.processes.caller import chat_lines
from tests.integration.processes.conftest import OpenDesk
from tests.integration.processes.system import Desk, System
from tests.integration.processes.test_batch_reading import LIMITS, current, submit
from worker.bulk import segments
from worker.bulk.batch_reader import BatchReader
from worker.bulk.flusher import Flusher


async def start_batch(desk: Desk, lines: int) -> Batch:
    batch = await submit(desk, chat_lines(lines))
    assert await BatchReader(desk.ledger, desk.store, LIMITS).read_next()
    return await current(desk, batch)


async def run(desk: Desk, redis: Redis, batch: Batch, lines: int, size: int) -> list[str]:
    """End the next `lines` lines with results of `size` bytes; returns their blobs."""
    blobs = []
    for claim in await claim_lines(desk.ledger, lines):
        result = json.dumps({"text": "x" * size}).encode()
        blobs.append(await desk.store.put(result, desk.name, claim.job.id))
        ending = Ending(JobStatus.succeeded, result_blob=blobs[-1])
        assert await desk.ledger.runs.finish(claim, ending)
    return blobs


async def segments_of(desk: Desk, file_id: str | None) -> list[bytes]:
    file = await desk.ledger.files.get(desk.name, file_id or "")
    return [await desk.store.read(blob) for blob in file.blobs] if file else []


def custom_ids_in(written: list[bytes]) -> list[Any]:
    lines = [json.loads(line) for segment in written for line in segment.splitlines()]
    return sorted(line["custom_id"] for line in lines)


async def test_a_segment_of_large_results_has_fewer_lines(
    empty_system: System, open_desk: OpenDesk, redis: Redis
) -> None:
    desk = await open_desk(empty_system)
    batch = await start_batch(desk, 20)
    blobs = await run(desk, redis, batch, 20, 1024 * 1024)
    assert await Flusher(desk.ledger, desk.store).flush_due() == 20
    ended = await current(desk, batch)
    assert (ended.status, ended.completed, ended.flushed) == (BatchStatus.completed, 20, 20)
    written = await segments_of(desk, ended.output_file_id)
    assert [segment.count(b"\n") for segment in written] == [8, 8, 4]
    assert custom_ids_in(written) == sorted(f"c{number}" for number in range(20))
    assert not any(desk.folder.path(blob).exists() for blob in blobs)


async def test_a_cancelled_batch_in_short_segments_has_each_line_once(
    empty_system: System, open_desk: OpenDesk, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segments, "SEGMENT_BYTES", 1)
    desk = await open_desk(empty_system)
    batch = await start_batch(desk, 9)
    await run(desk, redis, batch, 4, 10)
    await desk.ledger.batches.cancel(desk.name, batch.id)
    assert await Flusher(desk.ledger, desk.store).flush_due() == 9
    ended = await current(desk, batch)
    assert (ended.status, ended.completed, ended.failed) == (BatchStatus.cancelled, 4, 5)
    output = await segments_of(desk, ended.output_file_id)
    errors = await segments_of(desk, ended.error_file_id)
    assert (len(output), len(errors)) == (4, 5)
    assert sorted(custom_ids_in(output) + custom_ids_in(errors)) == [
        f"c{number}" for number in range(9)
    ]


async def test_a_small_batch_is_written_before_the_rest_of_a_large_one(
    empty_system: System, open_desk: OpenDesk, redis: Redis
) -> None:
    desk = await open_desk(empty_system)
    large = await start_batch(desk, 401)
    await run(desk, redis, large, 401, 10)
    small = await start_batch(desk, 3)
    await run(desk, redis, small, 3, 10)
    assert await Flusher(desk.ledger, desk.store).flush_due() == 404
    first, last = [(await current(desk, batch)).ended_at for batch in (small, large)]
    assert first is not None
    assert last is not None
    assert first < last
