"""A call to the api: its request, and how its response is parsed. Nothing is sent here."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel

Answer = TypeVar("Answer")
Model = TypeVar("Model", bound=BaseModel)

PAGE_SIZE = 100


class Readable(Protocol):
    """A binary file, or any object with its `read` method."""

    def read(self, size: int = -1, /) -> bytes: ...


Source = str | os.PathLike[str] | bytes | Readable


@dataclass(frozen=True, slots=True)
class Upload:
    """Bytes to send. A path is opened at each attempt; a file is sent from its start."""

    source: Source
    filename: str

    @classmethod
    def of(cls, source: Source, filename: str | None = None) -> Upload:
        """`filename` defaults to the name of the source, or to `document` if it has none."""
        return cls(source, filename or _filename(source))

    @property
    def repeatable(self) -> bool:
        """Whether the bytes can be read again. False for a pipe or a generator."""
        if isinstance(self.source, str | bytes | os.PathLike):
            return True
        seekable = getattr(self.source, "seekable", None)
        return bool(seekable and seekable())

    @contextmanager
    def opened(self) -> Iterator[Readable]:
        """The source as a readable file. Raises `OSError` if the path cannot be read."""
        if isinstance(self.source, bytes):
            yield BytesIO(self.source)
        elif isinstance(self.source, str | os.PathLike):
            with Path(self.source).open("rb") as file:
                yield file
        else:
            yield self.source


@dataclass(frozen=True, slots=True)
class Call(Generic[Answer]):
    """One call. Every attempt sends the same bytes.

    `wait` is how many seconds the api may hold back its response (a long poll).
    """

    method: str
    path: str
    parse: Callable[[httpx.Response], Answer]
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    form: Mapping[str, str] = field(default_factory=dict)
    upload: Upload | None = None
    wait: float = 0.0

    @property
    def repeatable(self) -> bool:
        return self.upload is None or self.upload.repeatable


def form_parts(call: Call[Any], file: Readable) -> list[tuple[str, Any]]:
    """The parts of the multipart form of `call`. The file comes last: the api can then refuse the
    request before it has read the file.
    """
    parts: list[tuple[str, Any]] = [(name, (None, value)) for name, value in call.form.items()]
    if call.body is not None:
        body = json.dumps(call.body, ensure_ascii=False).encode()
        parts.append(("job", (None, body, "application/json")))
    if call.upload is not None:
        parts.append(("file", (call.upload.filename, file)))
    return parts


def parsed_as(model: type[Model]) -> Callable[[httpx.Response], Model]:
    return lambda response: model.model_validate_json(response.content)


def path_segment(value: str) -> str:
    return quote(value, safe="")


def key_header(idempotency_key: str | None) -> dict[str, str]:
    return {"Idempotency-Key": idempotency_key or uuid.uuid4().hex}


def multipart_headers(idempotency_key: str | None) -> dict[str, str]:
    # The boundary is chosen here and not by httpx: all attempts must send the same bytes.
    content_type = f"multipart/form-data; boundary={os.urandom(16).hex()}"
    return key_header(idempotency_key) | {"Content-Type": content_type}


def page_params(filters: Mapping[str, str | None]) -> dict[str, str]:
    return without_none(filters) | {"limit": str(PAGE_SIZE)}


def without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def iso_time(value: datetime | None) -> str | None:
    """`value` in ISO 8601. Raises `ValueError` for a time without a time zone."""
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError(f"{value.isoformat()} has no time zone. Add one, such as UTC.")
    return value.isoformat()


def _filename(source: Source) -> str:
    if isinstance(source, str | os.PathLike):
        return Path(source).name
    name = getattr(source, "name", None)
    return Path(name).name if isinstance(name, str) else "document"
