"""Converts between hashes in Redis and jobs."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from pydantic_core import from_json

from jobs.ledger.records import Record, dump, to_moment, to_ms, to_time
from jobs.ledger.short_names import lengthened, shortened
from jobs.model.approval import to_approval
from jobs.model.ids import digest_in
from jobs.model.job import InputLine, Job, NewJob, Progress, Usage
from jobs.model.lanes import Lane
from jobs.model.problems import Problem
from jobs.model.provenance import Provenance, provenance_members, to_provenance
from jobs.model.roles import ModelChoice
from jobs.model.states import JobStatus, JobSubstatus

_INPUT = "input_sha256"
_USAGE_FIELDS = tuple(one.name for one in fields(Usage))


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
