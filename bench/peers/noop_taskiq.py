"""A taskiq task that does nothing, over a Redis stream, whose messages are acknowledged."""

# mypy: disable-error-code="import-not-found, untyped-decorator"

from __future__ import annotations

import asyncio
import os
import time

from taskiq_redis import RedisStreamBroker

from bench.peers import counting

broker = RedisStreamBroker(url=os.environ["BROKER"])


@broker.task
async def noop(count: int) -> None:
    counting.done(count)


async def _enqueue(total: int) -> None:
    await broker.startup()
    print(time.time(), flush=True)
    for _ in range(total):
        await noop.kiq(total)
    await broker.shutdown()


def enqueue(total: int) -> None:
    asyncio.run(_enqueue(total))
