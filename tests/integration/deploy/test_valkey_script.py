"""The script that starts Valkey in its container."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import AuthenticationError, NoPermissionError
from redis.exceptions import ConnectionError as RedisConnectionError

from jobs.ledger.server import memory
from jobs.ledger.server.access import rules
from standin.ports import reserved_port
from worker.supervise.redis_server import program

SCRIPT = Path(__file__).parents[3] / "deploy/docker/valkey.sh"
WORD = "not-a-secret"


def test_its_rules_are_those_of_the_ledger() -> None:
    assert f"rules='{rules()}'" in SCRIPT.read_text()


def test_it_lets_in_chancery_with_the_password_and_nobody_without(tmp_path: Path) -> None:
    (tmp_path / "redis_password").write_text(f"{WORD}\n")
    port = reserved_port()
    environment = {
        "PATH": f"{Path(program()).parent}:/usr/bin:/bin",
        "CHANCERY_SECRETS": str(tmp_path),
        "TMPDIR": str(tmp_path),
    }
    argv = ["sh", str(SCRIPT), "server", "--port", str(port), "--dir", str(tmp_path)]
    server = subprocess.Popen(argv, env=environment, stdout=subprocess.DEVNULL)
    try:
        with Redis(port=port, username="chancery", password=WORD) as redis:
            _wait_for(redis)
            redis.set("chancery:key", "value")
            with pytest.raises(NoPermissionError):
                redis.flushall()
        with Redis(port=port) as redis, pytest.raises(AuthenticationError):
            redis.ping()
        operator = (tmp_path / "operator").read_text().strip()
        with Redis(port=port, username="operator", password=operator) as redis:
            for name, value in memory.SETTINGS.items():
                assert redis.config_get(name) == {name: value}
        for file in ("operator", "users.acl"):
            assert (tmp_path / file).stat().st_mode & 0o777 == 0o600
        assert WORD not in (tmp_path / "users.acl").read_text()
    finally:
        server.kill()
        server.wait()


def test_an_empty_password_is_refused(tmp_path: Path) -> None:
    (tmp_path / "redis_password").write_text("\n")
    environment = {"PATH": "/usr/bin:/bin", "CHANCERY_SECRETS": str(tmp_path)}
    done = subprocess.run(
        ["sh", SCRIPT, "server"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "redis_password is empty" in done.stderr


def _wait_for(redis: Redis) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            redis.ping()
        except RedisConnectionError:
            time.sleep(0.02)
        else:
            return
    raise TimeoutError("the server did not answer in 20 s")
