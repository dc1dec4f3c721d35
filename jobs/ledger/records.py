"""Converts between Redis's flat hashes and records. Times in Redis are milliseconds since 1970."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from pydantic_core import from_json, to_json

from documents.kinds import PLAIN_TEXT
from jobs.batches.batch import Batch, BatchStatus, NewBatch
from jobs.batches.estimate import Stall, StallReason
from jobs.batches.file import FilePurpose, StoredFile
from jobs.ledger.short_names import lengthened, shortened
from jobs.model.approval import to_approval, to_policy
from jobs.model.callback import Attempt, Callback
from jobs.model.callback_format import CallbackFormat
from jobs.model.department import CallbackOptions, Department, Quota
from jobs.model.ids import digest_in
from jobs.model.job import InputLine, Job, NewDocument, NewJob, Progress, StoredDocument, Usage
from jobs.model.lanes import Lane
from jobs.model.problems import Problem
from jobs.model.provenance import Provenance, provenance_members, to_provenance
from jobs.model.quotas import OverQuotaError, QuotaLeft, QuotaName
from jobs.model.roles import ModelChoice
from jobs.model.states import CallbackStatus, JobStatus, JobSubstatus
from tasks.secrecy import Secrecy

Record = Mapping[str, str]
_INPUT = "input_sha256"
_USAGE_FIELDS = tuple(one.name for one in fields(Usage))
_FIRST_MS = round(datetime(1, 1, 2, tzinfo=UTC).timestamp() * 1000)
_LAST_MS = round(datetime(9999, 12, 31, tzinfo=UTC).timestamp() * 1000)


def pairs(flat: Sequence[str]) -> dict[str, str]:
    return dict(zip(flat[::2], flat[1::2], strict=True))


def to_ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


# Jobs and batches have most of their times in common: those of a claim, the deadline of a batch.
@lru_cache(maxsize=1024)
def to_moment(ms: str) -> datetime:
    """A time outside the years 1 to 9999 is the nearest one inside."""
    # Records of earlier releases may have such times, which `fromtimestamp` refuses.
    nearest = min(max(int(float(ms)), _FIRST_MS), _LAST_MS)
    return datetime.fromtimestamp(nearest / 1000, UTC)


def to_time(ms: str | None) -> datetime | None:
    return to_moment(ms) if ms else None


def dump(value: Any) -> str:
    return to_json(value).decode()


def new_job_record(job: NewJob, created_at: datetime, keep_ms: int) -> dict[str, str | int]:
    """The fields that never change, and `id`, which the script writes in the key alone. Those that
    are None or empty are left out.
    """
    record: dict[str, str | int | None] = {
        "id": job.id,
        "callback_id": job.callback_id,
        "department": job.department,
        "task": job.task,
        "lane": job.lane.value,
        "model": job.model.value if job.model else None,
        "options": dump(job.options),
        "metadata": dump(job.metadata) if job.metadata else None,
        "document_id": job.document_id,
        "references": dump(job.references) if job.references else None,
        "callback_url": job.callback_url,
        "batch_id": job.batch_id,
        "not_before": to_ms(job.not_before) if job.not_before else None,
        "deadline": to_ms(job.deadline) if job.deadline else None,
        "created_at": to_ms(created_at),
        "keep_ms": keep_ms,
        "traceparent": job.traceparent,
    }
    return {name: value for name, value in record.items() if value is not None}


def to_job(record: Record) -> Job:
    awaits = record["status"] == JobSubstatus.awaiting_approval
    return Job(
        id=record["id"],
        department=record["department"],
        task=record["task"],
        lane=Lane(record["lane"]),
        options=from_json(record.get("options", "{}")),
        document_id=record.get("document_id"),
        callback_url=record.get("callback_url"),
        callback_id=record.get("callback_id"),
        batch_id=record.get("batch_id"),
        not_before=to_time(record.get("not_before")),
        deadline=to_time(record.get("deadline")),
        metadata=from_json(record.get("metadata", "{}")),
        status=JobStatus.running if awaits else JobStatus(record["status"]),
        created_at=to_moment(record["created_at"]),
        started_at=to_time(record.get("started_at")),
        finished_at=to_time(record.get("finished_at")),
        attempts=int(record["attempts"]),
        progress=_progress(record),
        result_json=record.get("result") or None,
        result_blob=record.get("result_blob") or None,
        error=error_of(record),
        usage=_usage_of(record),
        provenance=provenance_of(record),
        model=ModelChoice(record["model"]) if record.get("model") else None,
        custom_id=record.get("custom_id"),
        line=to_line(record) if "line" in record else None,
        traceparent=record.get("traceparent"),
        awaiting_until=to_time(record.get("awaiting_until")) if awaits else None,
        held_blob=record.get("held_blob") or None,
        case_blob=record.get("case_blob") or None,
    )


def _progress(record: Record) -> Progress:
    """All parts of a run that succeeded are done: its last steps are not stored."""
    total = int(record.get("total", 0))
    if record["status"] in (JobStatus.succeeded, JobSubstatus.awaiting_approval):
        return Progress(total, total)
    return Progress(int(record.get("done", 0)), total)


def usage_record(usage: Usage) -> str:
    """JSON without amounts of 0."""
    amounts = ((name, getattr(usage, name)) for name in _USAGE_FIELDS)
    return dump(shortened({name: round(amount, 3) for name, amount in amounts if amount}))


def _usage_of(record: Record) -> Usage:
    return Usage(**lengthened(from_json(record["usage"]))) if record.get("usage") else Usage()


def provenance_record(job: Job, provenance: Provenance) -> str:
    """JSON without default values, and without the input's digest if the document's id has it."""
    members = provenance_members(provenance)
    if job.document_id and digest_in(job.document_id) == provenance.input_sha256:
        del members[_INPUT]
    return dump(shortened(members))


def provenance_of(record: Record) -> Provenance | None:
    """The provenance in a job's record, with the decision of a person; None without one."""
    if not record.get("provenance"):
        return None
    members = lengthened(from_json(record["provenance"]))
    if _INPUT not in members and record.get("document_id"):
        members[_INPUT] = digest_in(record["document_id"])
    provenance = to_provenance(members)
    if not record.get("approval"):
        return provenance
    # The decision ends the job, so that its time is that of the ending.
    at = to_moment(record["finished_at"])
    return replace(provenance, approval=to_approval(record["approval"], at))


def error_of(record: Record) -> dict[str, Any] | None:
    """The problem in a job's record; None without one."""
    if not record.get("error"):
        return None
    # Scripts store it without its title, which only Python has.
    fields: dict[str, Any] = from_json(record["error"])
    if "title" in fields:
        return fields
    return Problem(fields["type"].rpartition("/")[2], fields["detail"]).to_dict()


def to_line(record: Record) -> InputLine:
    return InputLine(
        record["blob"], int(record["line"]), int(record["offset"]), int(record["length"])
    )


def file_record(file: StoredFile) -> dict[str, str | int]:
    """All fields except the blobs, which Redis keeps in a list."""
    return {
        "id": file.id,
        "department": file.department,
        "purpose": file.purpose.value,
        "filename": file.filename,
        "bytes": file.bytes,
        "lines": file.lines,
        "created_at": to_ms(file.created_at),
        "expires_at": to_ms(file.expires_at),
    }


def to_file(record: Record, blobs: Sequence[str]) -> StoredFile:
    return StoredFile(
        id=record["id"],
        department=record["department"],
        purpose=FilePurpose(record["purpose"]),
        filename=record["filename"],
        bytes=int(record["bytes"]),
        lines=int(record["lines"]),
        created_at=to_moment(record["created_at"]),
        expires_at=to_moment(record["expires_at"]),
        blobs=tuple(blobs),
    )


def document_record(document: NewDocument, keep_ms: int) -> dict[str, str | int]:
    """All fields except `expires_at`, which the scripts set by Redis's clock, and the digest, which
    the id has. `id` and `department` are for the scripts, which write them in the key alone. Left
    out: `secrecy_checked` if it is true, as of nearly all documents, an empty name, a text's type.
    """
    record: dict[str, str | int | None] = {
        "id": document.id,
        "department": document.department,
        "bytes": document.bytes,
        "media_type": None if document.media_type == PLAIN_TEXT else document.media_type,
        "filename": document.filename or None,
        "blob": document.blob,
        "keep_ms": keep_ms,
        "secrecy_checked": None if document.secrecy_checked else 0,
    }
    return {name: value for name, value in record.items() if value is not None}


def to_document(department: str, document_id: str, record: Record) -> StoredDocument:
    return StoredDocument(
        id=document_id,
        department=department,
        sha256=digest_in(document_id),
        bytes=int(record["bytes"]),
        media_type=record.get("media_type", PLAIN_TEXT),
        filename=record.get("filename") or None,
        expires_at=to_moment(record["expires_at"]),
        blob=record["blob"],
        secrecy_checked=record.get("secrecy_checked") != "0",
    )


def to_callback(record: Record, attempts: Sequence[str]) -> Callback:
    parsed = [to_attempt(attempt) for attempt in attempts]
    if parsed and record.get("response"):
        parsed[-1] = replace(parsed[-1], response=record["response"])
    return Callback(
        id=record["id"],
        job_id=record["job_id"] or None,
        batch_id=record["batch_id"] or None,
        department=record["department"],
        type=record["type"],
        url=record["url"],
        status=CallbackStatus(record["status"]),
        attempts=parsed,
        next_attempt_at=to_time(record["next_attempt_at"]),
        error=record.get("error"),
    )


def attempt_record(attempt: Attempt) -> str:
    """JSON without the response. Only the last one is stored, to save memory in Redis."""
    return dump(
        {
            "at": attempt.at,
            "status_code": attempt.status_code,
            "error": attempt.error,
            "seconds": attempt.seconds,
        }
    )


def to_attempt(text: str) -> Attempt:
    fields = from_json(text)
    return Attempt(**{**fields, "at": datetime.fromisoformat(fields["at"])})


def to_department(record: Record, now_ms: int) -> Department:
    """`now_ms`: Redis's clock, which decides which callback secrets still sign."""
    return Department(
        name=record["name"],
        callback_allow=tuple(from_json(record["callback_allow"])),
        callback_secrets=_valid(from_json(record["callback_secrets"]), now_ms),
        weight=int(record["weight"]),
        quota=to_quota(record),
        callback_max_bytes=(
            int(record["callback_max_bytes"]) if record["callback_max_bytes"] else None
        ),
        window=record.get("window") or None,
        allow_secrecy=Secrecy(record["allow_secrecy"]) if record.get("allow_secrecy") else None,
        display_name=record.get("display_name") or None,
        approval=to_policy(record.get("approval")),
    )


def to_callback_options(text: str | None) -> CallbackOptions:
    if not text:
        return CallbackOptions()
    fields = from_json(text)
    if "format" in fields:
        fields["format"] = CallbackFormat.model_validate(fields["format"])
    return CallbackOptions(**fields)


def callback_options_record(options: CallbackOptions) -> str:
    """JSON without what is None, so that couriers of earlier releases read it."""
    values = {each.name: getattr(options, each.name) for each in fields(options)}
    return dump({name: value for name, value in values.items() if value is not None})


def quota_record(quota: Quota) -> dict[Any, str | int | float]:
    """The fields that `scripts/lib/quotas.lua` reads. An empty field is the default's."""
    return {name: "" if value is None else value for name, value in asdict(quota).items()}


def to_quota(record: Record) -> Quota:
    def whole(name: str) -> int | None:
        return int(record[name]) if record.get(name) else None

    return Quota(
        rate=float(record["rate"]) if record.get("rate") else None,
        max_in_flight=whole("max_in_flight"),
        max_queued=whole("max_queued"),
        tokens_per_day=whole("tokens_per_day"),
        max_record_bytes=whole("max_record_bytes"),
        max_stored_bytes=whole("max_stored_bytes"),
        max_open_batches=whole("max_open_batches"),
    )


def to_quotas(answer: Sequence[Sequence[Any]]) -> tuple[QuotaLeft, ...]:
    """What the scripts' `quotas_left` returned."""
    return tuple(
        QuotaLeft(QuotaName(name), float(limit), int(left), int(ms) / 1000 if ms >= 0 else None)
        for name, limit, left, ms in answer
    )


def over_quota(department: str, answer: Sequence[Any]) -> OverQuotaError:
    """The problem for a script's answer `{'over', quotas left, code, ms}`."""
    _, quotas, code, wait_ms = answer
    return OverQuotaError(department, code, int(wait_ms) / 1000, to_quotas(quotas))


def new_batch_record(batch: NewBatch, keep_ms: int, file_keep_ms: int) -> dict[str, str | int]:
    """The fields that never change. Fields that are None are left out."""
    expected = to_ms(batch.expected_at) if batch.expected_at else None
    record: dict[str, str | int | None] = {
        "id": batch.id,
        "callback_id": batch.callback_id,
        "callback_url": batch.callback_url,
        "department": batch.department,
        "endpoint": batch.endpoint,
        "lane": batch.lane.value,
        "window": batch.window,
        "input_file_id": batch.input_file_id,
        "input_bytes": batch.input_bytes,
        "completion_window": batch.completion_window,
        "deadline": to_ms(batch.deadline),
        "created_at": to_ms(batch.created_at),
        "first_expected_at": expected,
        "expected_at": expected,
        "stall": dump(batch.stall) if batch.stall else None,
        "tokens": dump(batch.tokens),
        "metadata": dump(batch.metadata),
        "keep_ms": keep_ms,
        "file_keep_ms": file_keep_ms,
        "traceparent": batch.traceparent,
    }
    return {name: value for name, value in record.items() if value is not None}


def to_batch(record: Record) -> Batch:
    return Batch(
        id=record["id"],
        department=record["department"],
        endpoint=record["endpoint"],
        lane=Lane(record["lane"]),
        status=BatchStatus(record["status"]),
        input_file_id=record["input_file_id"],
        output_file_id=record.get("output_file_id"),
        error_file_id=record.get("error_file_id"),
        output_begun="output_begun" in record,
        error_begun="error_begun" in record,
        input_blob=record["input_blob"],
        input_bytes=int(record["input_bytes"]),
        read=int(record["read"]),
        completion_window=record["completion_window"],
        created_at=to_moment(record["created_at"]),
        deadline=to_moment(record["deadline"]),
        moments={
            status: to_moment(record[f"{status.value}_at"])
            for status in BatchStatus
            if f"{status.value}_at" in record
        },
        callback_url=record.get("callback_url"),
        callback_id=record.get("callback_id"),
        window=record.get("window"),
        first_expected_at=to_time(record.get("first_expected_at")),
        expected_at=to_time(record.get("expected_at")),
        metadata=from_json(record["metadata"]),
        errors=from_json(record.get("errors", "[]")),
        tokens=from_json(record.get("tokens", "{}")),
        **_counts(record),
        closing=BatchStatus(record["closing"]) if record["closing"] else None,
        stall=_stall(record.get("stall")),
        progress_at=to_time(record.get("progress_at")),
        model=record.get("model"),
        prompt_tokens=int(record.get("prompt_tokens", 0)),
        completion_tokens=int(record.get("completion_tokens", 0)),
        cached_tokens=int(record.get("cached_tokens", 0)),
        traceparent=record.get("traceparent"),
    )


def _stall(text: str | None) -> Stall | None:
    if not text:
        return None
    fields = from_json(text)
    since = fields["since"]
    return Stall(
        StallReason(fields["reason"]),
        datetime.fromisoformat(since) if since else None,
        fields["detail"],
    )


def _counts(record: Record) -> dict[str, Any]:
    return {
        "total": int(record["total"]),
        "indexed": int(record["indexed"]),
        "released": int(record["next"]),
        "flushed": int(record["flushed"]),
        "completed": int(record["completed"]),
        "failed": int(record["failed"]),
    }


def _valid(secrets: Sequence[Mapping[str, Any]], now_ms: int) -> tuple[str, ...]:
    """The secrets that sign now. `until` is a time in ms, or 0 for no end."""
    return tuple(each["secret"] for each in secrets if not each["until"] or each["until"] > now_ms)
