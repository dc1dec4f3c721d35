"""Reads records so that one that this release cannot read breaks no list and no other work.

Such a record may come from a later release. It is logged, and stands in lists with its id and the
problem `record-unreadable`; it can be cancelled, and a worker that claims it ends it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

import structlog
from ulid import ULID

from jobs.batches.batch import Batch, BatchStatus
from jobs.ledger.batch_records import to_batch
from jobs.ledger.callback_records import to_callback
from jobs.ledger.job_records import to_job
from jobs.model.callback import Callback
from jobs.model.job import Job, Progress, Usage
from jobs.model.lanes import Lane
from jobs.model.problems import Problem
from jobs.model.states import CallbackStatus, JobStatus

# What converting a record raises; pydantic's ValidationError is a ValueError.
UNREADABLE = (KeyError, ValueError, TypeError, OverflowError)
PROBLEM = Problem(
    "record-unreadable",
    "The ledger's record cannot be read by this release of Chancery. Cancel it and submit it "
    "again, and tell the operators, whose log names the reason.",
)

Record = Mapping[str, str]
_T = TypeVar("_T")
_Status = TypeVar("_Status", bound=StrEnum)
log = structlog.get_logger()


def readable(kind: str, record_id: str, convert: Callable[[], _T]) -> _T | None:
    """The converted record; None if it cannot be read, which is logged."""
    try:
        return convert()
    except UNREADABLE as error:
        # Without the message, which may quote the record's texts.
        log.error(  # noqa: TRY400 - the trace may quote them too
            "ledger.record_unreadable", kind=kind, id=record_id, error=type(error).__name__
        )
        return None


def read_job(record: Record) -> Job:
    """A job's record, or as much of it as can be read."""
    job = readable("job", record["id"], lambda: to_job(record))
    return job or _unreadable_job(record)


def read_batch(record: Record) -> Batch:
    """A batch's record, or as much of it as can be read."""
    batch = readable("batch", record["id"], lambda: to_batch(record))
    return batch or _unreadable_batch(record)


def read_callback(record: Record, attempts: Sequence[str]) -> Callback:
    """A callback's record, or as much of it as can be read."""
    callback = readable("callback", record["id"], lambda: to_callback(record, attempts))
    return callback or Callback(
        id=record["id"],
        job_id=record.get("job_id") or None,
        batch_id=record.get("batch_id") or None,
        department=record.get("department", ""),
        type=record.get("type", ""),
        url=record.get("url", ""),
        status=_status(CallbackStatus, record, CallbackStatus.dead),
        attempts=(),
        next_attempt_at=None,
        error=PROBLEM.detail,
    )


def _unreadable_job(record: Record) -> Job:
    return Job(
        id=record["id"],
        department=record.get("department", ""),
        task=record.get("task", ""),
        lane=Lane.bulk if record.get("lane") == Lane.bulk else Lane.interactive,
        options={},
        document_id=record.get("document_id"),
        callback_url=record.get("callback_url"),
        callback_id=record.get("callback_id"),
        batch_id=record.get("batch_id"),
        not_before=None,
        deadline=None,
        metadata={},
        status=_status(JobStatus, record, JobStatus.failed),
        created_at=_created_at(record["id"]),
        started_at=None,
        finished_at=None,
        attempts=0,
        progress=Progress(),
        result_json=None,
        result_blob=None,
        error=PROBLEM.to_dict(),
        usage=Usage(),
        provenance=None,
    )


def _unreadable_batch(record: Record) -> Batch:
    created_at = _created_at(record["id"])
    return Batch(
        id=record["id"],
        department=record.get("department", ""),
        endpoint=record.get("endpoint", ""),
        lane=Lane.bulk,
        status=_status(BatchStatus, record, BatchStatus.failed),
        input_file_id=record.get("input_file_id", ""),
        output_file_id=record.get("output_file_id"),
        error_file_id=record.get("error_file_id"),
        output_begun="output_begun" in record,
        error_begun="error_begun" in record,
        input_blob=record.get("input_blob", ""),
        input_bytes=_count(record, "input_bytes"),
        read=_count(record, "read"),
        completion_window=record.get("completion_window", ""),
        created_at=created_at,
        deadline=created_at,
        moments={},
        callback_url=record.get("callback_url"),
        callback_id=record.get("callback_id"),
        window=None,
        first_expected_at=None,
        expected_at=None,
        metadata={},
        errors=[PROBLEM.to_dict() | {"code": PROBLEM.code}],
        tokens={},
        total=_count(record, "total"),
        indexed=_count(record, "indexed"),
        released=_count(record, "next"),
        flushed=_count(record, "flushed"),
        completed=_count(record, "completed"),
        failed=_count(record, "failed"),
        closing=_status(BatchStatus, {"status": record["closing"]}, BatchStatus.cancelled)
        if record.get("closing")
        else None,
    )


def _status(kind: type[_Status], record: Record, otherwise: _Status) -> _Status:
    try:
        return kind(record.get("status", ""))
    except ValueError:
        return otherwise


def _count(record: Record, name: str) -> int:
    text = record.get(name, "")
    return int(text) if text.isdecimal() else 0


def _created_at(record_id: str) -> datetime:
    """The time in the record's id."""
    try:
        return ULID.from_str(record_id.rpartition("_")[2].upper()).datetime
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
