"""The processes of the whole system on one machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jobs.ledger import Ledger
from jobs.model.problems import ProblemError
from jobs.process.settings import STOP_SECONDS
from jobs.process.watchdog import STOP_MARGIN_SECONDS
from worker.engine.command import cpu_engine
from worker.supervise.checks import Check, free_port, http_answers
from worker.supervise.child import ChildSpec, supervisor_mark
from worker.supervise.environment import foreign_environment, own_environment
from worker.supervise.redis_server import RedisServer

HOST = "127.0.0.1"
ENGINE_HOME = "CHANCERY_ENGINE_HOME"
# One second after the process ends itself: see `jobs.process.watchdog`.
_STOP_MARGIN_SECONDS = STOP_MARGIN_SECONDS + 1.0
# They hold nothing that a kill would lose once their clients have stopped.
_SERVER_GRACE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine's URL, and the child that serves it if the system starts it."""

    url: str
    child: ChildSpec | None = None


def engine_home() -> Path:
    """`CHANCERY_ENGINE_HOME`, or else `.engine` in the working directory or beside the venv."""
    if home := os.environ.get(ENGINE_HOME):
        return Path(home)
    local = Path(".engine")
    return local if local.is_dir() else Path(sys.prefix).parent / ".engine"


def own_engine(model: str) -> Engine:
    """vLLM on this machine's CPUs, on a free port. Raises `FileNotFoundError`."""
    port = free_port(HOST)
    command = cpu_engine(engine_home(), model, HOST, port)
    url = f"http://{HOST}:{port}"
    child = ChildSpec(
        name="engine",
        argv=command.argv,
        env=foreign_environment() | command.env,
        ready=http_answers(f"{url}/health"),
        start_attempts=2,
        grace_seconds=_SERVER_GRACE_SECONDS,
    )
    return Engine(url, child)


def redis_child(server: RedisServer, ledger: Ledger) -> ChildSpec:
    return ChildSpec(
        name="redis",
        argv=server.argv,
        env=foreign_environment(),
        ready=ledger_answers(ledger),
        blocks_next_stage=True,
        grace_seconds=_SERVER_GRACE_SECONDS,
    )


def api_child(environment: Mapping[str, str], api_url: str) -> ChildSpec:
    return ChildSpec(
        name="api",
        argv=_python("api"),
        env=own_environment("api", environment),
        ready=http_answers(f"{api_url}/healthz"),
        grace_seconds=STOP_SECONDS + _STOP_MARGIN_SECONDS,
    )


def process_child(
    role: str, environment: Mapping[str, str], ledger: Ledger, grace_seconds: float
) -> ChildSpec:
    """The worker, courier or scheduler; ready when its heartbeat is in the ledger."""
    return ChildSpec(
        name=role,
        argv=_python("worker", role),
        env=own_environment(role, environment),
        ready=heart_beats(ledger, role),
        grace_seconds=grace_seconds + _STOP_MARGIN_SECONDS,
    )


def flower_child(environment: Mapping[str, str], flower_url: str) -> ChildSpec:
    return ChildSpec(
        name="flower",
        argv=_python("worker", "flower"),
        env=own_environment("flower", environment),
        ready=http_answers(f"{flower_url}/healthcheck"),
    )


def ledger_answers(ledger: Ledger) -> Check:
    async def check() -> bool:
        try:
            await ledger.ping()
        except ProblemError:
            return False
        return True

    return check


def heart_beats(ledger: Ledger, role: str) -> Check:
    """Whether a child of this supervisor has a recent heartbeat in the ledger."""
    mark = f"-{supervisor_mark()}-"

    async def check() -> bool:
        try:
            processes = await ledger.processes.list()
        except ProblemError:
            return False
        return any(
            process.role == role and mark in process.name and process.live for process in processes
        )

    return check


def _python(module: str, *arguments: str) -> tuple[str, ...]:
    # -P: import nothing from the working directory.
    return (sys.executable, "-P", "-m", module, *arguments)
