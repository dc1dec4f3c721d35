"""Results that wait for a person, in the ledger: fencing, time, quotas, batches, counters."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from jobs.batches.batch import BatchStatus, KeptLine
from jobs.health.gather import HealthReader
from jobs.ledger import Ledger
from jobs.ledger.approvals import CorrectedResult
from jobs.ledger.runs import Ending, Finish, LeaseRenewal
from jobs.model.approval import Approval, ApprovalPolicy, Decision
from jobs.model.department import Quota
from jobs.model.job import Claim, Progress, Usage
from jobs.model.problems import Problem, ProblemError
from jobs.model.provenance import Provenance
from jobs.model.quotas import OverQuotaError
from jobs.model.states import JobStatus
from jobs.process.settings import BulkSettings, LimitSettings
from tests.integration.jobs.ledger.batch_kit import BatchDriver
from tests.integration.jobs.ledger.conftest import Submit
from tests.integration.jobs.ledger.kept import check_kept, kept

RESULT = Ending(
    JobStatus.succeeded,
    result_blob="tax/aa/run",
    result_bytes=3,
    usage=Usage(prompt_tokens=7, completion_tokens=2),
    provenance=Provenance("1", "m", "0" * 64),
)
APPROVED = Approval(Decision.approved, "韩梅梅", key_id="k1")
REJECTED = Approval(Decision.rejected, "李雷", reason="no")
CORRECTED = CorrectedResult("tax/aa/corrected", 5, "tax/aa/case", 11)


@pytest.fixture(autouse=True)
async def tax(ledger: Ledger) -> None:
    await ledger.departments.create("tax")
    await ledger.departments.set_approval("tax", ApprovalPolicy({"summarize": None}))


async def hold(ledger: Ledger, job_id: str) -> Claim:
    (claim,) = (await ledger.runs.claim([job_id], "w", 30)).granted
    assert await ledger.runs.finish(claim, RESULT) is Finish.held
    return claim


async def test_a_run_whose_result_waits_can_only_repeat_itself(
    ledger: Ledger, submit: Submit
) -> None:
    job_id = await submit()
    claim = await hold(ledger, job_id)
    assert await ledger.runs.finish(claim, RESULT) is Finish.held
    held = LeaseRenewal(job_id, claim.token, Progress())
    assert await ledger.runs.renew("w", [held], 30) == {job_id}
    assert not await ledger.runs.requeue(claim, delay_seconds=0, counted=True, code="x")
    assert await ledger.processes.declare_dead("w") == 0
    assert (await ledger.runs.claim([job_id], "w2", 30)).granted == []
    assert (await ledger.upkeep.run_due_work()).rescued == 0
    await ledger.approvals.decide("tax", job_id, APPROVED)
    assert await ledger.runs.finish(claim, RESULT) is Finish.ended
    job = await ledger.jobs.get("tax", job_id)
    assert job is not None
    assert (job.status, job.result_blob, job.held_blob) == (JobStatus.succeeded, "tax/aa/run", None)
    assert job.provenance is not None
    assert job.provenance.approval is not None
    assert job.provenance.approval.at == job.finished_at


async def test_a_result_in_redis_is_not_held_but_asked_for_again(
    ledger: Ledger, submit: Submit, driver: BatchDriver
) -> None:
    job_id = await submit()
    (claim,) = (await ledger.runs.claim([job_id], "w", 30)).granted
    inline = Ending(JobStatus.succeeded, result='{"summary": "Off."}')
    before = driver.redis.hgetall(f"chancery:job:{job_id}")
    assert await ledger.runs.finish(claim, inline) is Finish.unstored
    assert driver.redis.hgetall(f"chancery:job:{job_id}") == before
    failed = Ending(JobStatus.failed, error=Problem("output-invalid", "x"))
    assert await ledger.runs.finish(claim, failed) is Finish.ended


async def test_the_tokens_of_a_run_are_counted_once_and_its_ending_when_it_is_decided(
    ledger: Ledger, submit: Submit
) -> None:
    job_id = await submit()
    await hold(ledger, job_id)
    today = datetime.now(UTC).date()
    (use,) = await ledger.statistics.usage("tax", today, today)
    assert (use.prompt_tokens, dict(use.jobs)) == (7, {})
    error = Problem("rejected", "no")
    await ledger.approvals.decide("tax", job_id, REJECTED, error=error)
    (use,) = await ledger.statistics.usage("tax", today, today)
    assert (use.prompt_tokens, use.completion_tokens, dict(use.jobs)) == (7, 2, {"failed": 1})


async def test_the_deadline_of_a_job_applies_while_its_result_waits(
    ledger: Ledger, submit: Submit, driver: BatchDriver
) -> None:
    first, second = [
        await submit(deadline=datetime.now(UTC) + timedelta(hours=1)) for _ in range(2)
    ]
    for job_id in (first, second):
        await hold(ledger, job_id)
        driver.redis.hset(f"chancery:job:{job_id}", "deadline", 1)
        driver.redis.zadd("chancery:deadlines", {job_id: 1})
    with pytest.raises(ProblemError) as refused:  # the scheduler has not looked yet
        await ledger.approvals.decide("tax", first, APPROVED)
    assert refused.value.problem.code == "not-awaiting-approval"
    assert (await ledger.upkeep.run_due_work()).expired == 1
    for job_id in (first, second):
        job = await ledger.jobs.get("tax", job_id)
        assert job is not None
        assert (job.status, (job.error or {})["type"]) == (JobStatus.expired, "/problems/expired")
    assert driver.redis.zcard("chancery:awaiting") == 0


async def test_the_health_says_how_many_results_wait_and_which_ones_for_too_long(
    ledger: Ledger, submit: Submit, driver: BatchDriver
) -> None:
    first, second = [await submit() for _ in range(2)]
    for job_id in (first, second):
        await hold(ledger, job_id)
    driver.redis.zincrby("chancery:awaiting:tax", -25 * 3_600_000, second)
    read = HealthReader(ledger, BulkSettings(), LimitSettings(), data_dir=None).read
    health = await read()
    (waiting,) = health.approvals
    assert (waiting.department, waiting.waiting, waiting.overdue) == ("tax", 2, 1)
    assert timedelta(hours=25) <= health.at - waiting.oldest_at < timedelta(hours=26)
    (overdue,) = [one for one in health.problems if one.code == "approvals-overdue"]
    assert (overdue.subject, overdue.since) == ("tax", waiting.oldest_at)
    await ledger.approvals.decide("tax", first, APPROVED)
    await ledger.jobs.cancel("tax", second)
    assert (await read()).approvals == ()
    assert not driver.redis.exists("chancery:awaiting:tax")


async def test_what_waits_is_in_flight_and_takes_no_slot(
    ledger: Ledger, submit: Submit, driver: BatchDriver
) -> None:
    await ledger.departments.set_quota("tax", Quota(max_in_flight=1))
    await hold(ledger, await submit())
    assert driver.redis.zcard("chancery:running") == 0
    with pytest.raises(OverQuotaError):
        await submit()


async def test_a_corrected_job_leaves_nothing_when_it_is_deleted(
    ledger: Ledger, submit: Submit, driver: BatchDriver
) -> None:
    job_id = await submit()
    await hold(ledger, job_id)
    check_kept(driver.redis)
    job = await ledger.approvals.decide("tax", job_id, APPROVED, corrected=CORRECTED)
    assert job is not None
    assert (job.result_blob, job.held_blob) == ("tax/aa/corrected", "tax/aa/run")
    check_kept(driver.redis)
    assert kept(driver.redis)["stored"] == 3 + 3 + 5 + 11  # with the document
    page = await ledger.approvals.corrected("tax", task="summarize", limit=5, cursor=None)
    assert [each.id for each in page.items] == [job_id]
    blobs = await ledger.jobs.delete("tax", job_id)
    assert set(blobs or ()) >= {"tax/aa/run", "tax/aa/corrected", "tax/aa/case"}
    left = {key for key in driver.redis.keys("chancery:*") if job_id in str(key)}
    assert left == set()
    assert not driver.redis.exists("chancery:corrected:tax", "chancery:kept:tax")


async def test_a_line_that_waits_is_not_done(ledger: Ledger, driver: BatchDriver) -> None:
    batch = await driver.begin(3)
    await driver.release()
    first, second, third = await driver.claim(driver.take_sent())
    for claim in (first, second, third):
        assert await ledger.runs.finish(claim, RESULT) is Finish.held
    held = await driver.get(batch)
    assert (held.status, held.completed, held.failed) == (BatchStatus.in_progress, 0, 0)
    assert held.prompt_tokens == 21
    await ledger.approvals.decide("tax", first.job.id, APPROVED)
    await ledger.approvals.decide("tax", second.job.id, APPROVED, corrected=CORRECTED)
    error = Problem("rejected", "no")
    await ledger.approvals.decide("tax", third.job.id, REJECTED, error=error)
    ended = await driver.get(batch)
    assert (ended.status, ended.completed, ended.failed) == (BatchStatus.finalizing, 2, 1)
    assert ended.prompt_tokens == 21
    kept_line = KeptLine(None, None, "line-2", {"case": "2"})
    flushed = replace(await driver.unwritten(batch), kept={second.job.id: kept_line})
    assert await ledger.batches.flush(flushed)
    assert (await driver.get(batch)).status is BatchStatus.completed
    check_kept(driver.redis)
    # The record of a corrected line is kept, so that its test case can be exported.
    page = await ledger.approvals.corrected("tax", task=None, limit=5, cursor=None)
    assert [(job.id, job.custom_id, job.line) for job in page.items] == [
        (second.job.id, "line-2", None)
    ]
    assert not (await ledger.callbacks.list("tax")).items
    blobs = [blob async for blobs in ledger.batches.delete("tax", batch.id) for blob in blobs]
    assert {"tax/aa/run", "tax/aa/corrected", "tax/aa/case"} <= set(blobs)
    assert not driver.redis.exists("chancery:corrected:tax", f"chancery:job:{second.job.id}")
