"""Batches together with interactive jobs, and with a faulty engine."""

from __future__ import annotations

import json
from typing import Any

from redis import Redis

from documents.isolation.running_time import running_time
from jobs.model.states import JobStatus
from standin.engine_process import StandInControl
from tests.integration.processes.caller import (
    JOBS,
    Caller,
    chat_lines,
    custom_ids,
    job_line,
    text_of,
    words_of,
)
from tests.integration.processes.system import System, until

# Of the worker's eight places, one is reserved for interactive jobs.
BULK_PLACES = 7
JOB_SECONDS = 5


async def test_an_interactive_job_is_answered_as_quickly_while_a_batch_runs(
    caller: Caller, engine: StandInControl
) -> None:
    engine.control(holds="in the street of")  # every line
    running = engine.counts()["running"]
    batch = await caller.submit(chat_lines(300))
    await until(lambda: engine.counts()["running"] == running + BULK_PLACES)
    for _ in range(3):
        # It does not wait for the engine to finish a line: none is finished.
        async with running_time(JOB_SECONDS):
            job = await caller.desk.ended(await caller.desk.submit())
        assert job.status is JobStatus.succeeded
    cancelled = await caller.openai.batches.cancel(batch.id)
    assert cancelled.request_counts is not None
    assert cancelled.request_counts.completed == 0


async def test_a_request_that_the_engine_refuses_is_in_the_error_file_with_its_reason(
    caller: Caller, engine: StandInControl
) -> None:
    engine.control(mode="400")
    batch = await caller.ended(await caller.submit(chat_lines(3)))
    assert (batch.status, await caller.output(batch)) == ("completed", [])
    errors = await caller.errors(batch)
    assert sorted(custom_ids(errors)) == ["c0", "c1", "c2"]
    for line in errors:
        assert line["response"]["status_code"] == 422
        assert line["response"]["body"]["type"] == "/problems/engine-refused"
        assert line["error"]["code"] == "engine-refused"
        assert "Cannot take" in line["error"]["message"]


async def test_a_line_that_fails_is_tried_again_and_then_reported(
    caller: Caller, engine: StandInControl
) -> None:
    engine.control(mode="500")
    before = engine.counts()["started"]
    batch = await caller.ended(await caller.submit([job_line("c1")], JOBS))
    (line,) = await caller.errors(batch)
    assert engine.counts()["started"] == before + 2
    assert (line["custom_id"], line["error"]["code"]) == ("c1", "engine-failed")
    assert line["response"]["status_code"] == 502


async def test_a_batch_continues_when_its_engine_is_healthy_again(
    system: System, caller: Caller, engine: StandInControl
) -> None:
    # The last lines are held, so that the batch does not end before the engine fails.
    engine.control(latency=0.05, holds="street of c29")
    batch = await caller.submit(chat_lines(300))
    await caller.has_done(batch, 30)
    engine.control(mode="unhealthy", latency=0.0, holds="")
    await until(lambda: not system.engine_healthy())
    asked = engine.counts()["started"]
    with Redis.from_url(system.redis_url) as redis:
        # Requests in flight have ended, and nothing runs.
        await until(lambda: redis.scard("chancery:running-bulk") == 0)
    assert (await caller.openai.batches.retrieve(batch.id)).status == "in_progress"
    assert engine.counts()["started"] <= asked + 8

    engine.control(mode="ok")
    ended = await caller.ended(batch)
    assert (ended.status, await caller.errors(ended)) == ("completed", [])
    output = await caller.output(ended)
    assert sorted(custom_ids(output)) == sorted(f"c{number}" for number in range(300))
    assert all(words_of(line) == text_of(line["custom_id"]) for line in output)


async def test_nothing_of_a_waiting_line_is_in_redis_or_in_the_logs(
    system: System, caller: Caller, engine: StandInControl
) -> None:
    words = "Mr Palimpsest lives at the well"
    engine.control(mode="unhealthy")
    await until(lambda: not system.engine_healthy())
    lines: list[Any] = [job_line("c1", input={"text": words}), b'{"' + words.encode()]
    batch = await caller.submit(lines, JOBS)
    with Redis.from_url(system.redis_url, decode_responses=True) as redis:
        await until(lambda: bool(redis.exists(f"chancery:index:{batch.id}")))
        assert "Palimpsest" not in json.dumps([_value(redis, key) for key in redis.scan_iter()])
    engine.control(mode="ok")
    (done,) = await caller.output(await caller.ended(batch))
    assert words in json.dumps(done)
    for child in system.children:
        assert "Palimpsest" not in child.log.read_text(errors="replace")


def _value(redis: Redis, key: str) -> Any:
    match redis.type(key):
        case "hash":
            return redis.hgetall(key)
        case "list":
            return redis.lrange(key, 0, -1)
        case "set":
            return sorted(redis.smembers(key))
        case "zset":
            return redis.zrange(key, 0, -1)
        case "string":
            return str(redis.execute_command("GET", key, NEVER_DECODE=True))
    raise AssertionError(f"{key} has an unexpected type")
