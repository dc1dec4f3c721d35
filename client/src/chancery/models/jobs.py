"""Jobs, their documents and provenance, approvals and tasks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from chancery.models.answer import Answer

ENDINGS = frozenset({"succeeded", "failed", "cancelled", "expired"})


class Document(Answer):
    id: str
    sha256: str
    bytes: int
    media_type: str | None = None
    filename: str | None = None
    expires_at: datetime | None = None
    secrecy_checked: bool | None = None


class Library(Answer):
    """`documents` is their number."""

    name: str
    documents: int


class Progress(Answer):
    done: int = 0
    total: int = 0


class Usage(Answer):
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    engine_seconds: float = 0.0
    reasoning_tokens: int = 0
    gpu_seconds: float = 0.0
    joules: float = 0.0


class Sampling(Answer):
    """The sampling parameters sent to the engine. None: the engine's default was used.

    `max_tokens` is the largest value of all requests.
    """

    temperature: float | None = None
    seed: int | None = None
    top_p: float | None = None
    max_tokens: int | None = None


class EngineRequests(Answer):
    """The requests to one model. `engine_model` is the model's name in the engine."""

    model: str | None = None
    requests: int = 0
    prompt_sha256: str | None = None
    sampling: Sampling | None = None
    engine_model: str | None = None
    engine_version: str | None = None


class Reference(Answer):
    """A document that the options refer to, or a library and its number of documents."""

    sha256: str
    document_id: str | None = None
    library: str | None = None
    documents: int = 1


class Approval(Answer):
    """A person's decision about a result: `approved` or `rejected`.

    `changed`: JSON pointers of what was corrected, and `not_listed` more.
    """

    decision: str
    by: str
    at: datetime | None = None
    key_id: str | None = None
    account: str | None = None
    reason: str | None = None
    changed: tuple[str, ...] = ()
    not_listed: int = 0
    correction_sha256: str | None = None


class Provenance(EngineRequests):
    """How a result was made.

    Without a model, `model` is None and `requests` is 0. `escalated`: the fast model's answer was
    not used and the full model was asked; `doubts` are the codes of the reasons, `fast` the
    requests to the fast model. `seconds` is the duration of the run.
    `approval`: the decision, if the result had to wait for one.
    """

    task_version: str | None = None
    input_sha256: str | None = None
    role: str | None = None
    escalated: bool = False
    doubts: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    seconds: float | None = None
    fast: EngineRequests | None = None
    approval: Approval | None = None


class Job(Answer):
    """One task on one document.

    `status` is `scheduled`, `queued`, `running`, `succeeded`, `failed`, `cancelled` or `expired`.
    `error` is a problem object. If the result is too large, `result` is None and `result_url` is
    set: fetch it with `Chancery.result(job.id)`. `substatus` is `awaiting_approval` while the
    result of a `running` job waits for a person, until `awaiting_until` at most.
    """

    id: str
    task: str
    status: str
    substatus: str | None = None
    awaiting_until: datetime | None = None
    department: str | None = None
    lane: str | None = None
    model: str | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    attempts: int = 0
    batch_id: str | None = None
    custom_id: str | None = None
    document_id: str | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)
    progress: Progress | None = None
    result: Any = None
    result_url: str | None = None
    error: dict[str, Any] | None = None
    usage: Usage | None = None
    provenance: Provenance | None = None

    @property
    def ended(self) -> bool:
        return self.status in ENDINGS

    @property
    def succeeded(self) -> bool:
        return self.status == "succeeded"


class ApprovalSource(Answer):
    """What a job worked on: a text, or a document."""

    text: str | None = None
    document_id: str | None = None
    filename: str | None = None
    media_type: str | None = None
    content_url: str | None = None


class PendingApproval(Answer):
    """A result that waits for approval."""

    job: Job
    result: Any = None
    options: dict[str, Any] = Field(default_factory=dict)
    source: ApprovalSource
    doubts: tuple[str, ...] = ()


class CasePage(Answer):
    """Corrections as test cases. `missing`: those whose document or case is gone."""

    task: str
    cases: tuple[dict[str, Any], ...] = ()
    missing: int = 0
    next_cursor: str | None = None


class TaskInfo(Answer):
    """A task and the JSON Schemas of its options and its result. `origin` is `built-in`, or
    `department` for a task defined in a file. `title` is its name for people; `accepts` are the
    media types of the documents that it takes, None for all that can be read.
    """

    name: str
    version: str
    title: str = ""
    description: str = ""
    origin: str = "built-in"
    accepts: tuple[str, ...] | None = None
    options_schema: dict[str, Any] = Field(default_factory=dict)
    result_schema: dict[str, Any] = Field(default_factory=dict)
