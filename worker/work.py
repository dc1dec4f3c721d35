"""The work on one job: read the document, run the task, and tell what came of it."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass

import structlog
from pydantic_core import PydanticSerializationError

from jobs.job import Claim, Progress, Usage
from jobs.lanes import ENGINE_PRIORITY
from jobs.problems import ProblemError
from tasks.document import Document
from tasks.errors import JobTimeout, OutputError, PagesUnread, TaskError
from tasks.registry import TASKS
from worker.defects import described
from worker.engine import EngineClient
from worker.engine_session import EngineSession
from worker.inputs import ChatInput, Inputs
from worker.leases import Lease

RETRY_TEMPERATURE = 0.4
_NAMED_PAGES = 5
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run made: a result (JSON) or an error, and what it used of the engine.

    `input_sha256` is empty where the input could not be read.
    """

    result: bytes | None
    error: TaskError | None
    usage: Usage
    model: str
    input_sha256: str = ""


@dataclass(slots=True)
class _Made:
    """What there is so far of an outcome."""

    result: bytes | None = None
    error: TaskError | None = None
    input_sha256: str = ""


class Work:
    def __init__(
        self,
        *,
        inputs: Inputs,
        engine: EngineClient,
        timeout_seconds: float,
    ) -> None:
        self._inputs = inputs
        self._engine = engine
        self._timeout = timeout_seconds

    async def do(self, lease: Lease) -> Outcome:
        """Work until there is a result or an error; only a `ProblemError` is raised."""
        session, made = self._session(lease), _Made()
        try:
            async with asyncio.timeout(self._timeout):
                await self._do(lease.claim, session, made)
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
        model, result = self._engine.model, None if made.error else made.result
        return Outcome(result, made.error, session.usage, model, made.input_sha256)

    def _session(self, lease: Lease) -> EngineSession:
        job, tries = lease.claim.job, lease.claim.tries

        def on_progress(done: int, total: int) -> None:
            lease.progress = Progress(done, total)

        return self._engine.session(
            priority=ENGINE_PRIORITY[job.lane],
            seed=_seed(job.id, tries),
            temperature=RETRY_TEMPERATURE if tries else 0.0,
            on_progress=on_progress,
        )

    async def _do(self, claim: Claim, session: EngineSession, made: _Made) -> None:
        given = await self._inputs.of(claim)
        made.input_sha256 = given.sha256
        if isinstance(given, ChatInput):
            made.result = await session.forward(given.request)
            return
        task = TASKS[claim.job.task]
        options = task.options.model_validate(given.options)
        if given.document.unread_pages and not task.takes_unread:
            raise _unread(given.document)
        result = await task.run(given.document, options, session)
        try:
            made.result = result.model_dump_json().encode()
        except PydanticSerializationError as error:
            # Half of a surrogate pair, which JSON can spell and no text has.
            raise OutputError("The model's answer has characters that no text has.") from error


def _unread(document: Document) -> PagesUnread:
    pages = document.unread_pages
    more = "…" if len(pages) > _NAMED_PAGES else ""
    return PagesUnread(
        f"{len(pages):,} of {document.pages or 0:,} pages are pictures and were not read: "
        f"{', '.join(map(str, pages[:_NAMED_PAGES]))}{more}. "
        "Split the document, or leave them out; `parse` gives what could be read."
    )


def _seed(job_id: str, tries: int) -> int:
    """The same job asks in the same way at each run, until an answer was of no use."""
    return int.from_bytes(hashlib.sha256(f"{job_id}:{tries}".encode()).digest()[:4], "big")
