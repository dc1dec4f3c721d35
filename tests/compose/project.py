"""The Docker Compose project of these tests, and its commands."""

from __future__ import annotations

import base64
import json
import os
import secrets
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
RECEIVER = "http://oa.tax.test:9000/hooks/chancery"
LOGIN = ("operator", secrets.token_urlsafe(12))
STARTED = time.monotonic()


def say(text: str) -> None:
    print(f"compose-test: {text} ({time.monotonic() - STARTED:.0f} s)", flush=True)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def answers(port: int) -> bool:
    """Whether anything listens on the port of the host's loopback address."""
    with socket.socket() as caller:
        caller.settimeout(2)
        return caller.connect_ex(("127.0.0.1", port)) == 0


@dataclass(frozen=True, slots=True)
class Compose:
    """`docker compose` with the project's file and the override file of the tests."""

    received: Path
    secrets: Path
    api_port: int = field(default_factory=free_port)
    flower_port: int = field(default_factory=free_port)

    def __call__(self, *arguments: str, seconds: float = 120) -> str:
        """Run a command; returns its standard output. An error fails the test with the output."""
        command = [
            *("docker", "compose", "--progress", "plain", "--project-name", "chancery-test"),
            *("--project-directory", str(ROOT), "--file", str(ROOT / "docker-compose.yml")),
            *("--file", str(ROOT / "tests/compose/docker-compose.test.yml"), *arguments),
        ]
        environment = os.environ | {
            "CHANCERY_API_PORT": str(self.api_port),
            "CHANCERY_FLOWER_PORT": str(self.flower_port),
            "CHANCERY_FLOWER_LOGIN": ":".join(LOGIN),
            "CHANCERY_TEST_RECEIVED": str(self.received),
            "CHANCERY_SECRETS": str(self.secrets),
        }
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=seconds, check=False
        )
        if done.returncode:
            output = f"{done.stdout}\n{done.stderr}"[-4_000:]
            pytest.fail(f"docker compose {' '.join(arguments)}: {output}", pytrace=False)
        return done.stdout

    def containers(self) -> dict[str, dict[str, Any]]:
        """The output of `docker inspect` for each service, by its name."""
        ids = self("ps", "--all", "--quiet").split()
        output = subprocess.run(
            ["docker", "inspect", *ids], capture_output=True, text=True, timeout=60, check=True
        ).stdout
        return {
            container["Config"]["Labels"]["com.docker.compose.service"]: container
            for container in json.loads(output)
        }

    def callbacks(self) -> list[tuple[dict[str, str], bytes]]:
        """The requests to the receiver so far: headers in lower case, and the unchanged body."""
        paths = sorted(self.received.glob("*.json"), key=lambda path: int(path.stem))
        read = [json.loads(path.read_text()) for path in paths]
        return [(one["headers"], base64.b64decode(one["body"])) for one in read]


@dataclass(frozen=True, slots=True)
class Department:
    http: httpx.Client
    secret: str


@dataclass(frozen=True, slots=True)
class System:
    compose: Compose
    open_before: frozenset[int]
