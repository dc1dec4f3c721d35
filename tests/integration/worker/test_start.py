"""Processes that cannot start say why in one line, without a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from redis import Redis

ROLES = ("worker", "courier", "scheduler")


def output_of(role: str, folder: Path, **environment: str) -> list[str]:
    """What it prints to its end, without log lines."""
    done = subprocess.run(
        [sys.executable, "-m", "worker", role],
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
    (line,) = output_of(role, tmp_path, CHANCERY_REDIS_URL="redis://127.0.0.1:9/0")
    assert "cannot be reached" in line


def test_a_redis_that_could_lose_jobs(redis_url: str, tmp_path: Path) -> None:
    with Redis.from_url(redis_url) as redis:
        redis.config_set("maxmemory-policy", "allkeys-lru")
        try:
            (line,) = output_of("scheduler", tmp_path, CHANCERY_REDIS_URL=redis_url)
        finally:
            redis.config_set("maxmemory-policy", "noeviction")
    assert "Set maxmemory-policy to noeviction" in line


def test_a_wrong_setting(tmp_path: Path) -> None:
    (line,) = output_of("courier", tmp_path, CHANCERY_CALLBACK_CONCURRENCY="0")
    assert line.startswith("CHANCERY_CALLBACK_CONCURRENCY is '0': it must be")
