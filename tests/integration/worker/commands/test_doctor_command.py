"""`chancery doctor`, with a real ledger."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from click.testing import CliRunner, Result
from redis import Redis

from jobs.health.checks import ROLES
from jobs.ledger import Ledger
from jobs.ledger.processes import Process
from jobs.ledger.runs import Ending
from jobs.model.problems import Problem
from jobs.model.states import JobStatus
from tests.integration.jobs.ledger.batch_kit import BatchDriver
from worker.commands.doctor import doctor

FAILED = Ending(JobStatus.failed, error=Problem("output-invalid", "It is not JSON."))


def run(redis_url: str, *arguments: str) -> Result:
    return CliRunner().invoke(doctor, ["--redis-url", redis_url, *arguments])


def test_a_system_without_its_processes_is_bad(redis_url: str) -> None:
    result = run(redis_url)
    assert result.exit_code == 1
    for role in ROLES:
        assert f"bad   {role}" in result.output


async def test_a_system_with_live_processes_is_ok(
    ledger: Ledger, redis_url: str, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    for role in ROLES:
        await ledger.processes.beat(Process(role, f"{role}@here", "here", os.getpid(), now, {}))

    with ThreadPoolExecutor() as pool:  # the command runs its own event loop
        result = pool.submit(run, redis_url, "--data-dir", str(tmp_path), "--json").result()
    health = json.loads(result.stdout)
    # How full the disk is, is not the system's.
    assert {one["code"] for one in health["problems"]} <= {"disk-low", "disk-full"}
    assert health["ok"] is (result.exit_code == 0)
    assert {one["role"] for one in health["processes"] if one["live"]} == set(ROLES)
    assert health["redis"]["append_fsync"] == "always"
    assert [disk["path"] for disk in health["disks"]] == [str(tmp_path)]


async def test_failures_of_the_last_hour_and_open_batches_are_listed(
    ledger: Ledger, redis_url: str, tmp_path: Path
) -> None:
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        driver = BatchDriver(ledger, redis)
        await ledger.departments.create("tax")
        batch = await driver.begin(3)
        await driver.release()
        (line, *_) = driver.take_sent()
        await driver.run([line], FAILED)
    with ThreadPoolExecutor() as pool:
        result = pool.submit(run, redis_url, "--data-dir", str(tmp_path)).result()
    assert f"{batch.id} of tax, bulk, in_progress: 1 of 3 lines, 1 failed; stalled" in result.output
    assert f"1 output-invalid, summarize of tax: {line} of {batch.id}" in result.output


def test_a_redis_that_does_not_answer_is_the_only_finding_besides_the_disk(tmp_path: Path) -> None:
    result = run("redis://127.0.0.1:1/0", "--data-dir", str(tmp_path))
    assert result.exit_code == 1
    assert "bad   redis" in result.output
    assert "worker" not in result.output
