"""The calls about files and batches, as in OpenAI's Files and Batch API. Nothing is sent here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from client.call import Call, given, in_path, key, moment, multipart, one, page
from client.models import Batch, Deleted, File, Listing
from client.uploads import Source, Upload


def upload_file(source: Source, filename: str | None, idempotency_key: str | None) -> Call[File]:
    return Call(
        "POST",
        "/v1/files",
        one(File),
        headers=multipart(idempotency_key),
        form={"purpose": "batch"},
        upload=Upload.of(source, filename),
    )


def file(file_id: str) -> Call[File]:
    return Call("GET", f"/v1/files/{in_path(file_id)}", one(File))


def file_content(file_id: str) -> Call[None]:
    """Its answer is not read whole: see `client.downloads`."""
    return Call("GET", f"/v1/files/{in_path(file_id)}/content", lambda _: None)


def delete_file(file_id: str) -> Call[Deleted]:
    return Call("DELETE", f"/v1/files/{in_path(file_id)}", one(Deleted))


def submit_batch(
    input_file_id: str | None,
    *,
    documents: Sequence[str | Mapping[str, Any]] | None,
    task: str | None,
    options: Mapping[str, Any] | None,
    model: str | None,
    endpoint: str,
    completion_window: str,
    callback_url: str | None,
    lane: str | None,
    window: str | None,
    deadline: datetime | None,
    metadata: Mapping[str, str] | None,
    idempotency_key: str | None,
) -> Call[Batch]:
    """Raises `ValueError` unless there is either an input file, or documents and a task."""
    if (input_file_id is None) == (documents is None):
        raise ValueError("Give exactly one of input_file_id and documents.")
    if (documents is None) != (task is None):
        raise ValueError("Give a task with documents, and only with them.")
    if documents is None and (options is not None or model is not None):
        raise ValueError("Options and a model go with documents: a file has them in its lines.")
    steering = {
        "callback_url": callback_url,
        "lane": lane,
        "window": window,
        "deadline": moment(deadline),
    }
    asked = {
        "input_file_id": input_file_id,
        "documents": None if documents is None else list(documents),
        "task": task,
        "options": options,
        "model": model,
        "endpoint": endpoint,
        "completion_window": completion_window,
        "metadata": {**(metadata or {}), **given(steering)} or None,
    }
    return Call("POST", "/v1/batches", one(Batch), headers=key(idempotency_key), body=given(asked))


def batch(batch_id: str) -> Call[Batch]:
    return Call("GET", f"/v1/batches/{in_path(batch_id)}", one(Batch))


def batches(after: str | None) -> Call[Listing[Batch]]:
    return Call("GET", "/v1/batches", one(Listing[Batch]), params=page({"after": after}))


def cancel_batch(batch_id: str) -> Call[Batch]:
    path = f"/v1/batches/{in_path(batch_id)}/cancel"
    return Call("POST", path, one(Batch), headers=key(None))
