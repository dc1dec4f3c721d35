"""Endings of batches other than success: bad lines, invalid files, cancelled, expired."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

import openai
import pytest
from openai.types import Batch
from redis import Redis

from standin.engine_process import StandInControl
from tests.integration.processes.caller import (
    JOBS,
    Caller,
    Line,
    chat_line,
    chat_lines,
    custom_ids,
    job_line,
    text_of,
    words_of,
)
from tests.integration.processes.system import System

LINES = 300
SLOW_SECONDS = 0.1
# In the text of the last ten lines and one more, which the engine holds: no batch ends early.
LAST = "street of c29"
# A worker claims ahead what ends in a quarter of a second: of its seven bulk places, three rounds.
MOST_AHEAD = 7 * 4
NO_DOCUMENT = "doc_" + "0" * 26
# Bad lines, each with its error code, and its custom_id if that can be read.
BAD: Sequence[tuple[Line | bytes, str, str | None]] = (
    (b"{no json", "invalid-json", None),
    (b"[1, 2]", "invalid-json", None),
    (b'{"custom_id": "\xff"}', "invalid-json", None),
    (b"x" * 4_200_000, "too-large", None),
    ({**job_line("-"), "custom_id": None}, "invalid-request", None),
    ({**job_line("-"), "custom_id": "x" * 513}, "invalid-request", None),
    (job_line("good-1"), "duplicate-custom-id", "good-1"),
    ({**job_line("get"), "method": "GET"}, "invalid-request", "get"),
    ({**job_line("url"), "url": "/v1/embeddings"}, "invalid-request", "url"),
    (chat_line("chat", "Hello"), "invalid-request", "chat"),
    ({**job_line("body"), "body": "text"}, "invalid-request", "body"),
    (job_line("task", "horoscope"), "unknown-task", "task"),
    (job_line("options", options={"max_words": -1}), "invalid-request", "options"),
    (job_line("nothing", input=None), "invalid-request", "nothing"),
    (job_line("empty", input={"text": " "}), "document-empty", "empty"),
    (job_line("long", input={"text": "x" * 1_000_001}), "text-too-long", "long"),
    (job_line("absent", input={"document_id": NO_DOCUMENT}), "not-found", "absent"),
    (job_line("call", callback_url="http://10.9.9.9/"), "callback-not-allowed", "call"),
    (job_line("lane", lane="interactive"), "invalid-request", "lane"),
    (job_line("when", deadline="2099-01-01T00:00:00Z"), "invalid-request", "when"),
)


async def test_a_bad_line_of_any_kind_goes_to_the_error_file_and_the_others_are_run(
    caller: Caller,
) -> None:
    lines: list[Line | bytes] = [job_line("good-0"), job_line("good-1"), b"  "]
    for at, (line, _, _) in enumerate(BAD):
        lines += [line, job_line(f"good-{at + 2}")]
    batch = await caller.ended(await caller.submit(lines, JOBS))

    good = len(BAD) + 2
    assert batch.status == "completed"
    assert counted(batch) == (good + len(BAD), good, len(BAD))
    output = await caller.output(batch)
    assert sorted(custom_ids(output)) == sorted(f"good-{at}" for at in range(good))
    errors = await caller.errors(batch)
    reported = [
        (line["error"]["line"], line["error"]["code"], line["custom_id"]) for line in errors
    ]
    assert sorted(reported) == [
        (4 + 2 * at, code, custom_id) for at, (_, code, custom_id) in enumerate(BAD)
    ]
    assert all(line["response"] is None for line in errors)
    assert len(json.dumps(errors)) < 20_000  # so no line is quoted


@pytest.mark.parametrize(
    ("content", "code"), [(b"\n \n", "no-lines"), (b"{}\n" * 50_001, "too-many-lines")]
)
async def test_a_file_without_usable_lines_fails_its_batch(
    caller: Caller, content: bytes, code: str
) -> None:
    file = await caller.openai.files.create(file=("lines.jsonl", content), purpose="batch")
    batch = await caller.ended(await caller.create(file.id))

    assert (batch.status, batch.output_file_id, batch.error_file_id) == ("failed", None, None)
    assert batch.failed_at is not None
    assert batch.errors is not None
    assert batch.errors.data is not None
    (error,) = batch.errors.data
    assert (error.code, bool(error.message)) == (code, True)


async def test_an_empty_file_is_refused(caller: Caller) -> None:
    with pytest.raises(openai.UnprocessableEntityError):
        await caller.openai.files.create(file=("lines.jsonl", b""), purpose="batch")


async def test_a_cancelled_batch_keeps_finished_lines_and_reports_the_others(
    caller: Caller, engine: StandInControl
) -> None:
    engine.control(latency=SLOW_SECONDS, holds=LAST)
    running = await caller.submit(chat_lines(LINES))
    await caller.has_done(running, 20)

    cancelling = await caller.openai.batches.cancel(running.id)

    requests = engine.counts()["started"]
    assert cancelling.status in {"cancelling", "cancelled"}
    assert cancelling.cancelling_at is not None
    batch = await caller.ended(running)
    assert (batch.status, batch.cancelled_at is not None) == ("cancelled", True)
    output, errors = await caller.output(batch), await caller.errors(batch)
    done = _count_answered(batch, output, errors, "batch_cancelled")
    assert 20 <= done < LINES
    # Only requests of lines that were claimed before reach the engine.
    assert engine.counts()["started"] <= requests + MOST_AHEAD
    assert (await caller.openai.batches.cancel(running.id)).status == "cancelled"


async def test_a_batch_past_its_deadline_expires_and_keeps_finished_lines(
    system: System, caller: Caller, engine: StandInControl
) -> None:
    engine.control(latency=SLOW_SECONDS, holds=LAST)
    running = await caller.submit(chat_lines(LINES), window="1h")
    assert running.expires_at == running.created_at + 3600
    await caller.has_done(running, 1)
    with Redis.from_url(system.redis_url) as redis:
        redis.zadd("chancery:batch-deadlines", {running.id: 1}, xx=True)  # it is over
    batch = await caller.ended(running)

    assert batch.status == "expired"
    assert (batch.expired_at or 0) >= batch.created_at
    output, errors = await caller.output(batch), await caller.errors(batch)
    done = _count_answered(batch, output, errors, "batch_expired")
    assert 0 < done < LINES


def _count_answered(
    batch: Batch,
    output: Sequence[Mapping[str, Any]],
    errors: Sequence[Mapping[str, Any]],
    code: str,
) -> int:
    """Check that each line is in one of the files, once; returns how many were answered."""
    assert sorted(custom_ids(output, errors)) == sorted(f"c{at}" for at in range(LINES))
    assert {line["custom_id"]: words_of(line) for line in output} == {
        custom_id: text_of(custom_id) for custom_id in custom_ids(output)
    }
    assert {(line["error"]["code"], line["response"]) for line in errors} == {(code, None)}
    assert all(line["custom_id"] == f"c{line['error']['line'] - 1}" for line in errors)
    assert counted(batch) == (LINES, len(output), len(errors))
    return len(output)


async def test_a_batch_can_be_cancelled_before_its_file_is_read(caller: Caller) -> None:
    file_id = await caller.upload(chat_lines(50))
    batch = await caller.create(file_id)
    cancelled = await caller.openai.batches.cancel(batch.id)
    assert cancelled.status in {"cancelled", "cancelling"}
    assert (await caller.ended(batch)).status == "cancelled"
    await asyncio.sleep(1)  # a scheduler that was reading the file may not change the ending
    again = await caller.openai.batches.retrieve(batch.id)
    assert again.status == "cancelled"
    assert await caller.output(again) == []


def counted(batch: Batch) -> tuple[int, int, int]:
    """Total, completed, failed."""
    counts = batch.request_counts
    assert counts is not None
    return counts.total, counts.completed, counts.failed
