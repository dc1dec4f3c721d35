"""Endings that share a command have the effects of the same endings one by one."""

from __future__ import annotations

import asyncio
from typing import Any

from jobs.ledger import Ledger
from jobs.ledger.runs import Ending, Room
from jobs.model.job import Claim, Usage
from jobs.model.problems import Problem
from jobs.model.states import JobStatus
from tests.integration.jobs.ledger.batch_kit import URL, BatchDriver
from tests.integration.jobs.ledger.conftest import Submit
from tests.integration.jobs.ledger.kept import check_kept

PATIENCE = 10.0
LINES = [("summarize", 100), ("extract", 300)] * 6


def ending_of(number: int) -> Ending:
    usage = Usage(prompt_tokens=10 * number, completion_tokens=number, engine_seconds=0.5)
    if number % 4 == 3:
        error = Problem("engine-refused", "The engine refused it.")
        return Ending(JobStatus.failed, error=error, usage=usage)
    return Ending(JobStatus.succeeded, result=f'{{"n": {number}}}', usage=usage)


async def claims_of(driver: BatchDriver, submit: Submit, department: str) -> list[Claim]:
    for _ in range(2):
        await driver.begin(LINES, department=department)
    for number in range(4):
        await submit(department=department, url=URL if number % 2 else None)
    await driver.release()
    assert len(driver.claimed) == 2 * len(LINES) + 4
    return sorted(driver.claimed.values(), key=_place)


def _place(claim: Claim) -> tuple[str, str, str]:
    """Alike for both departments: ids made in one millisecond are in no order."""
    job = claim.job
    return job.task, job.batch_id or "", job.custom_id or job.id


def counters(driver: BatchDriver, department: str) -> list[Any]:
    redis = driver.redis
    batch_ids: Any = redis.zrange(f"chancery:batches:{department}", 0, -1)
    batches: list[Any] = [
        redis.hmget(f"chancery:batch:{one}", "completed", "failed", "prompt_tokens", "status")
        for one in batch_ids
    ]
    days: Any = redis.keys(f"chancery:usage:{department}:*")
    return [
        *map(redis.hgetall, days),
        redis.hgetall(f"chancery:kept:{department}"),
        redis.get(f"chancery:open-lines:{department}"),
        redis.zcard(f"chancery:jobs:{department}:succeeded"),
        redis.zcard(f"chancery:jobs:{department}:failed"),
        redis.zcard(f"chancery:jobs:{department}:running"),
        sorted(batches),
    ]


async def test_endings_together_count_as_endings_one_by_one(
    driver: BatchDriver, submit: Submit
) -> None:
    endings = driver.ledger.runs
    together = await claims_of(driver, submit, "tax")
    assert all(
        await asyncio.gather(*(endings.finish(one, ending_of(n)) for n, one in enumerate(together)))
    )
    check_kept(driver.redis)
    driver.claimed.clear()
    for number, claim in enumerate(await claims_of(driver, submit, "law")):
        assert await endings.finish(claim, ending_of(number))
    assert counters(driver, "tax") == counters(driver, "law")
    for index in ("running", "running-bulk", "held:w"):
        assert not driver.redis.exists(f"chancery:{index}")


async def test_jobs_that_end_together_wake_all_who_wait_for_them(
    ledger: Ledger, submit: Submit
) -> None:
    job_ids = [await submit() for _ in range(5)]
    claims = (await ledger.runs.claim_waiting("w", 30, Room(5))).granted
    waiting = [asyncio.create_task(ledger.jobs.wait_ended(one, 60)) for one in job_ids]
    async with asyncio.timeout(PATIENCE):
        while await ledger_listeners(ledger) < len(job_ids):
            await asyncio.sleep(0.01)
        await asyncio.gather(*(ledger.runs.finish(one, ending_of(0)) for one in claims))
        await asyncio.gather(*waiting)


async def ledger_listeners(ledger: Ledger) -> int:
    return sum(map(len, ledger._endings._waiting.values()))
