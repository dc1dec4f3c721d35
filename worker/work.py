"""The work on one job: read the document, run the task, and tell what came of it."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field
from functools import partial

import structlog
from pydantic_core import PydanticSerializationError

from jobs.job import Claim, Progress, Usage
from jobs.lanes import ENGINE_PRIORITY
from jobs.problems import ProblemError
from jobs.roles import Role
from tasks.errors import JobTimeout, OutputError, TaskError
from tasks.registry import TASKS
from worker.cascade import Cascade, CascadeRun
from worker.defects import described
from worker.engine import EngineClient
from worker.engine_session import EngineSession
from worker.inputs import ChatInput, Inputs
from worker.leases import Lease
from worker.unread import refuse_unread

RETRY_TEMPERATURE = 0.4
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run made: a result (JSON) or an error, and what it used of the engines.

    `fast_usage` is the fast engine's part of `usage`; `role`, `escalated` and `doubts` are as in
    `jobs.job.Provenance`. `input_sha256` is empty where the input could not be read.
    """

    result: bytes | None
    error: TaskError | None
    usage: Usage
    model: str
    input_sha256: str = ""
    role: Role = Role.full
    escalated: bool = False
    doubts: tuple[str, ...] = ()
    fast_usage: Usage = field(default_factory=Usage)


@dataclass(slots=True)
class _Made:
    """What there is so far of an outcome."""

    run: CascadeRun
    result: bytes | None = None
    error: TaskError | None = None
    input_sha256: str = ""

    def outcome(self) -> Outcome:
        run = self.run
        return Outcome(
            result=None if self.error else self.result,
            error=self.error,
            usage=run.usage,
            model=run.model,
            input_sha256=self.input_sha256,
            role=run.role,
            escalated=run.escalated,
            doubts=run.doubts,
            fast_usage=run.usage_of(Role.fast),
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
        made = _Made(self._cascade.begin(partial(self._session, lease)))
        try:
            async with asyncio.timeout(self._timeout):
                await self._do(lease.claim, made)
        except TimeoutError:
            made.error = JobTimeout(
                f"The job ran longer than {self._timeout:.0f} s. "
                "Split the document, or raise CHANCERY_JOB_TIMEOUT_SECONDS."
            )
        except TaskError as error:
            made.error = error
        except ProblemError:
            raise
        except Exception as error:  # noqa: BLE001 - the edge, and recorded
            # A defect in a task costs its own job and nothing else.
            log.error("job.defect", **described(error))  # noqa: TRY400 - it may quote the document
            made.error = TaskError(f"The task has a defect ({type(error).__name__}); see the log.")
        return made.outcome()

    def _session(self, lease: Lease, engine: EngineClient) -> EngineSession:
        job, tries = lease.claim.job, lease.claim.tries
        lease.progress = Progress()

        def on_progress(done: int, total: int) -> None:
            lease.progress = Progress(done, total)

        return engine.session(
            priority=ENGINE_PRIORITY[job.lane],
            seed=_seed(job.id, tries),
            temperature=RETRY_TEMPERATURE if tries else 0.0,
            on_progress=on_progress,
        )

    async def _do(self, claim: Claim, made: _Made) -> None:
        given = await self._inputs.of(claim)
        made.input_sha256 = given.sha256
        if isinstance(given, ChatInput):
            made.result = await made.run.forward(given.request)
            return
        task = TASKS[claim.job.task]
        options = task.options.model_validate(given.options)
        if not task.takes_unread:
            refuse_unread(given.document)
        await self._inputs.give_references(claim, options)
        result = await made.run.run(task, given.document, options, given.model)
        try:
            made.result = result.model_dump_json().encode()
        except PydanticSerializationError as error:
            # Half of a surrogate pair, which JSON can spell and no text has.
            raise OutputError("The model's answer has characters that no text has.") from error


def _seed(job_id: str, tries: int) -> int:
    """The same job asks in the same way at each run, until an answer was of no use."""
    return int.from_bytes(hashlib.sha256(f"{job_id}:{tries}".encode()).digest()[:4], "big")
