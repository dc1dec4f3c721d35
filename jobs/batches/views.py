"""The JSON of files and batches, as in OpenAI's Files and Batch API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from jobs.batches.batch import Batch, BatchStatus, NewBatch
from jobs.batches.estimate import StallReason
from jobs.batches.file import FilePurpose, StoredFile


class FileView(BaseModel):
    """Times are in whole seconds since 1970."""

    id: str
    object: Literal["file"] = "file"
    bytes: int
    created_at: int
    expires_at: int = Field(
        description="When it is removed. The file of a batch that has not ended is kept longer."
    )
    filename: str
    purpose: FilePurpose
    status: Literal["processed"] = "processed"


def file_view(file: StoredFile) -> FileView:
    return FileView(
        id=file.id,
        bytes=file.bytes,
        created_at=int(file.created_at.timestamp()),
        expires_at=int(file.expires_at.timestamp()),
        filename=file.filename,
        purpose=file.purpose,
    )


class CountsView(BaseModel):
    total: int
    completed: int
    failed: int


class ReadingView(BaseModel):
    """How much of the input file was checked, in bytes."""

    read: int
    of: int


class BatchErrorsView(BaseModel):
    object: Literal["list"] = "list"
    data: Sequence[Mapping[str, Any]]


class InputTokensView(BaseModel):
    cached_tokens: int


class OutputTokensView(BaseModel):
    """`reasoning_tokens` is 0: the engines do not count them apart."""

    reasoning_tokens: int = 0


class BatchUsageView(BaseModel):
    """The tokens of the lines that have ended."""

    input_tokens: int
    input_tokens_details: InputTokensView
    output_tokens: int
    output_tokens_details: OutputTokensView = OutputTokensView()
    total_tokens: int


class StallView(BaseModel):
    """Why no line of a batch is worked on. `since` is in seconds since 1970, null if unknown."""

    reason: StallReason
    since: int | None
    detail: str = Field(examples=["engine away since 2026-11-30 02:10 UTC"])


class BatchView(BaseModel):
    """OpenAI's Batch object, times in seconds since 1970. Extensions: `expected_at`, the estimated
    end, null while the batch stands still because something is broken, `stalled`, `warnings`, and
    `progress` while the file is read. `model` is null until a model answered.
    """

    id: str
    object: Literal["batch"] = "batch"
    endpoint: str
    errors: BatchErrorsView | None = None
    input_file_id: str
    completion_window: str
    status: BatchStatus
    output_file_id: str | None = None
    error_file_id: str | None = None
    created_at: int
    in_progress_at: int | None = None
    expires_at: int
    finalizing_at: int | None = None
    completed_at: int | None = None
    failed_at: int | None = None
    expired_at: int | None = None
    cancelling_at: int | None = None
    cancelled_at: int | None = None
    request_counts: CountsView
    metadata: Mapping[str, Any]
    model: str | None = None
    usage: BatchUsageView | None = None
    expected_at: int | None = None
    stalled: StallView | None = None
    warnings: Sequence[str] = ()
    progress: ReadingView | None = None


def batch_view(batch: Batch) -> BatchView:
    errors = [
        {"code": error["code"], "message": error["detail"], "line": None, "param": None}
        for error in batch.errors
    ]
    reading = ReadingView(read=batch.read, of=batch.input_bytes)
    return BatchView(
        id=batch.id,
        endpoint=batch.endpoint,
        errors=BatchErrorsView(data=errors) if errors else None,
        input_file_id=batch.input_file_id,
        completion_window=batch.completion_window,
        status=batch.status,
        output_file_id=batch.output_file_id if batch.output_begun else None,
        error_file_id=batch.error_file_id if batch.error_begun else None,
        created_at=_seconds(batch.created_at),
        expires_at=_seconds(batch.deadline),
        **{
            f"{status.value}_at": _seconds(moment)
            for status, moment in batch.moments.items()
            if status is not BatchStatus.validating
        },
        request_counts=CountsView(
            total=batch.total, completed=batch.completed, failed=batch.failed
        ),
        metadata=batch.metadata,
        model=batch.model,
        usage=_usage(batch),
        expected_at=_seconds(batch.expected_at) if batch.expected_at else None,
        stalled=_stall(batch),
        warnings=_warnings(batch),
        progress=reading if batch.status is BatchStatus.validating else None,
    )


def _usage(batch: Batch) -> BatchUsageView:
    return BatchUsageView(
        input_tokens=batch.prompt_tokens,
        input_tokens_details=InputTokensView(cached_tokens=batch.cached_tokens),
        output_tokens=batch.completion_tokens,
        total_tokens=batch.prompt_tokens + batch.completion_tokens,
    )


def new_batch_view(batch: NewBatch) -> BatchView:
    """A batch in the response to its submission."""
    return BatchView(
        id=batch.id,
        endpoint=batch.endpoint,
        input_file_id=batch.input_file_id,
        completion_window=batch.completion_window,
        status=BatchStatus.validating,
        created_at=_seconds(batch.created_at),
        expires_at=_seconds(batch.deadline),
        request_counts=CountsView(total=0, completed=0, failed=0),
        metadata=batch.metadata,
        expected_at=_seconds(batch.expected_at) if batch.expected_at else None,
        stalled=_stall(batch),
        warnings=_warnings(batch),
        progress=ReadingView(read=0, of=batch.input_bytes),
    )


def _stall(batch: Batch | NewBatch) -> StallView | None:
    if batch.stall is None or _has_ended(batch):
        return None
    since = _seconds(batch.stall.since) if batch.stall.since else None
    return StallView(reason=batch.stall.reason, since=since, detail=batch.stall.detail)


def _has_ended(batch: Batch | NewBatch) -> bool:
    return isinstance(batch, Batch) and batch.ended_at is not None


def _warnings(batch: Batch | NewBatch) -> Sequence[str]:
    if _has_ended(batch):
        return ()
    if batch.expected_at is None:
        why = "its window may not open"
        if batch.stall:
            why = f"it is stalled: {batch.stall.detail}"
        return (
            f"The end of the batch cannot be estimated: {why}. Lines that are not done by its "
            f"deadline, {batch.deadline:%Y-%m-%d %H:%M} UTC, expire.",
        )
    if batch.expected_at <= batch.deadline:
        return ()
    return (
        f"The batch is expected to end at {batch.expected_at:%Y-%m-%d %H:%M} UTC, after its "
        f"deadline, {batch.deadline:%Y-%m-%d %H:%M} UTC. Lines that are not done by then expire.",
    )


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
