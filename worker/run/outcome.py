"""The outcome of one run of a job: each step adds its part, and the last step reports it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from documents.errors import WorkError
from jobs.batches.input.lines import CHAT_TASK
from jobs.ledger.runs import Ending
from jobs.model.job import Claim, RunUsage
from jobs.model.problems import Problem
from jobs.model.provenance import Provenance, Reference
from jobs.model.roles import Role
from jobs.model.states import JobStatus
from tasks.registry import TASKS
from worker.run.cascade import CascadeRun

CHAT_VERSION = "1"


@dataclass(slots=True)
class Outcome:
    """The claim of a run, what the run has read and asked so far, and its result or error.

    `input_sha256` is empty and `models` is None until the input is read. `pages` is 0 if the
    document's format has no pages. `result` is JSON. `seconds` is set when the task ends.
    `confidence` is the result's own, if its task gives one.
    """

    claim: Claim
    started: float = field(default_factory=time.monotonic)
    input_sha256: str = ""
    pages: int = 0
    references: tuple[Reference, ...] = ()
    models: CascadeRun | None = None
    result: bytes = b""
    confidence: float | None = None
    error: WorkError | None = None
    seconds: float = 0.0

    def ending(self, result_blob: str | None) -> Ending:
        """The record for the ledger. `result_blob` is the result's name in the store, None if the
        ledger is to hold the result itself.
        """
        error, used = self.error, self.used
        inline = error is None and result_blob is None
        return Ending(
            JobStatus.failed if error else JobStatus.succeeded,
            result=self.result.decode() if inline else None,
            result_blob=result_blob,
            result_bytes=len(self.result) if result_blob else 0,
            error=Problem(error.code, str(error)) if error else None,
            usage=used.total,
            fast_usage=used.fast,
            models=used.models,
            pages=self.pages,
            confidence=None if error else self.confidence,
            provenance=self.provenance,
        )

    @property
    def used(self) -> RunUsage:
        """The usage of the engines so far."""
        return self.models.used if self.models else RunUsage()

    @property
    def provenance(self) -> Provenance:
        models = self.models
        asked = models.asked_of(models.role) if models else None
        return Provenance(
            task_version=_version(self.claim.job.task),
            model=asked.model if asked else None,
            input_sha256=self.input_sha256,
            role=models.role if models and asked else None,
            escalated=models.escalated if models else False,
            doubts=models.doubts if models else (),
            engine_model=asked.engine_model if asked else None,
            engine_version=asked.engine_version if asked else None,
            requests=asked.requests if asked else 0,
            prompt_sha256=asked.prompt_sha256 if asked else None,
            sampling=asked.sampling if asked else None,
            references=self.references,
            seconds=round(self.seconds, 3),
            fast=models.asked_of(Role.fast) if models and models.escalated else None,
        )


def _version(task: str) -> str:
    """Empty for a task that this worker does not offer."""
    if task == CHAT_TASK:
        return CHAT_VERSION
    return TASKS[task].version if task in TASKS else ""
