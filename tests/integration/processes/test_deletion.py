"""What was deleted is on no disk: neither in the store, nor with its key, nor in Redis's files."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis import Redis

from jobs.model.states import JobStatus
from tests.contents import contents
from tests.integration.processes.caller import calling
from tests.integration.processes.conftest import OpenDesk
from tests.integration.processes.system import System, until
from tests.sealing import master_key

TEXT, CASE = "The water is off in the street of the mill.", "the case of the miller"


def redis_has(redis: Redis, words: str) -> bool:
    folder = Path(str(redis.config_get("dir")["dir"])) / "appendonlydir"
    written = [data for _, data in contents(folder)]
    assert written
    return any(words.encode() in data for data in written)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("key", [None, master_key()], ids=["plain", "encrypted"])
async def test_a_deleted_job_leaves_nothing_of_its_text_result_and_metadata(
    empty_system: System, open_desk: OpenDesk, redis: Redis, key: str | None
) -> None:
    empty_system.env = {"CHANCERY_MASTER_KEY": key} if key else {}
    scheduler = empty_system.start("scheduler")
    empty_system.up(*[empty_system.start(role) for role in ("worker", "courier")], scheduler)
    async with calling(await open_desk(empty_system), empty_system.start_api()) as caller:
        request = {"task": "summarize", "input": {"text": TEXT}, "metadata": {"case": CASE}}
        job_id = (await caller.http.post("/v1/jobs", json=request)).json()["id"]
        assert (await caller.desk.ended(job_id)).status is JobStatus.succeeded
        assert redis_has(redis, CASE)
        # A short text is in Redis, unless texts are encrypted.
        assert redis_has(redis, TEXT) == (key is None)
        assert (await caller.http.delete(f"/v1/jobs/{job_id}")).status_code == 200
        left = [path for path in (empty_system.folder / "store").rglob("*") if path.is_file()]
        keys = [path.name for path in (empty_system.folder / "keys").rglob("*") if path.is_file()]
        assert (left, keys) == ([], ["check"] if key else [])
        # A scheduler looks once a minute, first of all at its start.
        scheduler.kill()
        empty_system.start("scheduler")
        await until(lambda: not redis_has(redis, CASE))
        assert not redis_has(redis, "water is off in the street")
