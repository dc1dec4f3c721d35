"""Batches, their files and the lines of their results."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chancery.models.answer import Answer, UnixTime
from chancery.models.jobs import Job

BATCH_ENDINGS = frozenset({"completed", "failed", "cancelled", "expired"})


class File(Answer):
    """An input file, or a file written by a batch. `purpose` is `batch` or `batch_output`."""

    id: str
    bytes: int = 0
    created_at: UnixTime | None = None
    expires_at: UnixTime | None = None
    filename: str | None = None
    purpose: str | None = None
    status: str | None = None


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
