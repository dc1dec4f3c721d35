"""The server that `chancery up` starts."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from jobs.ledger.server import memory
from worker.supervise.redis_server import redis_server


def test_it_has_the_settings_with_which_records_take_little_memory(tmp_path: Path) -> None:
    server = redis_server(tmp_path)
    process = subprocess.Popen(server.argv, stdout=subprocess.DEVNULL)
    try:
        with Redis.from_url(server.url, decode_responses=True) as redis:
            _wait_for(redis)
            for name, value in memory.SETTINGS.items():
                assert redis.config_get(name) == {name: value}
    finally:
        process.kill()
        process.wait()


def _wait_for(redis: Redis) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            redis.ping()
        except RedisConnectionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return
