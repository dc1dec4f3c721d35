"""The work on one job: read the document, run the task, and tell what came of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import Any

import structlog
from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticSerializationError

from documents.errors import WorkError
from jobs.batches.input.lines import CHAT_TASK
from jobs.model.job import Claim, Progress, Usage
from jobs.model.lanes import ENGINE_PRIORITY
from jobs.model.problems import ProblemError
from jobs.model.provenance import Provenance
from jobs.model.roles import Role
from jobs.submit.checks import listed
from tasks.errors import JobTimeout, OptionsMisfit, OutputError, TaskError, TaskGone
from tasks.registry import TASKS
from tasks.task import Task
from worker.defects import described
from worker.engine.client import EngineClient
from worker.engine.session import EngineSession
from worker.run.cascade import Cascade, CascadeRun
from worker.run.inputs import ChatInput, Inputs
from worker.run.leases import Lease
from worker.run.provenance import WorkedOn, provenance_of
from worker.run.unread import refuse_unread

RETRY_TEMPERATURE = 0.4
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run made: a result (JSON) or an error, where that is from, and what was used of the
    engines. `fast_usage` is the fast engine's part of `usage`.
    """

    result: bytes | None
    error: WorkError | None
    provenance: Provenance
    usage: Usage
    fast_usage: Usage


@dataclass(slots=True)
class _Made:
    """What there is so far of an outcome. There is no `run` before the input was read."""

    claim: Claim
    began: float = field(default_factory=time.monotonic)
    worked_on: WorkedOn = field(default_factory=WorkedOn)
    run: CascadeRun | None = None
    result: bytes | None = None
    error: WorkError | None = None

    def outcome(self) -> Outcome:
        run, seconds = self.run, time.monotonic() - self.began
        return Outcome(
            result=None if self.error else self.result,
            error=self.error,
            provenance=provenance_of(self.claim, self.worked_on, run, seconds),
            usage=run.usage if run else Usage(),
            fast_usage=run.usage_of(Role.fast) if run else Usage(),
        )


class Work:
    def __init__(
        self,
        *,
        inputs: Inputs,
        cascade: Cascade,
        timeout_seconds: float,
    ) -> None:
        self._inputs = inputs
        self._cascade = cascade
        self._timeout = timeout_seconds

    async def do(self, lease: Lease) -> Outcome:
        """Work until there is a result or an error; only a `ProblemError` is raised."""
        made = _Made(lease.claim)
        try:
            async with asyncio.timeout(self._timeout):
                await self._do(lease, made)
        except TimeoutError:
            made.error = JobTimeout(
                f"The job ran longer than {self._timeout:.0f} s. "
                "Split the document, or raise CHANCERY_JOB_TIMEOUT_SECONDS."
            )
        except WorkError as error:
            made.error = error
        except ProblemError:
            raise
        except Exception as error:  # noqa: BLE001 - the edge, and recorded
            # A defect in a task costs its own job and nothing else.
            log.error("job.defect", **described(error))  # noqa: TRY400 - it may quote the document
            made.error = TaskError(f"The task has a defect ({type(error).__name__}); see the log.")
        return made.outcome()

    def _session(self, lease: Lease, input_sha256: str, engine: EngineClient) -> EngineSession:
        tries = lease.claim.tries
        lease.progress = Progress()

        def on_progress(done: int, total: int) -> None:
            lease.progress = Progress(done, total)

        return EngineSession(
            engine,
            priority=ENGINE_PRIORITY[lease.claim.job.lane],
            seed=seed_of(input_sha256, tries),
            temperature=RETRY_TEMPERATURE if tries else 0.0,
            on_progress=on_progress,
        )

    async def _do(self, lease: Lease, made: _Made) -> None:
        claim = lease.claim
        # Before its input: what is to be done with it is not known here, or is.
        task = None if claim.job.task == CHAT_TASK else _task(claim.job.task)
        given = await self._inputs.of(claim)
        made.worked_on = WorkedOn(given.sha256)
        run = made.run = self._cascade.begin(partial(self._session, lease, given.sha256))
        if isinstance(given, ChatInput) or task is None:
            assert isinstance(given, ChatInput)  # noqa: S101 - only chats are of that task
            made.result = await run.forward(given.request)
            return
        options = _options(task, given.options)
        if not task.takes_unread:
            refuse_unread(given.document)
        references = await self._inputs.give_references(claim, options)
        made.worked_on = WorkedOn(given.sha256, references)
        result = await run.run(task, given.document, options, given.model)
        try:
            made.result = result.model_dump_json().encode()
        except PydanticSerializationError as error:
            # Half of a surrogate pair, which JSON can spell and no text has.
            raise OutputError("The model's answer has characters that no text has.") from error


def seed_of(input_sha256: str, tries: int) -> int:
    """The same input is asked about in the same way each time, until an answer was of no use."""
    return int.from_bytes(sha256(f"{input_sha256}:{tries}".encode()).digest()[:4], "big")


def _task(name: str) -> Task[Any, Any]:
    """Raises `TaskGone`: its file was taken away, or this worker was started without it."""
    task = TASKS.get(name)
    if task is None:
        raise TaskGone(
            "This worker does not offer the task: its file was taken away after the job was "
            "accepted. Operators: api, worker and scheduler must have the same CHANCERY_TASKS_DIR."
        )
    return task


def _options(task: Task[Any, Any], given: Mapping[str, Any]) -> BaseModel:
    """Raises `OptionsMisfit`: they fitted when the job was accepted."""
    try:
        options: BaseModel = task.options.model_validate(given)
    except ValidationError as error:
        places = ", ".join(one["pointer"] for one in listed(error.errors(), prefix=("options",)))
        raise OptionsMisfit(
            f"The task is now {task.name} {task.version}, and takes other options than when "
            f"the job was accepted. What does not fit is at {places[:300]}. Submit the job again."
        ) from None
    return options
