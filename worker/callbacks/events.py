"""The event in the body of a callback."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic_core import to_json

from jobs.batches.batch import Batch
from jobs.batches.views import batch_view
from jobs.model.callback import Callback
from jobs.model.job import Job
from jobs.store import Store
from jobs.views import job_view


async def event_body(
    callback: Callback, subject: Job | Batch, store: Store, *, public_url: str, max_bytes: int
) -> bytes:
    """The JSON of an event. It is the same at every attempt, because ended jobs do not change.

    Where it would be longer than `max_bytes`, `result_url` replaces the job's result.
    """
    if isinstance(subject, Batch):
        return _event(callback, subject.ended_at, batch_view(subject).model_dump(mode="json"))
    view = (await job_view(subject, store)).model_dump(mode="json")
    body = _event(callback, subject.finished_at, view)
    if len(body) > max_bytes:
        url = f"{public_url}/v1/jobs/{subject.id}/result"
        body = _event(callback, subject.finished_at, view | {"result": None, "result_url": url})
    return body


def _event(callback: Callback, at: datetime | None, data: dict[str, Any]) -> bytes:
    return to_json({"type": callback.type, "timestamp": at, "data": data})
