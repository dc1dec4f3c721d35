"""The responses of the api. Unknown fields are kept: a newer api does not break a client."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

ENDINGS = frozenset({"succeeded", "failed", "cancelled", "expired"})
BATCH_ENDINGS = frozenset({"completed", "failed", "cancelled", "expired"})

# The Files and Batch API gives times in whole seconds since 1970; JSON output keeps that form.
UnixTime = Annotated[
    datetime,
    PlainSerializer(lambda time: int(time.timestamp()), return_type=int, when_used="json"),
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


class MonthUse(Answer):
    """A department's usage of one model by one task in one month (UTC), as `GET /v1/usage` says.

    None: no model was used, the engine's power is not known, or no price is set.
    """

    month: str
    department: str
    task: str
    model: str | None = None
    documents: int = 0
    pages: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    engine_seconds: float = 0.0
    gpu_seconds: float = 0.0
    energy_kwh: float | None = None
    wh_per_document: float | None = None
    cost: float | None = None
    cost_per_document: float | None = None


class UsageReport(Answer):
    """What a department used: `total`, and `months` with costs in `currency`."""

    department: str | None = None
    total: dict[str, Any] = Field(default_factory=dict)
    months: tuple[MonthUse, ...] = ()
    currency: str | None = None


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


class File(Answer):
    """An input file, or a file written by a batch. `purpose` is `batch` or `batch_output`."""

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
    """The number of lines, and how many of them have succeeded or failed."""

    total: int = 0
    completed: int = 0
    failed: int = 0


class BytesRead(Answer):
    """How much of the input file has been read, in bytes."""

    read: int = 0
    of: int = 0


class BatchError(Answer):
    """Why a whole batch failed. `line` counts from 1."""

    code: str | None = None
    line: int | None = None
    message: str | None = None
    param: str | None = None


class BatchErrors(Answer):
    data: tuple[BatchError, ...] = ()


class Stall(Answer):
    """Why no line of a batch is worked on, such as `engine-away`; `detail` says it in words."""

    reason: str
    detail: str
    since: UnixTime | None = None


class Batch(Answer):
    """A file of many lines, each of which becomes a job.

    `status` is `validating`, `in_progress`, `finalizing`, `completed`, `cancelling`, `cancelled`,
    `expired` or `failed`. A batch that expired or was cancelled keeps its finished results.
    `expected_at` is the estimated end; None, and `stalled` set, while something is broken.
    `warnings` say why the deadline may be missed. `progress` is set while the status is
    `validating`. `department` is set for operators only.
    """

    id: str
    status: str
    department: str | None = None
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
    stalled: Stall | None = None
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
        """When it ended, in whichever state."""
        times = (self.completed_at, self.failed_at, self.expired_at, self.cancelled_at)
        return next((time for time in times if time is not None), None)

    @property
    def counts(self) -> RequestCounts:
        """`request_counts`, or zeros while they are unknown."""
        return self.request_counts or RequestCounts()


class LineResponse(Answer):
    status_code: int
    request_id: str | None = None
    body: Any = None


class BatchLine(Answer):
    """The outcome of one input line: a line of the batch's output file or error file.

    `response` is the response to the line's call. `error` has the `code` and `message` of a
    failure, and the `line` number, counted from 1, of a line that did not become a job.
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
        """The job of a line that succeeded. Raises `TypeError` if the line has no job."""
        body = self.response.body if self.response else None
        if isinstance(body, dict) and body.get("object") == "job":
            return Job.model_validate(body)
        raise TypeError(f"The line {self.custom_id!r} has no job.")


class Attempt(Answer):
    """One attempt to deliver a callback. `error` says why there is no `status_code`; `response` is
    the beginning of the receiver's response if the last attempt failed.
    """

    at: datetime | None = None
    status_code: int | None = None
    error: str | None = None
    seconds: float | None = None
    response: str | None = None


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


class Callback(Answer):
    """One event for one URL. `status` is `pending`, `delivered` or `dead`; `error` says why it is
    dead although attempts were left. `department` is set for operators only.
    """

    id: str
    status: str
    department: str | None = None
    type: str | None = None
    job_id: str | None = None
    batch_id: str | None = None
    url: str | None = None
    attempts: tuple[Attempt, ...] = ()
    next_attempt_at: datetime | None = None
    error: str | None = None


class Redelivered(Answer):
    """How many callbacks are delivered again, and how many of the time range are not yet."""

    redelivered: int
    remaining: int


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


class Page(Answer, Generic[Item]):
    data: tuple[Item, ...]
    next_cursor: str | None = None


class OpenAIPage(Answer, Generic[Item]):
    """A page as the Files and Batch API returns it."""

    data: tuple[Item, ...]
    last_id: str | None = None
    has_more: bool = False

    def as_page(self) -> Page[Item]:
        return Page(data=self.data, next_cursor=self.last_id if self.has_more else None)
