"""An arq function that does nothing."""

# mypy: disable-error-code="import-not-found"

from __future__ import annotations

import asyncio
import os
import time
from typing import Any, ClassVar

from arq import create_pool
from arq.connections import RedisSettings

from bench.peers import counting

REDIS = RedisSettings.from_dsn(os.environ["BROKER"])


async def noop(_context: dict[str, Any], count: int) -> None:
    counting.done(count)


class WorkerSettings:
    functions: ClassVar = [noop]
    redis_settings = REDIS
    max_jobs = 64
    keep_result = 0


async def _enqueue(total: int) -> None:
    pool = await create_pool(REDIS)
    print(time.time(), flush=True)
    for _ in range(total):
        await pool.enqueue_job("noop", total)
    await pool.aclose()


def enqueue(total: int) -> None:
    asyncio.run(_enqueue(total))
