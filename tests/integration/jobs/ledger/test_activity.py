"""What the ledger notes for Flower."""

from __future__ import annotations

from jobs.ledger import Ledger
from jobs.ledger.activity import Activity, Event
from jobs.ledger.runs import Ending
from jobs.model.job import Claim
from jobs.model.problems import Problem
from jobs.model.states import JobStatus
from tests.integration.jobs.ledger.batch_kit import BatchDriver
from tests.integration.jobs.ledger.callback_kit import a_callback, settle, taken
from tests.integration.jobs.ledger.conftest import Submit


async def taken_events(ledger: Ledger, id_: str) -> list[tuple[Event, str]]:
    return [(each.event, each.detail) for each in await _take(ledger) if each.id == id_]


async def _take(ledger: Ledger) -> list[Activity]:
    return list(await ledger.activity.take(1_000))


async def claimed(ledger: Ledger, job_id: str, worker: str = "w1") -> Claim:
    (claim,) = (await ledger.runs.claim([job_id], worker, 30)).granted
    return claim


async def test_a_job_that_succeeds(ledger: Ledger, submit: Submit) -> None:
    job_id = await submit()
    await ledger.runs.finish(await claimed(ledger, job_id), Ending(JobStatus.succeeded, "{}"))
    received, started, succeeded = await _take(ledger)
    assert [each.event for each in (received, started, succeeded)] == [
        Event.received, Event.started, Event.succeeded,
    ]  # fmt: skip
    assert {each.id for each in (received, started, succeeded)} == {job_id}
    assert {each.name for each in (received, started, succeeded)} == {"summarize"}
    assert (received.process, started.process, succeeded.process) == ("", "w1", "w1")
    assert 0 <= succeeded.seconds < 60
    assert await _take(ledger) == []


async def test_a_failed_job_is_a_failure_with_its_code(ledger: Ledger, submit: Submit) -> None:
    job_id = await submit()
    problem = Problem("document-corrupt", "It is damaged.")
    await ledger.runs.finish(await claimed(ledger, job_id), Ending(JobStatus.failed, error=problem))
    assert (await taken_events(ledger, job_id))[-1] == (Event.failed, "document-corrupt")


async def test_a_requeued_job_is_a_retry_with_its_reason(ledger: Ledger, submit: Submit) -> None:
    job_id = await submit()
    claim = await claimed(ledger, job_id)
    await ledger.runs.requeue(claim, delay_seconds=0, counted=True, code="engine-error")
    assert (await taken_events(ledger, job_id))[-1] == (Event.retried, "engine-error")


async def test_a_job_of_a_dead_worker_is_a_retry(ledger: Ledger, submit: Submit) -> None:
    job_id = await submit()
    await claimed(ledger, job_id)
    await ledger.processes.declare_dead("w1")
    assert (await taken_events(ledger, job_id))[-1] == (Event.retried, "worker-lost")


async def test_a_cancelled_job_is_revoked_also_while_it_waits(
    ledger: Ledger, submit: Submit
) -> None:
    job_id = await submit()
    await ledger.jobs.cancel("tax", job_id)
    assert await taken_events(ledger, job_id) == [
        (Event.received, ""),
        (Event.revoked, "cancelled"),
    ]


async def test_a_callback_is_retried_and_delivered(ledger: Ledger) -> None:
    callback = await a_callback(ledger)
    await settle(ledger, await taken(ledger, callback), 500)
    await settle(ledger, await taken(ledger, callback), 204)
    events = await taken_events(ledger, callback.id)
    assert events == [
        (Event.received, ""),
        (Event.started, ""),
        (Event.retried, "the receiver answered 500"),
        (Event.started, ""),
        (Event.succeeded, "the receiver answered 204"),
    ]


async def test_a_dead_callback_is_a_failure(ledger: Ledger) -> None:
    callback = await a_callback(ledger)
    await settle(ledger, await taken(ledger, callback), 410)
    event, detail = (await taken_events(ledger, callback.id))[-1]
    assert event is Event.failed
    assert "410" in detail


async def test_lines_of_a_batch_are_noted_only_if_they_fail(driver: BatchDriver) -> None:
    batch = await driver.begin(3)
    await driver.release(3)
    first, *others = driver.take_sent()
    await driver.run(others)
    await driver.run(
        [first], Ending(JobStatus.failed, error=Problem("document-corrupt", "It failed."))
    )
    events = [each for each in await _take(driver.ledger) if each.id != batch.id]
    assert [(each.event, each.detail) for each in events] == [(Event.failed, "document-corrupt")]


async def test_the_oldest_events_are_dropped_while_no_scheduler_runs(
    ledger: Ledger, submit: Submit
) -> None:
    job_id = await submit()
    name = "chancery:activity"
    redis = ledger.activity._connection.redis
    pipeline = redis.pipeline(transaction=False)
    for _ in range(20_010):
        pipeline.rpush(name, '["received","job_0","summarize",0,"","",0]')
    await pipeline.execute()
    await claimed(ledger, job_id)
    assert await redis.llen(name) == 20_000
    activity = await ledger.activity.take(30_000)
    assert (activity[-1].id, activity[-1].event) == (job_id, Event.started)
