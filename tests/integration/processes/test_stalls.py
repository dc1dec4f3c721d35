"""Workers whose event loop stands still in a job."""

from __future__ import annotations

import httpx

from documents.isolation.running_time import running_time
from jobs.health.gather import HealthReader
from jobs.model.states import JobStatus
from jobs.process.settings import BulkSettings, LimitSettings
from jobs.process.watchdog import ENDED_STATUS, stalls
from standin.engine_process import StandInControl
from tests.integration.processes.conftest import OpenDesk
from tests.integration.processes.system import PATIENCE, System, until

# A worker that stands still, holding the interpreter, when a text has the word STALL.
STALLING_WORKER = """
import re, sys
from dataclasses import replace
from jobs.process import watchdog
from tasks import summarize
TASK = summarize.TASK

async def run(document, options, engine):
    if "STALL" in document.text:
        re.match(r"(a+)+b", "a" * 60)
    return await TASK.run(document, options, engine)

summarize.TASK = replace(TASK, run=run)
watchdog.REPORT_SECONDS, watchdog.END_SECONDS = {report}, {end}
sys.argv = ["worker", "worker"]
from worker.__main__ import main
main()
"""


async def test_a_job_that_stalls_its_worker_three_times_is_set_aside(
    empty_system: System, open_desk: OpenDesk, engine: StandInControl
) -> None:
    program = STALLING_WORKER.format(report=2.0, end=5.0)
    empty_system.start("scheduler")
    desk = await open_desk(empty_system)
    job_id = await desk.submit("STALL")
    for _ in range(3):
        worker = empty_system.start("worker", program=program, CHANCERY_LEASE_SECONDS="2")
        assert worker.wait() == ENDED_STATUS
        (stalled,) = worker.events("loop.ended")
        assert any("re/__init__.py" in frame for frame in stalled["stack"])

    job = await desk.ended(job_id)

    assert job.status is JobStatus.failed
    assert job.error is not None
    assert job.error["type"] == "/problems/poisoned"
    ends = [stall for stall in stalls(empty_system.folder) if stall.ended]
    assert len(ends) == 3
    health = await HealthReader(
        desk.ledger, BulkSettings(), LimitSettings(), data_dir=empty_system.folder
    ).read()
    stood_still = [one for one in health.problems if one.code == "process-stalled"]
    assert len(stood_still) == 3
    (poisoned,) = [one for one in health.problems if one.code == "jobs-poisoned"]
    assert job_id in poisoned.detail


async def test_a_worker_that_stands_still_is_not_ready_within_five_seconds(
    empty_system: System, open_desk: OpenDesk, engine: StandInControl
) -> None:
    program = STALLING_WORKER.format(report=5.0, end=15.0)
    roles = [empty_system.start(role) for role in ("scheduler", "courier")]
    worker = empty_system.start("worker", program=program)
    empty_system.up(*roles, worker)
    url = empty_system.start_api()
    desk = await open_desk(empty_system)
    # The first job waits for its task's imports, before it can stall the loop.
    await desk.ended(await desk.submit("The square is cleaned."))
    job_id = await desk.submit("STALL")
    await desk.reaches(job_id, JobStatus.running)

    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as http:

        async def not_ready() -> bool:
            checks = (await http.get(f"{url}/readyz")).json()["checks"]
            return any(check["name"] == "worker" and not check["ok"] for check in checks)

        async with running_time(5.5):
            await until(not_ready)

    (process,) = [
        process for process in await desk.ledger.processes.list() if process.role == "worker"
    ]
    assert not process.live
