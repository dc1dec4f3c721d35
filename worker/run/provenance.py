"""What a run tells of itself."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.batches.input.lines import CHAT_TASK
from jobs.model.job import Claim
from jobs.model.provenance import Provenance, Reference
from jobs.model.roles import Role
from tasks.registry import TASKS
from worker.run.cascade import CascadeRun

CHAT_VERSION = "1"


@dataclass(frozen=True, slots=True)
class WorkedOn:
    """What a run works on, as far as it was read. `input_sha256` is empty where it could not be."""

    input_sha256: str = ""
    references: tuple[Reference, ...] = ()


def provenance_of(
    claim: Claim, worked_on: WorkedOn, run: CascadeRun | None, seconds: float
) -> Provenance:
    """`run` is None where no model was turned to, `seconds` is how long the run took."""
    asked = run.asked_of(run.role) if run else None
    return Provenance(
        task_version=_version(claim.job.task),
        model=asked.model if asked else None,
        input_sha256=worked_on.input_sha256,
        role=run.role if run and asked else None,
        escalated=run.escalated if run else False,
        doubts=run.doubts if run else (),
        engine_model=asked.engine_model if asked else None,
        engine_version=asked.engine_version if asked else None,
        requests=asked.requests if asked else 0,
        prompt_sha256=asked.prompt_sha256 if asked else None,
        sampling=asked.sampling if asked else None,
        references=worked_on.references,
        seconds=round(seconds, 3),
        fast=run.asked_of(Role.fast) if run and run.escalated else None,
    )


def _version(task: str) -> str:
    """Empty for a task that is gone."""
    if task == CHAT_TASK:
        return CHAT_VERSION
    return TASKS[task].version if task in TASKS else ""
