"""Workers that stop or die, a Redis that dies, and the order of claims."""

from __future__ import annotations

import asyncio
import signal
from urllib.parse import urlsplit

from jobs.ledger.upkeep import Windows
from jobs.model.states import JobStatus
from standin.engine_process import StandInControl
from tests.chaos.proxy import proxying
from tests.integration.processes.conftest import OpenDesk
from tests.integration.processes.system import PATIENCE, System, until


async def test_a_stopping_worker_finishes_its_jobs_and_starts_no_new_ones(
    empty_system: System, open_desk: OpenDesk, engine: StandInControl
) -> None:
    worker = empty_system.start("worker")
    desk = await open_desk(empty_system)
    empty_system.up(worker)
    engine.control(mode="hold")
    running = await desk.submit()
    await desk.reaches(running, JobStatus.running)

    worker.signal(signal.SIGTERM)
    await until(lambda: worker.events("process.stopping"))
    later = await desk.submit()
    engine.control(mode="ok")

    assert worker.wait() == 0
    assert (await desk.job(running)).status is JobStatus.succeeded
    waiting = await desk.job(later)
    assert (waiting.status, waiting.attempts) == (JobStatus.queued, 0)
    assert worker.events("process.stopped")
    assert "destroyed" not in worker.log.read_text()  # asyncio, of a task that did not end
    assert not await desk.ledger.processes.list()


async def test_unfinished_jobs_of_a_stopping_worker_are_requeued_and_run_by_another(
    empty_system: System, open_desk: OpenDesk, engine: StandInControl
) -> None:
    first = empty_system.start("worker", CHANCERY_GRACE_SECONDS="0.3")
    desk = await open_desk(empty_system)
    empty_system.up(first)
    engine.control(mode="hang")
    aborted = engine.counts()["aborted"]
    job_id = await desk.submit()
    await until(lambda: engine.counts()["running"] == 1)

    first.signal(signal.SIGTERM)

    assert first.wait() == 0
    record = empty_system.record(job_id)
    assert (record["status"], record["tries"], record["deaths"]) == ("queued", "0", "0")
    await until(lambda: engine.counts()["aborted"] == aborted + 1)
    engine.control(mode="ok")
    empty_system.start("worker")
    job = await desk.ended(job_id)
    assert (job.status, job.attempts) == (JobStatus.succeeded, 2)


async def test_a_killed_workers_job_runs_again_when_its_lease_ends(
    empty_system: System, open_desk: OpenDesk, engine: StandInControl
) -> None:
    first = empty_system.start("worker", CHANCERY_LEASE_SECONDS="2")
    desk = await open_desk(empty_system)
    empty_system.up(first)
    engine.control(mode="hang")
    job_id = await desk.submit()
    await desk.reaches(job_id, JobStatus.running)

    first.kill()
    engine.control(mode="ok")
    empty_system.start("scheduler")
    await desk.reaches(job_id, JobStatus.queued)
    assert empty_system.record(job_id)["deaths"] == "1"
    empty_system.start("worker")

    job = await desk.ended(job_id)
    assert (job.status, job.attempts) == (JobStatus.succeeded, 2)


async def test_a_worker_survives_a_connection_that_breaks_after_a_pull(
    empty_system: System, open_desk: OpenDesk
) -> None:
    port = urlsplit(empty_system.redis_url).port
    assert port
    async with proxying(port) as proxy:
        url = empty_system.redis_url.replace(str(port), str(proxy.port))
        worker = empty_system.start("worker", CHANCERY_REDIS_URL=url)
        desk = await open_desk(empty_system)
        await asyncio.to_thread(empty_system.up, worker)
        proxy.break_before(b"chancery.wake")  # only a pulled message has it
        lost = await desk.submit()
        async with asyncio.timeout(PATIENCE):
            await proxy.broken.wait()
        await until(lambda: "broker lost" in worker.log.read_text())
        proxy.repair()
        later = await desk.submit()
        assert (await desk.ended(later)).status is JobStatus.succeeded
        assert worker.process.poll() is None
        empty_system.start("scheduler")
        assert (await desk.ended(lost)).status is JobStatus.succeeded


async def test_a_worker_of_one_lane_runs_no_jobs_of_the_other(
    empty_system: System, open_desk: OpenDesk
) -> None:
    desk = await open_desk(empty_system)
    interactive, bulk = await desk.submit(), await desk.submit(lane="bulk")
    empty_system.start("scheduler")

    empty_system.start("worker", CHANCERY_LANE="bulk")
    assert (await desk.ended(bulk)).status is JobStatus.succeeded
    waiting = await desk.job(interactive)
    assert (waiting.status, waiting.attempts) == (JobStatus.queued, 0)

    empty_system.start("worker", CHANCERY_LANE="interactive")
    assert (await desk.ended(interactive)).status is JobStatus.succeeded


async def test_interactive_jobs_are_claimed_before_bulk_ones(
    empty_system: System, open_desk: OpenDesk
) -> None:
    desk = await open_desk(empty_system)
    bulk = [await desk.submit(lane="bulk") for _ in range(3)]
    await desk.ledger.upkeep.set_windows(Windows())
    interactive = [await desk.submit() for _ in range(3)]

    empty_system.start("worker", CHANCERY_CONCURRENCY="1")

    jobs = [await desk.ended(job_id) for job_id in (*bulk, *interactive)]
    assert all(job.status is JobStatus.succeeded for job in jobs)
    started = [job.started_at or job.created_at for job in jobs]
    assert max(started[3:]) <= min(started[:3])
