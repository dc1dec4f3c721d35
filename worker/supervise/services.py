"""The processes of the whole system on one machine."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from jobs.ledger import Ledger
from jobs.model.problems import ProblemError
from jobs.process.settings import STOP_SECONDS
from jobs.process.watchdog import STOP_MARGIN_SECONDS
from worker.supervise.checks import Check, http_answers, http_answers_from
from worker.supervise.child import ChildSpec, supervisor_mark
from worker.supervise.environment import foreign_environment, own_environment
from worker.supervise.redis_server import RedisServer

# One second after the process ends itself: see `jobs.process.watchdog`.
_STOP_MARGIN_SECONDS = STOP_MARGIN_SECONDS + 1.0
# They hold nothing that a kill would lose once their clients have stopped.
_SERVER_GRACE_SECONDS = 5.0


def redis_child(server: RedisServer, ledger: Ledger) -> ChildSpec:
    return ChildSpec(
        name="redis",
        argv=server.argv,
        env=foreign_environment(),
        ready=ledger_answers(ledger),
        blocks_next_stage=True,
        grace_seconds=_SERVER_GRACE_SECONDS,
    )


def api_children(environment: Mapping[str, str], api_url: str, count: int) -> Sequence[ChildSpec]:
    """The api processes, which listen on one port."""
    environment = {**environment, "CHANCERY_API_PROCESSES": str(count)}
    url = f"{api_url}/healthz"
    return [
        ChildSpec(
            name=name,
            argv=_python("api"),
            env=own_environment("api", environment),
            ready=http_answers(url) if count == 1 else http_answers_from(url, name),
            grace_seconds=STOP_SECONDS + _STOP_MARGIN_SECONDS,
        )
        for name in _names("api", count)
    ]


def process_children(
    role: str, environment: Mapping[str, str], ledger: Ledger, grace_seconds: float, count: int
) -> Sequence[ChildSpec]:
    """Workers, couriers or the scheduler; ready when their heartbeats are in the ledger."""
    return [
        ChildSpec(
            name=name,
            argv=_python("worker", role),
            env=own_environment(role, environment),
            ready=heart_beats(ledger, name),
            grace_seconds=grace_seconds + _STOP_MARGIN_SECONDS,
        )
        for name in _names(role, count)
    ]


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


def heart_beats(ledger: Ledger, name: str) -> Check:
    """Whether the child `name` of this supervisor has a recent heartbeat in the ledger."""
    mark = f"-{supervisor_mark()}-"

    async def check() -> bool:
        try:
            processes = await ledger.processes.list()
        except ProblemError:
            return False
        return any(
            process.name.startswith(f"{name}@") and mark in process.name and process.live
            for process in processes
        )

    return check


def _names(role: str, count: int) -> Sequence[str]:
    return [role] if count == 1 else [f"{role}-{number}" for number in range(1, count + 1)]


def _python(module: str, *arguments: str) -> tuple[str, ...]:
    # -P: import nothing from the working directory.
    return (sys.executable, "-P", "-m", module, *arguments)
