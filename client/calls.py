"""Every call of the api: how its request is made and its answer read. Nothing is sent here."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel

from client.models import Callback, Document, Job, Page, Redelivered, TaskInfo
from client.uploads import Readable, Source, Upload

Answer = TypeVar("Answer")
Model = TypeVar("Model", bound=BaseModel)

PAGE_SIZE = 100


@dataclass(frozen=True, slots=True)
class Call(Generic[Answer]):
    """One call, the same bytes at each attempt. `wait` is how long the api may hold its answer."""

    method: str
    path: str
    read: Callable[[httpx.Response], Answer]
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    upload: Upload | None = None
    wait: float = 0.0

    @property
    def repeatable(self) -> bool:
        return self.upload is None or self.upload.repeatable


def upload(source: Source, filename: str | None, idempotency_key: str | None) -> Call[Document]:
    return Call(
        "POST",
        "/v1/documents",
        _one(Document),
        headers=_multipart(idempotency_key),
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
    if sum(given is not None for given in (text, document_id, file)) != 1:
        raise ValueError("Give exactly one of text, document_id and file.")
    given = {
        "options": options,
        "callback_url": callback_url,
        "lane": lane,
        "model": model,
        "not_before": _moment(not_before),
        "deadline": _moment(deadline),
        "metadata": metadata,
    }
    job = {"task": task} | {name: value for name, value in given.items() if value is not None}
    if file is None:
        job["input"] = {"text": text} if text is not None else {"document_id": document_id}
        return Call("POST", "/v1/jobs", _one(Job), headers=_key(idempotency_key), body=job)
    return Call(
        "POST",
        "/v1/jobs",
        _one(Job),
        headers=_multipart(idempotency_key),
        body=job,
        upload=Upload.of(file, filename),
    )


def job(job_id: str, wait: float | None) -> Call[Job]:
    params = {} if wait is None else {"wait": f"{wait:g}"}
    return Call("GET", f"/v1/jobs/{_id(job_id)}", _one(Job), params=params, wait=wait or 0.0)


def jobs(
    status: str | None, task: str | None, batch_id: str | None, cursor: str | None
) -> Call[Page[Job]]:
    filters = {"status": status, "task": task, "batch_id": batch_id, "cursor": cursor}
    return Call("GET", "/v1/jobs", _one(Page[Job]), params=_page(filters))


def result(job_id: str) -> Call[Any]:
    return Call("GET", f"/v1/jobs/{_id(job_id)}/result", httpx.Response.json)


def cancel(job_id: str) -> Call[Job]:
    return Call("POST", f"/v1/jobs/{_id(job_id)}/cancel", _one(Job), headers=_key(None))


def callbacks(status: str | None, job_id: str | None, cursor: str | None) -> Call[Page[Callback]]:
    filters = {"status": status, "job_id": job_id, "cursor": cursor}
    return Call("GET", "/v1/callbacks", _one(Page[Callback]), params=_page(filters))


def redeliver(callback_id: str) -> Call[Callback]:
    path = f"/v1/callbacks/{_id(callback_id)}/redeliver"
    return Call("POST", path, _one(Callback), headers=_key(None))


def redeliver_dead(since: datetime, until: datetime | None) -> Call[Redelivered]:
    """Raises `ValueError` for a time without a time zone."""
    body = {"status": "dead", "from": _moment(since), "to": _moment(until)}
    return Call("POST", "/v1/callbacks/redeliver", _one(Redelivered), headers=_key(None), body=body)


def tasks() -> Call[tuple[TaskInfo, ...]]:
    return Call("GET", "/v1/tasks", lambda response: _one(Page[TaskInfo])(response).data)


def task(name: str) -> Call[TaskInfo]:
    return Call("GET", f"/v1/tasks/{_id(name)}", _one(TaskInfo))


def parts(call: Call[Any], file: Readable) -> list[tuple[str, Any]]:
    """The multipart form of `call`: the job before the file, so that it can be refused early."""
    form: list[tuple[str, Any]] = []
    if call.body is not None:
        written = json.dumps(call.body, ensure_ascii=False).encode()
        form.append(("job", (None, written, "application/json")))
    if call.upload is not None:
        form.append(("file", (call.upload.filename, file)))
    return form


def _one(model: type[Model]) -> Callable[[httpx.Response], Model]:
    return lambda response: model.model_validate_json(response.content)


def _id(value: str) -> str:
    return quote(value, safe="")


def _key(given: str | None) -> dict[str, str]:
    return {"Idempotency-Key": given or uuid.uuid4().hex}


def _multipart(idempotency_key: str | None) -> dict[str, str]:
    # One boundary for all attempts, so that a repetition is the same to the byte.
    kind = f"multipart/form-data; boundary={os.urandom(16).hex()}"
    return _key(idempotency_key) | {"Content-Type": kind}


def _page(filters: Mapping[str, str | None]) -> dict[str, str]:
    given = {name: value for name, value in filters.items() if value is not None}
    return given | {"limit": str(PAGE_SIZE)}


def _moment(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone: give one, such as UTC.")
    return moment.isoformat()
