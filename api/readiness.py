"""Whether the whole system can take work and do it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.ledger import Ledger, UnsafeServer
from jobs.ledger.processes import Process
from jobs.model.problems import ProblemError

HEARTBEAT_SECONDS = 20
_ROLES = ("worker", "courier", "scheduler")


@dataclass(frozen=True, slots=True)
class Check:
    """`detail` says what is missing where it is not `ok`."""

    name: str
    ok: bool
    detail: str


async def checks(ledger: Ledger) -> Sequence[Check]:
    """Redis, a live process of each role, and an engine that a live worker finds healthy."""
    try:
        await ledger.check()
        processes = await ledger.processes.list()
    except (ProblemError, UnsafeServer) as error:
        return [Check("redis", ok=False, detail=str(error))]
    alive = [process for process in processes if process.age_seconds <= HEARTBEAT_SECONDS]
    return [
        Check("redis", ok=True, detail="answers, keeps what it is given"),
        *(_role(role, alive) for role in _ROLES),
        _engine(alive),
    ]


def _role(role: str, alive: Sequence[Process]) -> Check:
    count = sum(process.role == role for process in alive)
    if count:
        return Check(role, ok=True, detail=f"{count} alive")
    return Check(role, ok=False, detail=f"no {role} was seen in the last {HEARTBEAT_SECONDS} s")


def _engine(alive: Sequence[Process]) -> Check:
    healthy = any(
        process.role == "worker" and process.detail.get("engine_healthy") for process in alive
    )
    detail = "healthy" if healthy else "no live worker finds its engine healthy"
    return Check("engine", ok=healthy, detail=detail)
