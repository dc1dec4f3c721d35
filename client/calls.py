"""The calls about documents, jobs, callbacks and tasks. Nothing is sent here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx

from client.call import Call, given, in_path, key, moment, multipart, one, page
from client.models import Callback, Document, Job, Page, Redelivered, TaskInfo
from client.uploads import Source, Upload


def upload(source: Source, filename: str | None, idempotency_key: str | None) -> Call[Document]:
    return Call(
        "POST",
        "/v1/documents",
        one(Document),
        headers=multipart(idempotency_key),
        upload=Upload.of(source, filename),
    )


def submit(
    task: str,
    *,
    text: str | None,
    document_id: str | None,
    file: Source | None,
    filename: str | None,
    options: Mapping[str, Any] | None,
    callback_url: str | None,
    lane: str | None,
    model: str | None,
    not_before: datetime | None,
    deadline: datetime | None,
    metadata: Mapping[str, Any] | None,
    idempotency_key: str | None,
) -> Call[Job]:
    """Raises `ValueError` unless there is exactly one of `text`, `document_id` and `file`."""
    if sum(source is not None for source in (text, document_id, file)) != 1:
        raise ValueError("Give exactly one of text, document_id and file.")
    optional = {
        "options": options,
        "callback_url": callback_url,
        "lane": lane,
        "model": model,
        "not_before": moment(not_before),
        "deadline": moment(deadline),
        "metadata": metadata,
    }
    job = {"task": task} | given(optional)
    if file is None:
        job["input"] = {"text": text} if text is not None else {"document_id": document_id}
        return Call("POST", "/v1/jobs", one(Job), headers=key(idempotency_key), body=job)
    return Call(
        "POST",
        "/v1/jobs",
        one(Job),
        headers=multipart(idempotency_key),
        body=job,
        upload=Upload.of(file, filename),
    )


def job(job_id: str, wait: float | None) -> Call[Job]:
    params = {} if wait is None else {"wait": f"{wait:g}"}
    return Call("GET", f"/v1/jobs/{in_path(job_id)}", one(Job), params=params, wait=wait or 0.0)


def jobs(
    status: str | None, task: str | None, batch_id: str | None, cursor: str | None
) -> Call[Page[Job]]:
    filters = {"status": status, "task": task, "batch_id": batch_id, "cursor": cursor}
    return Call("GET", "/v1/jobs", one(Page[Job]), params=page(filters))


def result(job_id: str) -> Call[Any]:
    return Call("GET", f"/v1/jobs/{in_path(job_id)}/result", httpx.Response.json)


def cancel(job_id: str) -> Call[Job]:
    return Call("POST", f"/v1/jobs/{in_path(job_id)}/cancel", one(Job), headers=key(None))


def callbacks(status: str | None, job_id: str | None, cursor: str | None) -> Call[Page[Callback]]:
    filters = {"status": status, "job_id": job_id, "cursor": cursor}
    return Call("GET", "/v1/callbacks", one(Page[Callback]), params=page(filters))


def redeliver(callback_id: str) -> Call[Callback]:
    path = f"/v1/callbacks/{in_path(callback_id)}/redeliver"
    return Call("POST", path, one(Callback), headers=key(None))


def redeliver_dead(since: datetime, until: datetime | None) -> Call[Redelivered]:
    """Raises `ValueError` for a time without a time zone."""
    body = {"status": "dead", "from": moment(since), "to": moment(until)}
    return Call("POST", "/v1/callbacks/redeliver", one(Redelivered), headers=key(None), body=body)


def tasks() -> Call[tuple[TaskInfo, ...]]:
    return Call("GET", "/v1/tasks", lambda response: one(Page[TaskInfo])(response).data)


def task(name: str) -> Call[TaskInfo]:
    return Call("GET", f"/v1/tasks/{in_path(name)}", one(TaskInfo))
