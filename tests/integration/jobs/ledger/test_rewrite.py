"""Redis's append-only file no longer has what was deleted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from redis import Redis

from jobs.ledger import Ledger
from jobs.ledger.runs import Ending
from jobs.ledger.upkeep import Rewrite, RewriteRefused
from jobs.model.ids import new_callback_id
from jobs.model.states import JobStatus
from jobs.process.settings import RedisSettings, RetentionSettings
from standin.valkey import start_valkey
from tests.contents import contents
from tests.integration.jobs.ledger.conftest import a_job, submit_job

WORDS = "The water is off in the mill"
AT_ONCE, HOUR = timedelta(0), timedelta(hours=1)


@dataclass
class Server:
    """A server of this test alone. `ledger` keeps ended jobs for no time."""

    folder: Path
    url: str
    ledger: Ledger

    def has(self, words: str) -> bool:
        """Whether any file of the server has the words."""
        written = [data for _, data in contents(self.folder)]
        assert written
        return any(words.encode() in data for data in written)

    async def rewritten(self) -> None:
        deadline = time.monotonic() + 20
        while (state := await self.ledger.upkeep.rewrite_if_due(AT_ONCE)) is not Rewrite.idle:
            assert time.monotonic() < deadline, state
            await asyncio.sleep(0.02)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    process, url = start_valkey(tmp_path)
    settings = RedisSettings(url=SecretStr(url))
    ledger = Ledger(settings, RetentionSettings(job_retention_hours=0))
    yield Server(tmp_path, url, ledger)
    await ledger.close()
    process.terminate()
    await asyncio.to_thread(process.wait, 10)


async def ended_job(ledger: Ledger) -> str:
    """A job with the words in its options, metadata, result and URL of its callback."""
    job = a_job(
        options={"instructions": f"{WORDS}: options"},
        metadata={"case": f"{WORDS}: metadata"},
        callback_id=new_callback_id(),
        callback_url=f"http://oa.intranet/{WORDS}",
    )
    await submit_job(ledger, job)
    (claim,) = (await ledger.runs.claim([job.id], "w", 30)).granted
    result = f'{{"summary": "{WORDS}: result"}}'
    assert await ledger.runs.finish(claim, Ending(JobStatus.succeeded, result=result))
    return job.id


async def test_what_was_deleted_is_in_no_file_of_the_server(server: Server) -> None:
    job_id = await ended_job(server.ledger)
    assert await server.ledger.upkeep.rewrite_if_due(AT_ONCE) is Rewrite.idle  # nothing is deleted
    assert await server.ledger.jobs.delete("tax", job_id) is not None
    assert server.has(WORDS)
    assert await server.ledger.upkeep.rewrite_if_due(AT_ONCE) is Rewrite.begun
    await server.rewritten()
    assert not server.has(WORDS)
    assert server.has("chancery:rewrite")


async def test_what_expired_is_in_no_file_of_the_server(server: Server) -> None:
    await ended_job(server.ledger)
    with Redis.from_url(server.url, decode_responses=True) as redis:
        (callback_id,) = redis.zrange("chancery:callbacks:tax", 0, -1)
        redis.hset(f"chancery:callback:{callback_id}", "status", "delivered")
    assert (await server.ledger.upkeep.prune()).jobs == 1
    assert await server.ledger.upkeep.rewrite_if_due(AT_ONCE) is Rewrite.begun
    await server.rewritten()
    assert not server.has(f"{WORDS}: result")


async def test_the_file_is_rewritten_once_an_interval_and_only_after_deletions(
    server: Server,
) -> None:
    upkeep = server.ledger.upkeep
    for _ in range(2):
        await server.ledger.jobs.delete("tax", await ended_job(server.ledger))
    assert await upkeep.rewrite_if_due(HOUR) is Rewrite.begun
    await server.rewritten()
    assert await upkeep.rewrite_if_due(AT_ONCE) is Rewrite.idle
    await server.ledger.jobs.delete("tax", await ended_job(server.ledger))
    assert await upkeep.rewrite_if_due(HOUR) is Rewrite.idle
    with Redis.from_url(server.url) as redis:
        redis.hincrby("chancery:rewrite", "begun_at", -3_600_001)
    assert await upkeep.rewrite_if_due(HOUR) is Rewrite.begun


async def test_a_rewrite_that_failed_is_made_again(server: Server) -> None:
    await server.ledger.jobs.delete("tax", await ended_job(server.ledger))
    with Redis.from_url(server.url) as redis:
        folder = server.folder / "appendonlydir"
        redis.config_set("aof-rewrite-incremental-fsync", "yes")
        # The server cannot rename the file that it wrote.
        blocker = folder / "appendonly.aof.2.base.rdb"
        blocker.mkdir()
        assert await server.ledger.upkeep.rewrite_if_due(AT_ONCE) is Rewrite.begun
        deadline = time.monotonic() + 20
        while redis.info("persistence")["aof_rewrite_in_progress"]:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)
        assert redis.info("persistence")["aof_last_bgrewrite_status"] == "err"
        blocker.rmdir()
    assert await server.ledger.upkeep.rewrite_if_due(AT_ONCE) is Rewrite.failed
    await server.rewritten()
    assert not server.has(WORDS)


async def test_nothing_is_rewritten_while_a_backup_copies_the_files(server: Server) -> None:
    await server.ledger.jobs.delete("tax", await ended_job(server.ledger))
    with Redis.from_url(server.url) as redis:
        redis.config_set("auto-aof-rewrite-percentage", "0")
        assert await server.ledger.upkeep.rewrite_if_due(AT_ONCE) is Rewrite.paused
        redis.config_set("auto-aof-rewrite-percentage", "100")
    assert await server.ledger.upkeep.rewrite_if_due(AT_ONCE) is Rewrite.begun
    await server.rewritten()


async def test_a_server_that_refuses_is_named(server: Server) -> None:
    await server.ledger.jobs.delete("tax", await ended_job(server.ledger))
    with Redis.from_url(server.url) as redis:
        redis.acl_setuser("default", enabled=True, commands=["-bgrewriteaof"])
    with pytest.raises(RewriteRefused, match="bgrewriteaof"):
        await server.ledger.upkeep.rewrite_if_due(AT_ONCE)
