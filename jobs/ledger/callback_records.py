"""Converts between hashes in Redis and callbacks, their attempts and options."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime

from pydantic_core import from_json

from jobs.ledger.records import Record, dump, to_time
from jobs.model.callback import Attempt, Callback
from jobs.model.department import CallbackOptions
from jobs.model.formats.callback_format import CallbackFormat
from jobs.model.states import CallbackStatus


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
