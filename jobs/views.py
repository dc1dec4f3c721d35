"""The JSON of documents, libraries, jobs and callbacks in responses and callbacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field
from pydantic_core import from_json

from jobs.batches.input.input_line import LineHeader, read_header
from jobs.model.callback import Callback
from jobs.model.job import Job, NewJob, Progress, StoredDocument, Usage
from jobs.model.lanes import Lane
from jobs.model.provenance import Provenance
from jobs.model.roles import ModelChoice
from jobs.model.states import CallbackStatus, JobStatus, JobSubstatus
from jobs.store import Store
from jobs.texts.translation import Translation


class DeletedView(BaseModel):
    """What was deleted."""

    id: str
    object: Literal["document", "job", "batch", "file"]
    deleted: Literal[True] = True


class DocumentView(BaseModel):
    id: str
    sha256: str
    bytes: int
    media_type: str
    filename: str | None
    expires_at: datetime
    secrecy_checked: bool = Field(
        description="Whether all of it was checked for secrecy markings when it was sent. If not, "
        "it is checked before a job works on it."
    )


class LibraryView(BaseModel):
    """`documents` is their number."""

    name: str
    documents: int


class JobView(BaseModel):
    """`result_url` is set if the result is not included. `custom_id` is that of a batch's line.

    `substatus`: set while a job is `running` and its result waits for a person. It expires at
    `awaiting_until` if nobody approves or rejects the result.
    """

    id: str
    object: Literal["job"] = "job"
    task: str
    department: str
    lane: Lane
    model: ModelChoice | None = None
    status: JobStatus
    substatus: JobSubstatus | None = None
    awaiting_until: datetime | None = None
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    attempts: int = 0
    batch_id: str | None = None
    custom_id: str | None = None
    document_id: str | None
    metadata: Mapping[str, Any]
    progress: Progress = Progress()
    result: Any = None
    result_url: str | None = None
    error: Mapping[str, Any] | None = None
    usage: Usage = Usage()
    provenance: Provenance | None = None


class AttemptView(BaseModel):
    at: datetime
    status_code: int | None
    error: str | None
    seconds: float
    response: str | None = None


class CallbackView(BaseModel):
    id: str
    job_id: str | None
    batch_id: str | None
    type: str
    url: str
    status: CallbackStatus
    attempts: Sequence[AttemptView]
    next_attempt_at: datetime | None
    error: str | None = None


class RedeliveredView(BaseModel):
    """How many callbacks were requeued, and how many of the selected ones were not yet."""

    redelivered: int
    remaining: int


def document_view(document: StoredDocument) -> DocumentView:
    return DocumentView(
        id=document.id,
        sha256=document.sha256,
        bytes=document.bytes,
        media_type=document.media_type,
        filename=document.filename,
        expires_at=document.expires_at,
        secrecy_checked=document.secrecy_checked,
    )


def new_job_view(job: NewJob, created_at: datetime, status: JobStatus) -> JobView:
    """A job in the response to its submission."""
    return JobView(
        id=job.id,
        task=job.task,
        department=job.department,
        lane=job.lane,
        model=job.model,
        status=status,
        created_at=created_at,
        batch_id=job.batch_id,
        document_id=job.document_id,
        metadata=job.metadata,
    )


async def job_view(
    job: Job,
    store: Store,
    *,
    inline_result: bool = True,
    line: LineHeader | None = None,
    base: str = "",
) -> JobView:
    """The job's current state. A result in the store is read only with `inline_result`.

    `line`: the header of the job's line, if the caller has read it. `base`: what `result_url`
    begins with, the path prefix of the api.
    """
    if line is None and job.line is not None:
        line = await read_header(store, job.line)
    view = job_summary(job, line)
    if job.result_blob is None:
        view.result = job.result
    elif inline_result:
        view.result = from_json(await store.read(job.result_blob))
    else:
        view.result_url = f"{base}/v1/jobs/{job.id}/result"
    return view


def job_summary(job: Job, line: LineHeader | None = None) -> JobView:
    """The job's current state without its result. `line`: the header of the job's line, for a line
    of a batch; without it the view lacks what only the line has.
    """
    return JobView(
        id=job.id,
        task=job.task,
        department=job.department,
        lane=job.lane,
        model=line.model if line else job.model,
        status=job.status,
        substatus=JobSubstatus.awaiting_approval if job.awaiting_until else None,
        awaiting_until=job.awaiting_until,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        attempts=job.attempts,
        batch_id=job.batch_id,
        custom_id=line.custom_id if line else job.custom_id,
        document_id=line.document_id if line else job.document_id,
        metadata=line.metadata if line else job.metadata,
        progress=job.progress,
        error=job.error,
        usage=job.usage,
        provenance=job.provenance,
    )


def callback_view(callback: Callback, texts: Translation) -> CallbackView:
    """The callback with its errors in the language of `texts`."""
    return CallbackView(
        id=callback.id,
        job_id=callback.job_id,
        batch_id=callback.batch_id,
        type=callback.type,
        url=callback.url,
        status=callback.status,
        attempts=[
            AttemptView(
                at=one.at,
                status_code=one.status_code,
                error=one.error and texts.sentence(one.error),
                seconds=one.seconds,
                response=one.response,
            )
            for one in callback.attempts
        ],
        next_attempt_at=callback.next_attempt_at,
        error=callback.error and texts.sentence(callback.error),
    )
