"""`chancery doctor`, with a real ledger."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner, Result

from jobs.ledger import Ledger
from jobs.ledger.processes import Process
from worker.commands.doctor import doctor

ROLES = ("worker", "courier", "scheduler")


@pytest.fixture(autouse=True)
def reset_logs() -> Iterator[None]:
    """The commands silence the logs of this process."""
    yield
    structlog.reset_defaults()


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
    assert result.exit_code == 0, result.output
    health = json.loads(result.stdout)
    assert (health["ok"], health["problems"]) == (True, [])
    assert sorted(process["role"] for process in health["processes"]) == sorted(ROLES)
    assert health["disks"][0]["free"] > 0


def test_a_redis_that_does_not_answer_is_the_only_finding_besides_the_disk(tmp_path: Path) -> None:
    result = run("redis://127.0.0.1:1/0", "--data-dir", str(tmp_path))
    assert result.exit_code == 1
    assert "bad   redis" in result.output
    assert "worker" not in result.output
