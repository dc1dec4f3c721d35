"""The life of a job in the ledger."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr
from redis import Redis

from jobs.ledger import IdempotencyKey, Ledger
from jobs.ledger.job_records import provenance_of
from jobs.ledger.runs import Claims, Ending, LeaseRenewal, Room
from jobs.ledger.upkeep import Windows
from jobs.model.approval import ApprovalPolicy
from jobs.model.job import Claim, Progress, Usage
from jobs.model.lanes import Lane
from jobs.model.problems import Problem, ProblemError
from jobs.model.provenance import Provenance
from jobs.model.roles import ModelChoice, Role
from jobs.model.states import JobStatus
from jobs.process.settings import RedisSettings, RetentionSettings
from jobs.store import Blob
from tests.integration.jobs.ledger.conftest import Submit, a_job, submit_job

LEASE = 30.0


NOTHING = Claims([], [])


async def claimed(
    ledger: Ledger,
    job_id: str,
    worker: str = "w1",
    lease: float = LEASE,
    *,
    alone: bool = False,
) -> Claim:
    claims = await ledger.runs.claim([job_id], worker, lease, alone=alone)
    (claim,) = claims.granted
    return claim


async def status(ledger: Ledger, job_id: str) -> JobStatus:
    job = await ledger.jobs.get("tax", job_id)
    assert job is not None
    return job.status


async def test_a_job_runs_once_and_ends_with_its_result(ledger: Ledger, submit: Submit) -> None:
    job_id = await submit(metadata={"case": "1"})
    claim = await claimed(ledger, job_id)
    assert claim.job.status is JobStatus.running
    assert claim.document is not None
    assert claim.document.blob == "tax/aa/blob"
    ending = Ending(
        JobStatus.succeeded,
        result='{"summary":"x"}',
        usage=Usage(10, 5, 0, 1.5),
        provenance=Provenance("1", "m", "0" * 64),
    )
    assert await ledger.runs.finish(claim, ending)
    job = await ledger.jobs.get("tax", job_id)
    assert job is not None
    assert (job.status, job.result, job.attempts) == (JobStatus.succeeded, {"summary": "x"}, 1)
    assert job.usage == Usage(10, 5, 0, 1.5)
    assert job.provenance == Provenance("1", "m", "0" * 64)
    assert job.finished_at is not None
    assert job.metadata == {"case": "1"}


async def test_a_job_keeps_the_model_that_it_asked_for(ledger: Ledger, submit: Submit) -> None:
    asked = await claimed(ledger, await submit(model=ModelChoice.auto))
    assert asked.job.model is ModelChoice.auto
    assert (await claimed(ledger, await submit())).job.model is None


async def test_where_a_result_is_from_is_kept_as_it_was(ledger: Ledger, submit: Submit) -> None:
    claim = await claimed(ledger, await submit())
    origin = Provenance("1", "m", "0" * 64, Role.full, escalated=True, doubts=("too-long",))
    assert await ledger.runs.finish(claim, Ending(JobStatus.succeeded, provenance=origin))
    job = await ledger.jobs.get("tax", claim.job.id)
    assert job is not None
    assert job.provenance == origin


def test_where_a_result_is_from_can_be_read_as_older_releases_kept_it() -> None:
    kept = '{"task_version":"1","model":"m","input_sha256":"0"}'
    expected = Provenance("1", "m", "0", Role.full, escalated=False, doubts=())
    assert provenance_of({"provenance": kept, "document_id": "doc_1"}) == expected


async def test_an_ending_that_is_stored_twice_is_counted_once(
    ledger: Ledger, submit: Submit
) -> None:
    claim = await claimed(ledger, await submit())
    origin = Provenance("1", "m", "0" * 64, Role.fast)
    for _ in range(2):
        assert await ledger.runs.finish(claim, Ending(JobStatus.succeeded, provenance=origin))
    figures = await ledger.read_statistics()
    assert figures.cascaded == {("summarize", "kept"): 1, ("summarize", "escalated"): 0}


async def test_a_second_claim_is_refused(ledger: Ledger, submit: Submit) -> None:
    job_id = await submit()
    await claimed(ledger, job_id)
    assert await ledger.runs.claim([job_id], "w2", LEASE) == NOTHING


async def test_a_late_result_from_a_lost_lease_is_refused(ledger: Ledger, submit: Submit) -> None:
    job_id = await submit()
    first = await claimed(ledger, job_id, "w1", lease=0)
    assert (await ledger.upkeep.run_due_work()).rescued == 1
    second = await claimed(ledger, job_id, "w2")
    assert second.token > first.token
    assert not await ledger.runs.finish(first, Ending(JobStatus.succeeded, result='"late"'))
    assert await ledger.runs.finish(second, Ending(JobStatus.succeeded, result='"right"'))
    job = await ledger.jobs.get("tax", job_id)
    assert job is not None
    assert job.result == "right"


async def test_an_ending_stands_and_the_same_run_may_say_it_again(
    ledger: Ledger, submit: Submit
) -> None:
    claim = await claimed(ledger, await submit())
    assert await ledger.runs.finish(claim, Ending(JobStatus.succeeded, result="1"))
    assert await ledger.runs.finish(claim, Ending(JobStatus.succeeded, result="1"))
    await ledger.jobs.cancel("tax", claim.job.id)
    assert await status(ledger, claim.job.id) is JobStatus.succeeded


async def test_a_renewal_tells_which_jobs_were_lost(ledger: Ledger, submit: Submit) -> None:
    kept, lost = await claimed(ledger, await submit()), await claimed(ledger, await submit())
    await ledger.jobs.cancel("tax", lost.job.id)
    held = [LeaseRenewal(claim.job.id, claim.token, Progress(1, 4)) for claim in (kept, lost)]
    assert await ledger.runs.renew("w1", held, LEASE) == {lost.job.id}
    job = await ledger.jobs.get("tax", kept.job.id)
    assert job is not None
    assert job.progress == Progress(1, 4)
    await ledger.runs.finish(kept, Ending(JobStatus.succeeded, result="1"))
    job = await ledger.jobs.get("tax", kept.job.id)
    assert job is not None
    assert job.progress == Progress(4, 4)


async def test_a_job_whose_claim_was_never_answered_is_requeued_uncounted(
    ledger: Ledger, submit: Submit
) -> None:
    known, unknown = await claimed(ledger, await submit()), await claimed(ledger, await submit())
    held = [LeaseRenewal(known.job.id, known.token, Progress())]
    await ledger.runs.renew("w1", held, LEASE)
    assert await status(ledger, unknown.job.id) is JobStatus.running
    async with asyncio.timeout(30):
        while await status(ledger, unknown.job.id) is JobStatus.running:
            await ledger.runs.renew("w1", held, LEASE, unknown_after_seconds=0.001)
    assert await status(ledger, unknown.job.id) is JobStatus.queued
    assert await status(ledger, known.job.id) is JobStatus.running
    assert not await ledger.runs.finish(unknown, Ending(JobStatus.succeeded))


async def test_a_requeued_job_waits_for_its_delay(ledger: Ledger, submit: Submit) -> None:
    claim = await claimed(ledger, await submit())
    assert await ledger.runs.requeue(claim, delay_seconds=0.05, counted=True, code="x")
    assert await status(ledger, claim.job.id) is JobStatus.scheduled
    assert await ledger.runs.claim([claim.job.id], "w2", LEASE) == NOTHING
    assert not await ledger.runs.finish(claim, Ending(JobStatus.succeeded))
    async with asyncio.timeout(30):
        while (await ledger.upkeep.run_due_work()).queued == 0:
            await asyncio.sleep(0.01)
    again = await claimed(ledger, claim.job.id)
    assert (again.tries, again.job.attempts) == (1, 2)


async def a_suspect(ledger: Ledger, submit: Submit) -> str:
    """A job that was in hand at two deaths of its worker."""
    job_id = await submit()
    for _ in range(2):
        await claimed(ledger, job_id, lease=0)
        await ledger.upkeep.run_due_work()
    assert await ledger.runs.claim([job_id], "w", LEASE) == Claims([], [job_id])
    return job_id


async def test_a_job_that_kills_its_worker_even_alone_is_set_aside(
    ledger: Ledger, submit: Submit
) -> None:
    job_id = await a_suspect(ledger, submit)
    await claimed(ledger, job_id, lease=0, alone=True)
    await ledger.upkeep.run_due_work()
    job = await ledger.jobs.get("tax", job_id)
    assert job is not None
    assert job.error is not None
    assert (job.status, job.error["type"]) == (JobStatus.failed, "/problems/poisoned")


async def test_a_bystander_of_two_deaths_is_run_alone_and_not_blamed(
    ledger: Ledger, submit: Submit
) -> None:
    claim = await claimed(ledger, await a_suspect(ledger, submit), alone=True)
    assert await ledger.runs.finish(claim, Ending(JobStatus.succeeded, result="1"))
    assert await status(ledger, claim.job.id) is JobStatus.succeeded


async def test_a_job_whose_engine_dies_each_time_is_not_tried_for_ever(
    ledger: Ledger, submit: Submit
) -> None:
    job_id = await submit()
    for _ in range(3):
        claim = await claimed(ledger, job_id)
        await ledger.runs.requeue(claim, delay_seconds=0, counted=False, code="engine-unavailable")
    alone = await claimed(ledger, job_id, alone=True)
    await ledger.runs.requeue(alone, delay_seconds=0, counted=False, code="engine-unavailable")
    job = await ledger.jobs.get("tax", job_id)
    assert job is not None
    assert job.error is not None
    assert (job.status, job.error["type"]) == (JobStatus.failed, "/problems/poisoned")


async def test_leases_stand_while_the_scheduler_lets_them(ledger: Ledger, submit: Submit) -> None:
    job_id = await submit()
    claim = await claimed(ledger, job_id, lease=0)
    assert (await ledger.upkeep.run_due_work(take_leases=False)).rescued == 0
    assert await ledger.runs.finish(claim, Ending(JobStatus.succeeded, result="1"))


async def test_what_a_dead_worker_held_is_taken_back_at_once(
    ledger: Ledger, submit: Submit
) -> None:
    job_id, other = await submit(), await submit()
    await claimed(ledger, job_id, "w1")
    await claimed(ledger, other, "w2")
    assert await ledger.processes.declare_dead("w1") == 1
    assert await status(ledger, job_id) is JobStatus.queued
    assert await status(ledger, other) is JobStatus.running


def an_hour_passes(redis_url: str, times: str, job_id: str) -> None:
    """For one of the ledger's times of a job."""
    with Redis.from_url(redis_url) as redis:
        assert redis.zincrby(f"chancery:{times}", -3_600_000, job_id) > 0


async def test_a_scheduled_job_is_queued_when_it_is_due(
    ledger: Ledger, submit: Submit, redis_url: str
) -> None:
    job_id = await submit(not_before=datetime.now(UTC) + timedelta(hours=1))
    assert await status(ledger, job_id) is JobStatus.scheduled
    assert (await ledger.upkeep.run_due_work()).queued == 0
    an_hour_passes(redis_url, "scheduled", job_id)
    assert (await ledger.upkeep.run_due_work()).queued == 1
    assert await status(ledger, job_id) is JobStatus.queued


@pytest.mark.parametrize("running", [False, True])
async def test_a_job_past_its_deadline_expires(
    ledger: Ledger, submit: Submit, redis_url: str, *, running: bool
) -> None:
    job_id = await submit(deadline=datetime.now(UTC) + timedelta(hours=1))
    claim = await claimed(ledger, job_id) if running else None
    assert (await ledger.upkeep.run_due_work()).expired == 0
    an_hour_passes(redis_url, "deadlines", job_id)
    assert (await ledger.upkeep.run_due_work()).expired == 1
    assert await status(ledger, job_id) is JobStatus.expired
    if claim:
        assert not await ledger.runs.finish(claim, Ending(JobStatus.succeeded))


async def test_bulk_jobs_are_claimed_by_the_weights_of_departments(
    ledger: Ledger, submit: Submit, redis_url: str
) -> None:
    await ledger.departments.create("tax", weight=3)
    await ledger.departments.create("parks", weight=1)
    for department in ("tax", "parks"):
        for _ in range(8):
            await submit(department=department, lane=Lane.bulk)
    await ledger.upkeep.set_windows(Windows())
    claims = await ledger.runs.claim_waiting("w", LEASE, Room(0, 0, 8))
    assert (len(claims.granted), claims.more) == (8, True)
    with Redis.from_url(redis_url) as redis:
        left = [redis.zcard("chancery:waiting:tax"), redis.zcard("chancery:waiting:parks")]
    assert left == [2, 6]


async def test_the_earliest_deadline_is_claimed_first(ledger: Ledger, submit: Submit) -> None:
    now = datetime.now(UTC)
    await submit(lane=Lane.bulk, deadline=now + timedelta(hours=2))
    soon = await submit(lane=Lane.bulk, deadline=now + timedelta(hours=1))
    await ledger.upkeep.set_windows(Windows())
    (claim,) = (await ledger.runs.claim_waiting("w", LEASE, Room(0, 0, 1))).granted
    assert claim.job.id == soon


async def test_the_same_idempotency_key_gets_the_first_answer(ledger: Ledger) -> None:
    key = IdempotencyKey("k", "a" * 64)
    first = await submit_job(ledger, a_job(), idempotency=key, body=b'{"n":1}')
    again = await submit_job(ledger, a_job(), idempotency=key, body=b'{"n":2}')
    assert (first.body, again.body, again.replayed) == (b'{"n":1}', b'{"n":1}', True)
    assert len((await ledger.jobs.list("tax")).items) == 1
    with pytest.raises(ProblemError) as raised:
        await submit_job(ledger, a_job(), idempotency=IdempotencyKey("k", "b" * 64))
    assert raised.value.problem.code == "idempotency-mismatch"


async def test_a_list_is_paged_newest_first_and_by_status(ledger: Ledger, submit: Submit) -> None:
    ids = [await submit() for _ in range(5)]
    await ledger.jobs.cancel("tax", ids[2])
    first = await ledger.jobs.list("tax", limit=3)
    rest = await ledger.jobs.list("tax", limit=3, cursor=first.next_cursor)
    assert {job.id for job in (*first.items, *rest.items)} == set(ids)
    assert rest.next_cursor is None
    cancelled = await ledger.jobs.list("tax", status=JobStatus.cancelled)
    assert [job.id for job in cancelled.items] == [ids[2]]
    assert (await ledger.jobs.list("parks")).items == []
    with pytest.raises(ProblemError):
        await ledger.jobs.list("tax", cursor="garbage")


async def test_pages_have_the_jobs_of_all_states_in_one_order(
    ledger: Ledger, submit: Submit
) -> None:
    await ledger.departments.create("tax")
    await ledger.departments.set_approval("tax", ApprovalPolicy({"extract": None}))
    later, now = datetime.now(UTC) + timedelta(days=1), datetime.now(UTC)
    waits = [await submit(), await submit(not_before=later)]
    ends = [await submit(), await submit(), await submit(deadline=now), await submit()]
    await ledger.jobs.cancel("tax", ends[0])
    await ledger.upkeep.run_due_work()
    for job_id, status_ in ((ends[1], JobStatus.succeeded), (ends[3], JobStatus.failed)):
        claim = await claimed(ledger, job_id)
        assert await ledger.runs.finish(claim, Ending(status_))
    await claimed(ledger, running := await submit())
    claim = await claimed(ledger, held := await submit(task="extract"))
    assert await ledger.runs.finish(claim, Ending(JobStatus.succeeded, result_blob="tax/aa/run"))
    ids, cursor = list[str](), None
    for _ in range(4):
        page = await ledger.jobs.list("tax", limit=2, cursor=cursor)
        cursor = page.next_cursor
        ids += [job.id for job in page.items]
    assert ids == sorted((*waits, *ends, running, held), reverse=True)
    assert (await ledger.jobs.list("tax", limit=2, cursor=cursor)).items == []
    shown_as_running = await ledger.jobs.list("tax", status=JobStatus.running)
    assert [job.id for job in shown_as_running.items] == sorted((running, held), reverse=True)


async def test_a_list_goes_on_after_jobs_that_are_removed_while_a_page_is_read(
    ledger: Ledger, submit: Submit, redis_url: str
) -> None:
    oldest, *removed = [await submit() for _ in range(4)]
    newest = await submit()
    with Redis.from_url(redis_url) as redis:
        # As a page finds them that has read the list before the removal, and the records after it.
        redis.delete(*(f"chancery:job:{job_id}" for job_id in removed))
    first = await ledger.jobs.list("tax", limit=2)
    assert [job.id for job in first.items] == [newest, oldest]
    page = await ledger.jobs.list("tax", limit=2, cursor=newest)
    assert [job.id for job in page.items] == [oldest]


async def test_another_departments_job_is_not_there(ledger: Ledger, submit: Submit) -> None:
    job_id = await submit()
    assert await ledger.jobs.get("parks", job_id) is None
    assert await ledger.jobs.cancel("parks", job_id) is None
    assert await status(ledger, job_id) is JobStatus.queued


async def test_a_waiting_caller_is_woken_by_the_ending(ledger: Ledger, submit: Submit) -> None:
    claim = await claimed(ledger, await submit())
    waiting = asyncio.create_task(ledger.jobs.wait_ended(claim.job.id, 20))
    await asyncio.sleep(0)
    problem = Problem("output-invalid", "x")
    await ledger.runs.finish(claim, Ending(JobStatus.failed, error=problem))
    async with asyncio.timeout(10):
        await waiting
    job = await ledger.jobs.get("tax", claim.job.id)
    assert job is not None
    assert job.error == problem.to_dict()


async def test_messages_carry_identifiers_only(
    ledger: Ledger, submit: Submit, redis_url: str
) -> None:
    await submit(metadata={"secret": "content"})
    with Redis.from_url(redis_url) as redis:
        message = json.loads(redis.lindex("interactive", 0))
    assert json.loads(message["body"])[0] == []
    assert message["headers"]["task"] == "chancery.wake"
    assert "content" not in json.dumps(message["headers"]) + message["body"]


async def test_expired_records_are_pruned(redis_url: str) -> None:
    ledger = Ledger(
        RedisSettings(url=SecretStr(redis_url)),
        RetentionSettings(job_retention_hours=0, document_retention_hours=0),
    )
    job = a_job()
    await submit_job(ledger, job)
    claim = await claimed(ledger, job.id)
    await ledger.runs.finish(claim, Ending(JobStatus.succeeded, result_blob="tax/bb/result"))
    pruned = await ledger.upkeep.prune()
    assert "tax/bb/result" in pruned.blobs
    assert await ledger.jobs.get("tax", job.id) is None
    with Redis.from_url(redis_url) as redis:
        left = {key.decode() for key in redis.keys("chancery:*")}
    assert not {key for key in left if "job:" in key or ":jobs:" in key}
    await ledger.close()


async def test_only_blobs_that_nothing_refers_to_are_unreferenced(
    ledger: Ledger, submit: Submit
) -> None:
    claim = await claimed(ledger, await submit())
    result = Blob(f"tax/bb/{claim.job.id}-1", "tax", claim.job.id)
    await ledger.runs.finish(claim, Ending(JobStatus.succeeded, result_blob=result.name))
    document = Blob("tax/aa/blob", "tax", "doc_1")
    late = Blob(f"tax/cc/{claim.job.id}-2", "tax", claim.job.id)
    lost = Blob("tax/dd/doc_9-1", "tax", "doc_9")
    assert await ledger.upkeep.unreferenced([result, document, late, lost]) == [late, lost]
