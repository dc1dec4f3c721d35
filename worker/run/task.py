"""The third step of a run: run the task on its input."""

from __future__ import annotations

from functools import partial
from hashlib import sha256

from pydantic_core import PydanticSerializationError

from jobs.model.job import Progress
from jobs.model.lanes import ENGINE_PRIORITY
from tasks.errors import OutputError
from worker.engine.interface import Engines
from worker.engine.session import EngineSession
from worker.run.cascade import Cascade
from worker.run.inputs import ChatInput, TaskInput
from worker.run.leases import Lease
from worker.run.outcome import Outcome

RETRY_TEMPERATURE = 0.4


async def run_task(
    lease: Lease, outcome: Outcome, job_input: TaskInput | ChatInput, cascade: Cascade
) -> bytes:
    """The result as JSON. Sets `outcome.models`, which records the requests, also after an error,
    and `outcome.confidence`.

    Raises what the task raises, and `OutputError` for a result that is not valid Unicode.
    """
    salt = await cascade.cache_salt(lease.claim.job.department)
    reasons = not isinstance(job_input, ChatInput) and job_input.task.reasons
    models = cascade.begin(partial(_session, lease, outcome.input_sha256, salt, reasons))
    outcome.models = models
    if isinstance(job_input, ChatInput):
        return await models.forward(job_input.request)
    result = await models.run(
        job_input.task, job_input.document, job_input.options, job_input.model
    )
    confidence = getattr(result, "confidence", None)
    outcome.confidence = confidence if isinstance(confidence, float) else None
    try:
        return result.model_dump_json().encode()
    except PydanticSerializationError as error:
        # An unpaired surrogate: valid in JSON escapes, not encodable as UTF-8.
        raise OutputError(
            "The model's answer has an unpaired surrogate, which cannot be encoded as UTF-8."
        ) from error


def seed_of(input_sha256: str, tries: int) -> int:
    """The sampling seed: the same for the same input, until a try failed."""
    return int.from_bytes(sha256(f"{input_sha256}:{tries}".encode()).digest()[:4], "big")


def _session(
    lease: Lease,
    input_sha256: str,
    cache_salt: str | None,
    reasons: bool,  # noqa: FBT001 - bound by `partial`
    engine: Engines,
) -> EngineSession:
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
        cache_salt=cache_salt,
        department=lease.claim.job.department,
        reasons=reasons,
    )
