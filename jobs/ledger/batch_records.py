"""Converts between hashes in Redis and batches."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic_core import from_json

from jobs.batches.batch import Batch, BatchStatus, NewBatch
from jobs.batches.estimate import Stall, StallReason
from jobs.ledger.records import Record, dump, to_moment, to_ms, to_time
from jobs.model.lanes import Lane


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
