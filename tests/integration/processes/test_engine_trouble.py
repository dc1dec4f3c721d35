"""Jobs on a faulty engine."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from redis import Redis

from api.readiness import checks
from jobs.model.job import Job
from jobs.model.states import JobStatus
from standin.engine_process import StandInControl
from tests.integration.processes.conftest import OpenDesk
from tests.integration.processes.system import PATIENCE, Desk, System, last_heartbeats, until

# The longest time that a pull started while the engine was healthy waits at Redis.
LAST_PULL_SECONDS = 1.5


def code(job: Job) -> str:
    assert job.error is not None
    return str(job.error["type"]).removeprefix("/problems/")


async def test_a_500_of_a_healthy_engine_is_retried_with_another_seed_and_then_fails(
    desk: Desk, engine: StandInControl
) -> None:
    engine.control(mode="500")
    before = engine.counts()["started"]
    job = await desk.ended(await desk.submit())
    first, second = map(json.loads, engine.asked(2))
    assert (job.status, code(job), job.attempts) == (JobStatus.failed, "engine-failed", 2)
    assert engine.counts()["started"] == before + 2
    assert first["seed"] != second["seed"]
    assert (first["temperature"], second["temperature"]) == (0.0, 0.4)


async def test_the_first_heartbeat_of_a_worker_tells_of_an_engine_that_answers(
    empty_system: System, redis: Redis
) -> None:
    empty_system.start("worker")
    found: list[Mapping[str, Any]] = []

    def beats() -> bool:
        found.extend(last_heartbeats(redis))
        return bool(found)

    await until(beats)
    assert found[0]["detail"]["engine_healthy"]


async def test_a_hanging_engine_times_out_and_the_request_is_aborted(
    empty_system: System, open_desk: OpenDesk, engine: StandInControl
) -> None:
    for role in ("worker", "scheduler"):
        empty_system.start(role, CHANCERY_ENGINE_TIMEOUT_SECONDS="1")
    desk = await open_desk(empty_system)
    engine.control(mode="hang")
    before = engine.counts()
    job = await desk.ended(await desk.submit())
    assert (job.status, code(job), job.attempts) == (JobStatus.failed, "engine-timeout", 2)
    await until(lambda: engine.counts()["aborted"] == before["aborted"] + 2)


async def test_a_response_that_is_not_json_fails_the_job(
    desk: Desk, engine: StandInControl
) -> None:
    engine.control(mode="not-json")
    job = await desk.ended(await desk.submit())
    assert (job.status, code(job), job.attempts) == (JobStatus.failed, "output-invalid", 2)


async def test_an_answer_that_is_not_json_is_not_quoted_in_the_error(
    desk: Desk, engine: StandInControl
) -> None:
    engine.control(answer="Certainly! Mr Secret lives here.")
    job = await desk.ended(await desk.submit())
    assert (job.status, code(job)) == (JobStatus.failed, "output-invalid")
    assert "Secret" not in json.dumps(dict(job.error or {}))


async def test_an_unpaired_surrogate_in_an_answer_fails_the_job_and_not_its_worker(
    desk: Desk, engine: StandInControl
) -> None:
    engine.control(answer='{"what": {"quote": "", "value": "\\ud800"}}')
    schema = {"type": "object", "properties": {"what": {"type": "string"}}}
    job = await desk.ended(await desk.submit(task="extract", options={"schema": schema}))
    assert (job.status, code(job), job.attempts) == (JobStatus.failed, "output-invalid", 2)


async def test_reasoning_never_reaches_a_result(desk: Desk, engine: StandInControl) -> None:
    engine.control(think=True)
    labels = {"labels": [{"name": "complaint"}, {"name": "question"}]}
    schema = {"schema": {"type": "object", "properties": {"what": {"type": "string"}}}}
    for task, options in (("summarize", {}), ("classify", labels), ("extract", schema)):
        job = await desk.ended(await desk.submit(task=task, options=options))
        assert job.status is JobStatus.succeeded
        assert "think" not in json.dumps(job.result)


async def test_nothing_is_pulled_while_the_engine_is_unhealthy(
    system: System, desk: Desk, engine: StandInControl
) -> None:
    engine.control(mode="unhealthy")
    await until(lambda: not system.engine_healthy())
    await asyncio.sleep(LAST_PULL_SECONDS)
    ids = [await desk.submit(), await desk.submit(lane="bulk")]
    with Redis.from_url(system.redis_url) as redis:
        await until(lambda: redis.llen("bulk") == 1)
        await asyncio.sleep(LAST_PULL_SECONDS)  # nothing may be pulled in this time
        assert (redis.llen("interactive"), redis.llen("bulk")) == (1, 1)
    for job_id in ids:
        job = await desk.job(job_id)
        assert (job.status, job.attempts) == (JobStatus.queued, 0)

    engine.control(mode="ok")
    for job_id in ids:
        assert (await desk.ended(job_id)).status is JobStatus.succeeded


async def test_a_job_on_an_engine_that_dies_runs_again_without_a_counted_try(
    system: System, desk: Desk, engine: StandInControl
) -> None:
    engine.control(mode="drop")
    job_id = await desk.submit()
    # More than the counted tries of a job, fewer than the deaths that make it a suspect.
    await until(lambda: int(system.record(job_id)["attempts"]) > 2)
    record = system.record(job_id)
    assert (record["tries"], record["deaths"]) == ("0", "0")
    engine.control(mode="ok")
    assert (await desk.ended(job_id)).status is JobStatus.succeeded


async def test_a_cancelled_jobs_request_is_aborted_and_its_event_comes_once(
    desk: Desk, engine: StandInControl
) -> None:
    engine.control(mode="hang")
    before = engine.counts()
    # A closed port: only the event in the ledger matters.
    job_id = await desk.submit(callback_url="http://127.0.0.1:9/hook")
    await until(lambda: engine.counts()["started"] == before["started"] + 1)

    cancelled = await desk.ledger.jobs.cancel(desk.name, job_id)

    assert cancelled is not None
    assert cancelled.status is JobStatus.cancelled
    await until(lambda: engine.counts()["aborted"] == before["aborted"] + 1)
    assert (await desk.ledger.jobs.cancel(desk.name, job_id)) == await desk.job(job_id)
    (event,) = (await desk.ledger.callbacks.list(desk.name)).items
    assert event.type == "job.cancelled"
    assert (await desk.job(job_id)).status is JobStatus.cancelled


@pytest.mark.parametrize("mode", ["401", "403", "404", "307", "413", "500", "502", "504"])
async def test_an_engine_that_refuses_every_request_fails_no_job(
    system: System, desk: Desk, engine: StandInControl, mode: str
) -> None:
    engine.control(mode=mode, answers_probes=False)
    job_ids = [await desk.submit(text=f"The water is off on {day} March.") for day in range(1, 21)]
    await until(lambda: mode in system.engine_reason())
    jobs = [await desk.job(job_id) for job_id in job_ids]
    assert {job.status for job in jobs} <= {
        JobStatus.scheduled, JobStatus.queued, JobStatus.running,
    }  # fmt: skip
    assert await _engine_check(desk) == f"no live worker has a healthy engine: it answers {mode}"
    engine.control(mode="ok")
    for job_id in job_ids:
        assert (await desk.ended(job_id)).status is JobStatus.succeeded


async def _engine_check(desk: Desk) -> str:
    (detail,) = [check.detail for check in await checks(desk.ledger) if check.name == "engine"]
    return detail


async def test_a_request_that_is_refused_alone_fails_alone(
    desk: Desk, engine: StandInControl
) -> None:
    engine.control(mode="504")
    job = await desk.ended(await desk.submit())
    assert (job.status, code(job), job.attempts) == (JobStatus.failed, "engine-failed", 2)
    assert "504" in str((job.error or {})["detail"])
    engine.control(mode="ok")
    assert (await desk.ended(await desk.submit())).status is JobStatus.succeeded


async def test_the_engine_time_of_cancelled_and_repeated_runs_is_counted(
    desk: Desk, engine: StandInControl
) -> None:
    async def used() -> tuple[float, int]:
        today = datetime.now(UTC).date()
        days = await desk.ledger.statistics.usage(desk.name, today, today)
        parts = [part for day in days for part in day.models]
        assert {part.model for part in parts} <= {"stand-in"}
        seconds = sum(part.usage.gpu_seconds for part in parts)
        return seconds, sum(part.documents for part in parts)

    engine.control(mode="500", latency=0.3)
    await desk.ended(await desk.submit())
    failed, _ = await used()
    assert failed >= 0.6  # of both tries
    engine.control(mode="hang", latency=0.0)
    before = engine.counts()
    job_id = await desk.submit()
    await until(lambda: engine.counts()["started"] == before["started"] + 1)
    await desk.ledger.jobs.cancel(desk.name, job_id)
    await until(lambda: engine.counts()["aborted"] == before["aborted"] + 1)
    deadline = time.monotonic() + PATIENCE
    while (await used())[0] <= failed:
        assert time.monotonic() < deadline, "the cancelled run is not counted"
        await asyncio.sleep(0.05)
    assert (await used())[1] == 0
