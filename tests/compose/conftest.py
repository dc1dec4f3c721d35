"""Runs the project once with `docker compose up -d --wait`, and removes it at the end."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator

import httpx
import pytest

from tests.compose.project import Compose, Department, System, answers, say


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The running services, all healthy, with an image built from this checkout."""
    received = tmp_path_factory.mktemp("received")
    received.chmod(0o777)
    folder = tmp_path_factory.mktemp("secrets")
    (folder / "redis-password").write_text(secrets.token_hex(16))
    (folder / "redis-password").chmod(0o644)
    compose = Compose(received, folder)
    open_before = frozenset(port for port in (5555, 6379, 8000, 8080) if answers(port))
    try:
        say("building the image")
        compose("build", seconds=400)
        say("docker compose up -d --wait")
        try:
            compose("up", "--detach", "--wait", "--wait-timeout", "300", seconds=360)
        except pytest.fail.Exception:
            print(compose("ps", "--all"))
            print(compose("logs", "--tail", "40"))
            raise
        say("every service is healthy")
        yield System(compose, open_before)
    finally:
        say("docker compose down -v")
        compose("down", "--volumes", "--remove-orphans", "--timeout", "30", seconds=200)


@pytest.fixture(scope="session")
def department(system: System) -> Iterator[Department]:
    printed = system.compose(
        *("exec", "-T", "api", "chancery", "department", "create", "tax"),
        *("--callback-allow", "oa.tax.test:9000", "--json"),
    )
    created = json.loads(printed)
    with httpx.Client(
        base_url=f"http://127.0.0.1:{system.compose.api_port}",
        headers={"authorization": f"Bearer {created['api_key']}"},
        timeout=40,
        trust_env=False,
    ) as http:
        yield Department(http, created["callback_secret"])
