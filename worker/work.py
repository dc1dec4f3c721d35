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
from jobs.store import Store
from tasks.errors import DocumentMissing, JobTimeout, OutputError, TaskError
from tasks.readers import ReadLimits
from tasks.registry import TASKS
from worker.cascade import Cascade, CascadeRun
from worker.defects import described
from worker.engine import EngineClient
from worker.engine_session import EngineSession
from worker.leases import Lease
from worker.reading import Reading

RETRY_TEMPERATURE = 0.4
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run made: a result (JSON) or an error, and what it used of the engines.

    `fast_usage` is the fast engine's part of `usage`; `role`, `escalated` and `doubts` are as in
    `jobs.job.Provenance`.
    """

    result: bytes | None
    error: TaskError | None
    usage: Usage
    model: str
    role: Role = Role.full
    escalated: bool = False
    doubts: tuple[str, ...] = ()
    fast_usage: Usage = field(default_factory=Usage)

    @classmethod
    def of(cls, run: CascadeRun, result: bytes | None, error: TaskError | None) -> Outcome:
        return cls(
            result=result,
            error=error,
            usage=run.usage,
            model=run.model,
            role=run.role,
            escalated=run.escalated,
            doubts=run.doubts,
            fast_usage=run.usage_of(Role.fast),
        )


class Work:
    def __init__(
        self,
        *,
        store: Store,
        cascade: Cascade,
        reading: Reading,
        limits: ReadLimits,
        timeout_seconds: float,
    ) -> None:
        self._store = store
        self._cascade = cascade
        self._reading = reading
        self._limits = limits
        self._timeout = timeout_seconds

    async def do(self, lease: Lease) -> Outcome:
        """Work until there is a result or an error; only a `ProblemError` is raised."""
        run = self._cascade.begin(lease.claim.job, partial(self._session, lease))
        try:
            async with asyncio.timeout(self._timeout):
                result = await self._do(lease.claim, run)
        except TimeoutError:
            error = JobTimeout(
                f"The job ran longer than {self._timeout:.0f} s. "
                "Split the document, or raise CHANCERY_JOB_TIMEOUT_SECONDS."
            )
            return Outcome.of(run, None, error)
        except TaskError as error:
            return Outcome.of(run, None, error)
        except ProblemError:
            raise
        except Exception as error:  # noqa: BLE001 - the edge, and recorded
            # A defect in a task costs its own job and nothing else.
            log.error("job.defect", **described(error))  # noqa: TRY400 - it may quote the document
            failure = TaskError(f"The task has a defect ({type(error).__name__}); see the log.")
            return Outcome.of(run, None, failure)
        return Outcome.of(run, result, None)

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

    async def _do(self, claim: Claim, run: CascadeRun) -> bytes:
        stored = claim.document
        path = self._store.path(stored.blob)
        try:
            document = await self._reading.read(path, self._limits, stored.media_type)
        except FileNotFoundError as error:
            raise DocumentMissing(
                "The document's bytes are not in this worker's store. Send it again; where there "
                "are several machines, all must share one store."
            ) from error
        task = TASKS[claim.job.task]
        options = task.options.model_validate(claim.job.options)
        result = await run.run(task, document, options)
        try:
            return bytes(result.model_dump_json().encode())
        except PydanticSerializationError as error:
            # Half of a surrogate pair, which JSON can spell and no text has.
            raise OutputError("The model's answer has characters that no text has.") from error


def _seed(job_id: str, tries: int) -> int:
    """The same job asks in the same way at each run, until an answer was of no use."""
    return int.from_bytes(hashlib.sha256(f"{job_id}:{tries}".encode()).digest()[:4], "big")
