"""The scripts refuse every change of state that their table does not have."""

from __future__ import annotations

import itertools

import pytest
from redis import Redis
from redis.exceptions import ResponseError

from jobs.ledger import Ledger
from jobs.ledger.server.scripts import LIBRARIES, parts_of
from jobs.model.states import CallbackStatus, JobStatus, JobSubstatus
from tests.integration.jobs.ledger.batch_kit import BatchDriver
from tests.integration.jobs.ledger.conftest import Submit
from tests.transitions import NEW, steps

JOB = (
    "set_status({id = 'job_1', department = 'tax', lane = 'bulk', worker = 'w', status = %s}, '%s')"
)
CALLBACK = (
    "set_callback_status({id = 'cb_1', department = 'tax', url = 'http://a/', status = %s}, '%s')"
)


@pytest.mark.parametrize(
    ("kind", "library", "call", "states"),
    [
        ("job", "jobs", JOB, [*JobStatus, *JobSubstatus]),
        ("callback", "callbacks", CALLBACK, list(CallbackStatus)),
    ],
)
def test_only_the_tables_changes_are_made(
    redis_url: str, kind: str, library: str, call: str, states: list[str]
) -> None:
    text = "".join(path.read_text() for path in parts_of(LIBRARIES / f"{library}.lua"))
    made = set()
    with Redis.from_url(redis_url) as redis:
        for before, after in itertools.product([NEW, *states], states):
            status = "nil" if before == NEW else f"'{before}'"
            try:
                redis.eval(text + call % (status, after), 0)
            except ResponseError as error:
                if f"cannot change from {before} to {after}" not in str(error):
                    raise
            else:
                made.add(("[*]" if before == NEW else before, str(after)))
    assert made == steps(kind)


async def test_a_refused_change_leaves_the_job_as_it_is(
    ledger: Ledger, driver: BatchDriver, submit: Submit
) -> None:
    job_id = await submit()
    await ledger.jobs.cancel("tax", job_id)
    driver.redis.zadd("chancery:scheduled", {job_id: 0})  # as a defect would leave it
    record = driver.redis.hgetall(f"chancery:job:{job_id}")
    with pytest.raises(ResponseError, match="cannot change from cancelled to queued"):
        await ledger.upkeep.run_due_work()
    assert driver.redis.hgetall(f"chancery:job:{job_id}") == record
