"""Reads request bodies: limited in size, streamed to the store if they are documents."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from email.message import Message
from pathlib import PurePosixPath

from starlette.requests import Request

from jobs.model.problems import ProblemError
from jobs.store import Incoming

_FILENAME_MAX_LENGTH = 255
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def is_multipart(request: Request) -> bool:
    return media_type(request) == "multipart/form-data"


def media_type(request: Request) -> str:
    """The declared type of the body in lower case, without its parameters; empty without one."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def chunks(request: Request, max_bytes: int) -> AsyncIterator[bytes]:
    """The body in chunks.

    Raises `ProblemError`: `unsupported-coding`; `too-large`, before reading if `Content-Length`
    exceeds `max_bytes`; `request-timeout` if it arrives too slowly (`api.requests.body_rate`).
    """
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("", "identity"):
        raise ProblemError(
            "unsupported-coding", "The body has a Content-Encoding. Send it without one."
        )
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > max_bytes:
        raise too_large(max_bytes)
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received > max_bytes:
            raise too_large(max_bytes)
        if chunk:
            yield chunk


async def read_body(request: Request, max_bytes: int) -> bytes:
    """A small body as bytes. Raises `ProblemError`: `too-large`, `request-timeout`."""
    return b"".join([chunk async for chunk in chunks(request, max_bytes)])


async def receive_raw(request: Request, incoming: Incoming, max_bytes: int) -> None:
    """Write a body that is a document to the store."""
    async for chunk in chunks(request, max_bytes):
        incoming.write(chunk)


def declared_filename(request: Request) -> str | None:
    """The file name in Content-Disposition (RFC 6266). Raw UTF-8 is accepted too."""
    header = request.headers.get("content-disposition", "")
    try:
        header = header.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return None
    message = Message()
    message["Content-Disposition"] = header
    return plain_filename(message.get_filename())


def plain_filename(name: str | None) -> str | None:
    """`name` without folders and control characters, at most 255 characters; None if it is empty.

    It is displayed, never used as a path.
    """
    if name is None:
        return None
    last = PurePosixPath(_CONTROL.sub("", name).replace("\\", "/")).name
    return last[-_FILENAME_MAX_LENGTH:] or None


def unsupported_media_type(declared: str, accepts: Sequence[str]) -> ProblemError:
    """`accepts`: the types that the path takes."""
    return ProblemError(
        "unsupported-media-type",
        f"The body has the type {declared[:_FILENAME_MAX_LENGTH]}. "
        f"The path takes {' or '.join(accepts)}.",
        accepts=list(accepts),
    )


def too_large(max_bytes: int) -> ProblemError:
    return ProblemError(
        "too-large",
        f"The body is larger than the limit of {max_bytes} bytes.",
        max_bytes=max_bytes,
    )
