"""Every call of the api, by subject. Nothing is sent here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypedDict

import httpx

from chancery.call import (
    Call,
    Source,
    Upload,
    iso_time,
    key_header,
    multipart_headers,
    page_params,
    parsed_as,
    path_segment,
    without_none,
)
from chancery.models import (
    Batch,
    Callback,
    CasePage,
    Deleted,
    Document,
    File,
    Job,
    Library,
    OpenAIPage,
    Page,
    PendingApproval,
    Redelivered,
    TaskInfo,
    UsageReport,
)


class JobFields(TypedDict, total=False):
    """The keyword arguments of `submit`."""

    text: str | None
    document_id: str | None
    file: Source | None
    filename: str | None
    options: Mapping[str, Any] | None
    callback_url: str | None
    lane: str | None
    model: str | None
    not_before: datetime | None
    deadline: datetime | None
    metadata: Mapping[str, Any] | None
    idempotency_key: str | None


class BatchFields(TypedDict, total=False):
    """The keyword arguments of `submit_batch`."""

    documents: Sequence[str | Mapping[str, Any]] | None
    task: str | None
    options: Mapping[str, Any] | None
    model: str | None
    endpoint: str
    completion_window: str
    callback_url: str | None
    lane: str | None
    window: str | None
    deadline: datetime | None
    metadata: Mapping[str, str] | None
    idempotency_key: str | None


# Documents and jobs


def upload(source: Source, filename: str | None, idempotency_key: str | None) -> Call[Document]:
    return Call(
        "POST",
        "/v1/documents",
        parsed_as(Document),
        headers=multipart_headers(idempotency_key),
        upload=Upload.of(source, filename),
    )


def submit(
    task: str,
    *,
    text: str | None = None,
    document_id: str | None = None,
    file: Source | None = None,
    filename: str | None = None,
    options: Mapping[str, Any] | None = None,
    callback_url: str | None = None,
    lane: str | None = None,
    model: str | None = None,
    not_before: datetime | None = None,
    deadline: datetime | None = None,
    metadata: Mapping[str, Any] | None = None,
    idempotency_key: str | None = None,
) -> Call[Job]:
    """Raises `ValueError` unless exactly one of `text`, `document_id` and `file` is given."""
    if sum(source is not None for source in (text, document_id, file)) != 1:
        raise ValueError("Give exactly one of text, document_id and file.")
    optional = {
        "options": options,
        "callback_url": callback_url,
        "lane": lane,
        "model": model,
        "not_before": iso_time(not_before),
        "deadline": iso_time(deadline),
        "metadata": metadata,
    }
    body = {"task": task} | without_none(optional)
    if file is None:
        body["input"] = {"text": text} if text is not None else {"document_id": document_id}
        headers = key_header(idempotency_key)
        return Call("POST", "/v1/jobs", parsed_as(Job), headers=headers, body=body)
    return Call(
        "POST",
        "/v1/jobs",
        parsed_as(Job),
        headers=multipart_headers(idempotency_key),
        body=body,
        upload=Upload.of(file, filename),
    )


def job(job_id: str, wait: float | None) -> Call[Job]:
    path = f"/v1/jobs/{path_segment(job_id)}"
    params = {} if wait is None else {"wait": f"{wait:g}"}
    return Call("GET", path, parsed_as(Job), params=params, wait=wait or 0.0)


def jobs(
    status: str | None, task: str | None, batch_id: str | None, cursor: str | None
) -> Call[Page[Job]]:
    filters = {"status": status, "task": task, "batch_id": batch_id, "cursor": cursor}
    return Call("GET", "/v1/jobs", parsed_as(Page[Job]), params=page_params(filters))


def result(job_id: str) -> Call[Any]:
    return Call("GET", f"/v1/jobs/{path_segment(job_id)}/result", httpx.Response.json)


def cancel(job_id: str) -> Call[Job]:
    path = f"/v1/jobs/{path_segment(job_id)}/cancel"
    return Call("POST", path, parsed_as(Job), headers=key_header(None))


def delete_job(job_id: str) -> Call[Deleted]:
    return Call("DELETE", f"/v1/jobs/{path_segment(job_id)}", parsed_as(Deleted))


def document(document_id: str) -> Call[Document]:
    return Call("GET", f"/v1/documents/{path_segment(document_id)}", parsed_as(Document))


def delete_document(document_id: str) -> Call[Deleted]:
    return Call("DELETE", f"/v1/documents/{path_segment(document_id)}", parsed_as(Deleted))


def document_content(document_id: str) -> Call[None]:
    """The response is streamed, not parsed: see `chancery.downloads`."""
    return Call("GET", f"/v1/documents/{path_segment(document_id)}/content", lambda _: None)


# Approvals


def approvals(task: str | None, cursor: str | None) -> Call[Page[Job]]:
    filters = {"task": task, "cursor": cursor}
    return Call("GET", "/v1/approvals", parsed_as(Page[Job]), params=page_params(filters))


def approval(job_id: str) -> Call[PendingApproval]:
    return Call("GET", f"/v1/jobs/{path_segment(job_id)}/approval", parsed_as(PendingApproval))


def decide(job_id: str, decision: str, by: str, reason: str | None, result: Any) -> Call[Job]:
    body = {"decision": decision, "by": by} | without_none({"reason": reason, "result": result})
    path = f"/v1/jobs/{path_segment(job_id)}/approval"
    return Call("POST", path, parsed_as(Job), headers=key_header(None), body=body)


def approval_cases(task: str, cursor: str | None) -> Call[CasePage]:
    params = without_none({"task": task, "cursor": cursor})
    return Call("GET", "/v1/approvals/cases", parsed_as(CasePage), params=params)


# Tasks


def tasks() -> Call[tuple[TaskInfo, ...]]:
    return Call("GET", "/v1/tasks", lambda response: parsed_as(Page[TaskInfo])(response).data)


def task(name: str) -> Call[TaskInfo]:
    return Call("GET", f"/v1/tasks/{path_segment(name)}", parsed_as(TaskInfo))


# Usage


def usage(first: date | None, last: date | None) -> Call[UsageReport]:
    return Call("GET", "/v1/usage", parsed_as(UsageReport), params=_days(first, last))


def usage_csv(first: date | None, last: date | None) -> Call[str]:
    params = _days(first, last) | {"format": "csv"}
    return Call("GET", "/v1/usage", lambda response: response.text, params=params)


def _days(first: date | None, last: date | None) -> dict[str, str]:
    days = {"from": first, "to": last}
    return {name: day.isoformat() for name, day in days.items() if day}


# Callbacks


def callbacks(status: str | None, job_id: str | None, cursor: str | None) -> Call[Page[Callback]]:
    filters = {"status": status, "job_id": job_id, "cursor": cursor}
    return Call("GET", "/v1/callbacks", parsed_as(Page[Callback]), params=page_params(filters))


def redeliver(callback_id: str) -> Call[Callback]:
    path = f"/v1/callbacks/{path_segment(callback_id)}/redeliver"
    return Call("POST", path, parsed_as(Callback), headers=key_header(None))


def redeliver_dead(since: datetime, until: datetime | None) -> Call[Redelivered]:
    """Raises `ValueError` for a time without a time zone."""
    return Call(
        "POST",
        "/v1/callbacks/redeliver",
        parsed_as(Redelivered),
        headers=key_header(None),
        body={"status": "dead", "from": iso_time(since), "to": iso_time(until)},
    )


# Files and batches, as in OpenAI's Files and Batch API


def upload_file(source: Source, filename: str | None, idempotency_key: str | None) -> Call[File]:
    return Call(
        "POST",
        "/v1/files",
        parsed_as(File),
        headers=multipart_headers(idempotency_key),
        form={"purpose": "batch"},
        upload=Upload.of(source, filename),
    )


def file(file_id: str) -> Call[File]:
    return Call("GET", f"/v1/files/{path_segment(file_id)}", parsed_as(File))


def file_content(file_id: str) -> Call[None]:
    """The response is streamed, not parsed: see `chancery.downloads`."""
    return Call("GET", f"/v1/files/{path_segment(file_id)}/content", lambda _: None)


def delete_file(file_id: str) -> Call[Deleted]:
    return Call("DELETE", f"/v1/files/{path_segment(file_id)}", parsed_as(Deleted))


def submit_batch(
    input_file_id: str | None = None,
    *,
    documents: Sequence[str | Mapping[str, Any]] | None = None,
    task: str | None = None,
    options: Mapping[str, Any] | None = None,
    model: str | None = None,
    endpoint: str = "/v1/jobs",
    completion_window: str = "24h",
    callback_url: str | None = None,
    lane: str | None = None,
    window: str | None = None,
    deadline: datetime | None = None,
    metadata: Mapping[str, str] | None = None,
    idempotency_key: str | None = None,
) -> Call[Batch]:
    """Raises `ValueError` unless either an input file, or documents and a task are given."""
    if (input_file_id is None) == (documents is None):
        raise ValueError("Give exactly one of input_file_id and documents.")
    if (documents is None) != (task is None):
        raise ValueError("Give task together with documents, and only with them.")
    if documents is None and (options is not None or model is not None):
        raise ValueError(
            "options and model apply to documents only. In an input file, set them in each line."
        )
    scheduling = {
        "callback_url": callback_url,
        "lane": lane,
        "window": window,
        "deadline": iso_time(deadline),
    }
    body = {
        "input_file_id": input_file_id,
        "documents": None if documents is None else list(documents),
        "task": task,
        "options": options,
        "model": model,
        "endpoint": endpoint,
        "completion_window": completion_window,
        "metadata": {**(metadata or {}), **without_none(scheduling)} or None,
    }
    headers = key_header(idempotency_key)
    return Call("POST", "/v1/batches", parsed_as(Batch), headers=headers, body=without_none(body))


def batch(batch_id: str) -> Call[Batch]:
    return Call("GET", f"/v1/batches/{path_segment(batch_id)}", parsed_as(Batch))


def batches(after: str | None) -> Call[Page[Batch]]:
    return Call(
        "GET",
        "/v1/batches",
        lambda response: parsed_as(OpenAIPage[Batch])(response).as_page(),
        params=page_params({"after": after}),
    )


def cancel_batch(batch_id: str) -> Call[Batch]:
    path = f"/v1/batches/{path_segment(batch_id)}/cancel"
    return Call("POST", path, parsed_as(Batch), headers=key_header(None))


def delete_batch(batch_id: str) -> Call[Deleted]:
    return Call("DELETE", f"/v1/batches/{path_segment(batch_id)}", parsed_as(Deleted))


# Libraries


def add_to_library(name: str, document_id: str) -> Call[None]:
    return Call("PUT", _library_entry(name, document_id), lambda _: None)


def remove_from_library(name: str, document_id: str) -> Call[None]:
    return Call("DELETE", _library_entry(name, document_id), lambda _: None)


def libraries() -> Call[tuple[Library, ...]]:
    return Call("GET", "/v1/libraries", lambda response: parsed_as(Page[Library])(response).data)


def library(name: str) -> Call[tuple[Document, ...]]:
    path = f"/v1/libraries/{path_segment(name)}"
    return Call("GET", path, lambda response: parsed_as(Page[Document])(response).data)


def _library_entry(name: str, document_id: str) -> str:
    return f"/v1/libraries/{path_segment(name)}/documents/{path_segment(document_id)}"
