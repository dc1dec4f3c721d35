"""What the api answers. Unknown fields are kept, so that a newer api does not break a client."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

ENDINGS = frozenset({"succeeded", "failed", "cancelled", "expired"})

Item = TypeVar("Item", bound=BaseModel)


class Answer(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)


class Document(Answer):
    id: str
    sha256: str
    bytes: int
    media_type: str | None = None
    filename: str | None = None
    expires_at: datetime | None = None


class Progress(Answer):
    done: int = 0
    total: int = 0


class Usage(Answer):
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    engine_seconds: float = 0.0


class Provenance(Answer):
    """Where a result is from. `escalated` where the full model had to do what the fast one was to
    do; `doubts` are the codes why.
    """

    task_version: str | None = None
    model: str | None = None
    input_sha256: str | None = None
    role: str | None = None
    escalated: bool = False
    doubts: tuple[str, ...] = ()


class Job(Answer):
    """One task on one document.

    `status` is `scheduled`, `queued`, `running`, `succeeded`, `failed`, `cancelled` or `expired`.
    `error` is a problem object. Where a result is too large to be sent along, `result` is None and
    `result_url` is there: `Chancery.result(job.id)` fetches it.
    """

    id: str
    task: str
    status: str
    department: str | None = None
    lane: str | None = None
    model: str | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    attempts: int = 0
    batch_id: str | None = None
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


class Batch(Answer):
    """A batch, as its callback tells of it."""

    id: str
    status: str


class Attempt(Answer):
    """One delivery of a callback. `error` says why there is no `status_code`; `response` is the
    beginning of the last answer, where it was a failure.
    """

    at: datetime | None = None
    status_code: int | None = None
    error: str | None = None
    seconds: float | None = None
    response: str | None = None


class Callback(Answer):
    """One event for one URL. `status` is `pending`, `delivered` or `dead`; `error` says why it was
    given up before its attempts were used up.
    """

    id: str
    status: str
    type: str | None = None
    job_id: str | None = None
    batch_id: str | None = None
    url: str | None = None
    attempts: tuple[Attempt, ...] = ()
    next_attempt_at: datetime | None = None
    error: str | None = None


class Redelivered(Answer):
    """How many callbacks are being sent again, and how many of those asked for are not yet."""

    redelivered: int
    remaining: int


class TaskInfo(Answer):
    """What a task does, and the JSON Schemas of its options and its result."""

    name: str
    version: str
    description: str = ""
    options_schema: dict[str, Any] = Field(default_factory=dict)
    result_schema: dict[str, Any] = Field(default_factory=dict)


class Page(Answer, Generic[Item]):
    data: tuple[Item, ...]
    next_cursor: str | None = None
