"""The event in the body of a callback."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic_core import from_json, to_json

from jobs.batches.batch import Batch
from jobs.batches.views import batch_view
from jobs.model.callback import Callback
from jobs.model.formats.callback_format import CallbackFormat
from jobs.model.job import Job
from jobs.store import Store
from jobs.views import JobView, job_view
from worker.callbacks.formats import formatted


async def event_body(
    callback: Callback,
    subject: Job | Batch,
    store: Store,
    *,
    public_url: str,
    max_bytes: int,
    callback_format: CallbackFormat | None = None,
) -> bytes:
    """The body of an event: JSON, or as `callback_format` makes it.

    It is the same at every attempt, because ended jobs do not change. Where the JSON or the body
    would be longer than `max_bytes`, `result_url` replaces the job's result.
    """
    if isinstance(subject, Batch):
        data = batch_view(subject).model_dump(mode="json")
        return _body(callback, _event(callback, subject.ended_at, data), callback_format)
    view = await job_view(subject, store)
    return job_body(callback, view, callback_format, public_url=public_url, max_bytes=max_bytes)


def job_body(
    callback: Callback,
    job: JobView,
    callback_format: CallbackFormat | None,
    *,
    public_url: str,
    max_bytes: int,
) -> bytes:
    """As `event_body`, for a job with its result."""
    view = job.model_dump(mode="json")
    event = _event(callback, job.finished_at, view)
    # The JSON first: a format can repeat a large result many times.
    if len(event) <= max_bytes:
        body = _body(callback, event, callback_format)
        if len(body) <= max_bytes:
            return body
    url = f"{public_url}/v1/jobs/{job.id}/result"
    event = _event(callback, job.finished_at, view | {"result": None, "result_url": url})
    return _body(callback, event, callback_format)


def _event(callback: Callback, at: datetime | None, data: dict[str, Any]) -> bytes:
    return to_json({"type": callback.type, "timestamp": at, "data": data})


def _body(callback: Callback, event: bytes, callback_format: CallbackFormat | None) -> bytes:
    if callback_format is None:
        return event
    return formatted(callback_format, from_json(event) | {"id": callback.id})
