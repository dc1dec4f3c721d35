"""What a release wrote in format 1 of the ledger is read, worked on and removed as then.

`format_1.json` was written by the code of commit 580bb1c2: all keys, and what it read of them.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import to_json
from redis import Redis

from jobs.ledger import Ledger
from jobs.ledger.runs import Ending
from jobs.model.job import Claim, Job
from jobs.model.states import JobStatus
from tests.integration.jobs.ledger.kept import check_kept

WRITTEN: dict[str, Any] = json.loads(Path(__file__).with_name("format_1.json").read_text())
IDS: dict[str, str] = WRITTEN["names"]


def load(redis: Redis) -> None:
    for key, (kind, value) in WRITTEN["keys"].items():
        match kind:
            case "hash":
                redis.hset(key, mapping=value)
            case "set":
                redis.sadd(key, *value)
            case "zset":
                redis.zadd(key, dict(value))
            case "list":
                redis.rpush(key, *value)
            case "hex":
                redis.set(key, bytes.fromhex(value))
            case _:
                redis.set(key, value)


@pytest.fixture
async def redis(ledger: Ledger, redis_url: str) -> AsyncIterator[Redis]:
    """The server of that release, after the start of this one."""
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        load(redis)
        await ledger.check()
        yield redis
        check_kept(redis)


def as_json(value: object) -> Any:
    return json.loads(to_json(value))


async def job(ledger: Ledger, name: str) -> Job:
    found = await ledger.jobs.get("tax", IDS[name])
    assert found is not None
    return found


async def test_jobs_and_documents_are_read_as_before(ledger: Ledger, redis: Redis) -> None:
    assert as_json((await ledger.jobs.list("tax")).items) == WRITTEN["jobs"]
    for each in WRITTEN["jobs"]:
        assert as_json(await ledger.jobs.get("tax", each["id"])) == each
    for document_id, document in WRITTEN["documents"].items():
        assert as_json(await ledger.documents.get("tax", document_id)) == document
    assert not redis.exists("chancery:jobs:tax")


async def test_a_run_ends_after_the_upgrade(ledger: Ledger, redis: Redis) -> None:
    running = await job(ledger, "running")
    document = await ledger.documents.get("tax", running.document_id or "")
    claim = Claim(running, token=1, tries=0, document=document)
    assert await ledger.runs.finish(claim, Ending(JobStatus.succeeded, result="{}"))
    assert (await job(ledger, "running")).status is JobStatus.succeeded
    assert redis.lrange("chancery:ended:604800000", 0, -1) == [running.id]


async def test_a_line_that_ended_before_is_written_after(ledger: Ledger, redis: Redis) -> None:
    pending = await ledger.batches.unflushed(WRITTEN["batch"], 10)
    assert pending is not None
    assert [one.id for one in pending.jobs] == [IDS["line"]]


async def test_what_is_old_is_removed_with_its_text(ledger: Ledger, redis: Redis) -> None:
    ended = ("succeeded", "failed", "cancelled")
    redis.delete("chancery:callback:" + ((await job(ledger, "succeeded")).callback_id or ""))
    for index in ("chancery:ended", "chancery:documents"):
        members: Any = redis.zrange(index, 0, -1)
        redis.zadd(index, dict.fromkeys(members, 1))
    for member in members:
        redis.hset(f"chancery:document:{member}", "expires_at", 1)
    pruned = await ledger.upkeep.prune()
    assert (pruned.jobs, pruned.documents) == (len(ended), len(ended))
    for name in ended:
        assert await ledger.jobs.get("tax", IDS[name]) is None


async def test_an_old_job_is_deleted_with_its_text(ledger: Ledger, redis: Redis) -> None:
    failed = await job(ledger, "failed")
    assert await ledger.jobs.delete("tax", failed.id) == []
    assert await ledger.documents.get("tax", failed.document_id or "") is None
