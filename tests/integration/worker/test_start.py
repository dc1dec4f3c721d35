"""Processes that cannot start say why in one line, without a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from redis import Redis

ROLES = ("worker", "courier", "scheduler")


def output_of(command: Sequence[str], folder: Path, **environment: str) -> list[str]:
    """What a module prints to its end, without log lines."""
    done = subprocess.run(
        [sys.executable, "-m", *command],
        env=os.environ | {"CHANCERY_DATA_DIR": str(folder)} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    return [line for line in done.stderr.splitlines() if not line.startswith("{")]


@pytest.mark.parametrize("role", ROLES)
def test_a_redis_that_does_not_answer(role: str, tmp_path: Path) -> None:
    (line,) = output_of(("worker", role), tmp_path, CHANCERY_REDIS_URL="redis://127.0.0.1:9/0")
    assert "cannot be reached" in line


def test_a_redis_that_could_lose_jobs(redis_url: str, tmp_path: Path) -> None:
    with Redis.from_url(redis_url) as redis:
        redis.config_set("maxmemory-policy", "allkeys-lru")
        try:
            (line,) = output_of(("worker", "scheduler"), tmp_path, CHANCERY_REDIS_URL=redis_url)
        finally:
            redis.config_set("maxmemory-policy", "noeviction")
    assert "Set maxmemory-policy to noeviction" in line


@pytest.mark.parametrize("command", [("worker", "scheduler"), ("api",)])
def test_a_key_of_the_audit_record_that_cannot_be_read(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    (line,) = output_of(command, tmp_path, CHANCERY_AUDIT_KEY_FILE="/nowhere/key")
    assert line.startswith("Nothing was started: CHANCERY_AUDIT_KEY_FILE: /nowhere/key cannot be")


@pytest.mark.parametrize("command", [("worker", "scheduler"), ("api",)])
def test_an_audit_record_that_cannot_be_written(command: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "audit").touch()
    (line,) = output_of(command, tmp_path)
    assert line.startswith(f"Nothing was started: the audit record {tmp_path}/audit cannot be")


def test_a_wrong_setting(tmp_path: Path) -> None:
    (line,) = output_of(("worker", "courier"), tmp_path, CHANCERY_CALLBACK_CONCURRENCY="0")
    assert line.startswith("CHANCERY_CALLBACK_CONCURRENCY is '0': it must be")


def test_a_task_that_cannot_be_imported(redis_url: str, tmp_path: Path) -> None:
    """Tasks are imported some seconds after the start; without one the worker must not run."""
    program = (
        "import sys; sys.modules['tasks.qa'] = None; from worker.roles.worker import main; main()"
    )
    output = tmp_path / "output"
    with (
        output.open("wb") as file,
        subprocess.Popen(
            [sys.executable, "-c", program],
            env=os.environ
            | {"CHANCERY_DATA_DIR": str(tmp_path), "CHANCERY_REDIS_URL": redis_url}
            | {"CHANCERY_ENGINE_URL": "http://127.0.0.1:9"},
            stdout=file,
            stderr=file,
        ) as worker,
    ):
        try:
            assert worker.wait(120) == 1
        finally:
            worker.kill()
    (error,) = [line for line in output.read_text().splitlines() if "tasks.not_imported" in line]
    assert "tasks.qa" in error
