"""What the api answers. Unknown fields are kept, so that a newer api does not break a client."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

ENDINGS = frozenset({"succeeded", "failed", "cancelled", "expired"})
BATCH_ENDINGS = frozenset({"completed", "failed", "cancelled", "expired"})

# The Files and Batch API tells times in whole seconds since 1970, and so it is shown as JSON.
UnixTime = Annotated[
    datetime,
    PlainSerializer(lambda told: int(told.timestamp()), return_type=int, when_used="json"),
]

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


class Library(Answer):
    """`documents` is how many it has."""

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


class Sampling(Answer):
    """How the model was told to choose its words; what is None was left to the engine.
    `max_tokens` is the largest of the requests.
    """

    temperature: float | None = None
    seed: int | None = None
    top_p: float | None = None
    max_tokens: int | None = None


class Asked(Answer):
    """What was asked of one model, in how many requests. `engine_model` is what the engine itself
    calls the model.
    """

    model: str | None = None
    requests: int = 0
    prompt_sha256: str | None = None
    sampling: Sampling | None = None
    engine_model: str | None = None
    engine_version: str | None = None


class Reference(Answer):
    """A further document that the options named, or a library of so many documents."""

    sha256: str
    document_id: str | None = None
    library: str | None = None
    documents: int = 1


class Provenance(Asked):
    """Where a result is from. `model` is None and `requests` is 0 where rules did all of the work.
    `escalated` where the full model had to do what the fast one was to do; `doubts` are the codes
    why, and `fast` is what the fast one was asked. `seconds` is how long the run took.
    """

    task_version: str | None = None
    input_sha256: str | None = None
    role: str | None = None
    escalated: bool = False
    doubts: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    seconds: float | None = None
    fast: Asked | None = None


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


class File(Answer):
    """A file that was sent, or that a batch produced. `purpose` is `batch` or `batch_output`."""

    id: str
    bytes: int = 0
    created_at: UnixTime | None = None
    expires_at: UnixTime | None = None
    filename: str | None = None
    purpose: str | None = None
    status: str | None = None


class Deleted(Answer):
    id: str
    deleted: bool


class RequestCounts(Answer):
    """How many lines there are, and how many of them ended well or badly."""

    total: int = 0
    completed: int = 0
    failed: int = 0


class BytesRead(Answer):
    """How far the reading of the input file has come, in bytes."""

    read: int = 0
    of: int = 0


class BatchError(Answer):
    """Why a batch failed as a whole; `line` counts from 1."""

    code: str | None = None
    line: int | None = None
    message: str | None = None
    param: str | None = None


class BatchErrors(Answer):
    data: tuple[BatchError, ...] = ()


class Batch(Answer):
    """A file of many lines, each of which becomes a job.

    `status` is `validating`, `in_progress`, `finalizing`, `completed`, `cancelling`, `cancelled`,
    `expired` or `failed`; one that expired or was cancelled keeps what is done. `expected_at` is
    when it is expected to be done, `warnings` say what stands against that. `progress` is there
    while it is `validating`.
    """

    id: str
    status: str
    endpoint: str | None = None
    completion_window: str | None = None
    input_file_id: str | None = None
    output_file_id: str | None = None
    error_file_id: str | None = None
    created_at: UnixTime | None = None
    in_progress_at: UnixTime | None = None
    expires_at: UnixTime | None = None
    finalizing_at: UnixTime | None = None
    completed_at: UnixTime | None = None
    failed_at: UnixTime | None = None
    expired_at: UnixTime | None = None
    cancelling_at: UnixTime | None = None
    cancelled_at: UnixTime | None = None
    expected_at: UnixTime | None = None
    request_counts: RequestCounts | None = None
    progress: BytesRead | None = None
    errors: BatchErrors | None = None
    warnings: tuple[str, ...] = ()
    metadata: dict[str, Any] | None = None

    @property
    def ended(self) -> bool:
        return self.status in BATCH_ENDINGS

    @property
    def ended_at(self) -> datetime | None:
        """When it came to its end, whichever that was."""
        ends = (self.completed_at, self.failed_at, self.expired_at, self.cancelled_at)
        return next((moment for moment in ends if moment is not None), None)

    @property
    def counts(self) -> RequestCounts:
        """The `request_counts`, all of them 0 while they are not known."""
        return self.request_counts or RequestCounts()


class LineResponse(Answer):
    status_code: int
    request_id: str | None = None
    body: Any = None


class BatchLine(Answer):
    """What became of one line of a batch: a line of its output file or of its error file.

    `response` is what the call that it stands for answered. `error` says in short why the line
    failed: its `code` and `message`, and its `line`, counted from 1, where it never became a job.
    """

    id: str | None = None
    custom_id: str | None = None
    response: LineResponse | None = None
    error: dict[str, Any] | None = None

    @property
    def succeeded(self) -> bool:
        return self.error is None and self.response is not None

    @property
    def job(self) -> Job:
        """The job of a line that succeeded. Raises `TypeError` where there is none in it."""
        body = self.response.body if self.response else None
        if isinstance(body, dict) and body.get("object") == "job":
            return Job.model_validate(body)
        raise TypeError(f"The line {self.custom_id!r} holds no job.")


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
    """What a task does, and the JSON Schemas of its options and its result. `origin` is
    `built-in`, or `department` for one from a file.
    """

    name: str
    version: str
    description: str = ""
    origin: str = "built-in"
    options_schema: dict[str, Any] = Field(default_factory=dict)
    result_schema: dict[str, Any] = Field(default_factory=dict)


class Page(Answer, Generic[Item]):
    data: tuple[Item, ...]
    next_cursor: str | None = None


class Listing(Answer, Generic[Item]):
    """A page in the manner of the Files and Batch API."""

    data: tuple[Item, ...]
    last_id: str | None = None
    has_more: bool = False
