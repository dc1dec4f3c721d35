"""Checks whether the whole system can accept and process jobs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jobs.audit.log import AuditLog
from jobs.ledger import Ledger, UnsafeServer
from jobs.ledger.processes import LIVE_SECONDS, Process
from jobs.model.problems import ProblemError

_FAULTS = {
    "connection": "it cannot be reached",
    "drained": "it is drained",
    "models": "it does not serve the model",
    "not-vllm": "it is not vLLM",
    "timeout": "it does not answer in time",
}
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
        *_store(alive),
    ]


def _role(role: str, alive: Sequence[Process]) -> Check:
    count = sum(process.role == role for process in alive)
    if count:
        return Check(role, ok=True, detail=f"{count} alive")
    return Check(role, ok=False, detail=f"no heartbeat of a {role} in the last {LIVE_SECONDS:g} s")


def _engine(alive: Sequence[Process]) -> Check:
    workers = [process for process in alive if process.role == "worker"]
    if any(process.detail.get("engine_healthy") for process in workers):
        return Check("engine", ok=True, detail="healthy")
    faults = {_FAULTS.get(code, f"it answers {code}") for code in _fault_codes(workers)}
    about = f": {', '.join(sorted(faults))}" if faults else ""
    return Check("engine", ok=False, detail=f"no live worker has a healthy engine{about}")


def _store(alive: Sequence[Process]) -> Iterator[Check]:
    """Only while a process cannot use the store. The reasons name no addresses."""
    faults = {fault for process in alive if (fault := process.detail.get("store_fault"))}
    if faults:
        yield Check("store", ok=False, detail="; ".join(sorted(faults)))


def _fault_codes(workers: Sequence[Process]) -> Iterator[str]:
    """`chancery doctor` has the reasons, which may name addresses."""
    for process in workers:
        if code := process.detail.get("engine_fault"):
            yield code


async def audit_check(audit: AuditLog) -> Check:
    """Whether calls can be recorded. Without a record they are refused."""
    try:
        await audit.check()
    except ProblemError:
        return Check("audit", ok=False, detail="cannot be written: free space in the data dir")
    return Check("audit", ok=True, detail="can be written")
