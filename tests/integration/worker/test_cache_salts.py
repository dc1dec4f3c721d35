"""The salts of departments' requests."""

from __future__ import annotations

import asyncio

from jobs.ledger import Ledger
from worker.engine.requests.cache_salts import CacheSalts


async def test_jobs_that_start_together_read_the_secret_over_one_connection(ledger: Ledger) -> None:
    pool = ledger._connection.redis.connection_pool
    before = len(pool._available_connections)
    salts = CacheSalts(ledger, shared=False)
    found = await asyncio.gather(*(salts.of(name) for name in ("tax", "law") for _ in range(50)))
    assert len(set(found)) == 2
    assert len(pool._available_connections) <= before + 1
