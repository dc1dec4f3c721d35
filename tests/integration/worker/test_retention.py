"""What has expired is removed, however much it is."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from redis import Redis

from jobs.ledger import Ledger
from jobs.ledger.upkeep import MOST_AT_ONCE
from jobs.store import Folder, Store
from tests.integration.files import a_file
from tests.integration.jobs.ledger.conftest import ended_job, pass_time_of
from worker.retention import remove_expired

PAST = datetime.now(UTC) - timedelta(seconds=1)


def never() -> bool:
    return False


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(Folder(tmp_path / "store"))


async def test_all_that_has_expired_is_removed_with_its_bytes(ledger: Ledger, store: Store) -> None:
    blob = await store.put(b"{}\n", "tax", "file")
    files = [a_file(expires_at=PAST) for _ in range(MOST_AT_ONCE)]
    await asyncio.gather(*map(ledger.files.keep, files))
    await ledger.files.keep(a_file(expires_at=PAST, blobs=(blob,)))
    assert await remove_expired(ledger, store, never) == {"files": MOST_AT_ONCE + 1}
    assert await remove_expired(ledger, store, never) == {}
    with pytest.raises(FileNotFoundError):
        await store.read(blob)


async def test_a_process_that_stops_removes_no_more(ledger: Ledger, store: Store) -> None:
    await ledger.files.keep(a_file(expires_at=PAST))
    assert await remove_expired(ledger, store, lambda: True) == {}
    assert (await ledger.upkeep.prune()).files == 1


@pytest.mark.parametrize("deleted", [0, 3])
async def test_each_step_says_whether_more_has_expired(
    ledger: Ledger, redis_url: str, deleted: int
) -> None:
    ids = [await ended_job(ledger) for _ in range(3)]
    with Redis.from_url(redis_url) as redis:
        for job_id in ids[deleted:]:
            pass_time_of(redis, job_id)
    for job_id in ids[:deleted]:
        await ledger.jobs.delete("tax", job_id)
    assert [(await ledger.upkeep.prune(2)).more for _ in range(2)] == [True, False]
