"""Checks whether the whole system can accept and process jobs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.ledger import Ledger, UnsafeServer
from jobs.ledger.processes import LIVE_SECONDS, Process
from jobs.model.problems import ProblemError

_ROLES = ("worker", "courier", "scheduler")


@dataclass(frozen=True, slots=True)
class Check:
    """`detail` is the reason if it is not `ok`."""

    name: str
    ok: bool
    detail: str


async def checks(ledger: Ledger) -> Sequence[Check]:
    """Check Redis, a live process of each role, and a healthy engine at a live worker."""
    try:
        await ledger.check()
        processes = await ledger.processes.list()
    except (ProblemError, UnsafeServer) as error:
        return [Check("redis", ok=False, detail=str(error))]
    alive = [process for process in processes if process.live]
    return [
        Check("redis", ok=True, detail="answers and is configured durably"),
        *(_role(role, alive) for role in _ROLES),
        _engine(alive),
    ]


def _role(role: str, alive: Sequence[Process]) -> Check:
    count = sum(process.role == role for process in alive)
    if count:
        return Check(role, ok=True, detail=f"{count} alive")
    return Check(role, ok=False, detail=f"no heartbeat of a {role} in the last {LIVE_SECONDS:g} s")


def _engine(alive: Sequence[Process]) -> Check:
    healthy = any(
        process.role == "worker" and process.detail.get("engine_healthy") for process in alive
    )
    detail = "healthy" if healthy else "no live worker has a healthy engine"
    return Check("engine", ok=healthy, detail=detail)
