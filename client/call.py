"""What one call is made of: its request, and how its answer is read. Nothing is sent here."""

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

from client.uploads import Readable, Upload

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
    form: Mapping[str, str] = field(default_factory=dict)
    upload: Upload | None = None
    wait: float = 0.0

    @property
    def repeatable(self) -> bool:
        return self.upload is None or self.upload.repeatable


def parts(call: Call[Any], file: Readable) -> list[tuple[str, Any]]:
    """The multipart form of `call`: what describes the file before it, so that it can be refused
    early.
    """
    form: list[tuple[str, Any]] = [(name, (None, value)) for name, value in call.form.items()]
    if call.body is not None:
        written = json.dumps(call.body, ensure_ascii=False).encode()
        form.append(("job", (None, written, "application/json")))
    if call.upload is not None:
        form.append(("file", (call.upload.filename, file)))
    return form


def one(model: type[Model]) -> Callable[[httpx.Response], Model]:
    return lambda response: model.model_validate_json(response.content)


def in_path(value: str) -> str:
    return quote(value, safe="")


def key(given: str | None) -> dict[str, str]:
    return {"Idempotency-Key": given or uuid.uuid4().hex}


def multipart(idempotency_key: str | None) -> dict[str, str]:
    # One boundary for all attempts, so that a repetition is the same to the byte.
    kind = f"multipart/form-data; boundary={os.urandom(16).hex()}"
    return key(idempotency_key) | {"Content-Type": kind}


def page(filters: Mapping[str, str | None]) -> dict[str, str]:
    return given(filters) | {"limit": str(PAGE_SIZE)}


def given(values: Mapping[str, Any]) -> dict[str, Any]:
    """Only what was given."""
    return {name: value for name, value in values.items() if value is not None}


def moment(value: datetime | None) -> str | None:
    """Raises `ValueError` for a time without a time zone."""
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError(f"{value.isoformat()} has no time zone: give one, such as UTC.")
    return value.isoformat()
