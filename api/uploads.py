"""Bodies as they come in: bounded, and never held whole where they are documents."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from email.message import Message
from pathlib import PurePosixPath

from starlette.requests import Request

from jobs.model.problems import ProblemError
from jobs.store import Incoming

_SILENCE_SECONDS = 60
_FILENAME_MAX_LENGTH = 255
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def is_multipart(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0]
    return kind.strip().lower() == "multipart/form-data"


async def chunks(request: Request, max_bytes: int) -> AsyncIterator[bytes]:
    """The body, piece by piece.

    Raises `ProblemError`: `too-large`, before reading where the body's length was declared;
    `request-timeout` where nothing comes for a minute.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > max_bytes:
        raise too_large(max_bytes)
    received = 0
    stream = aiter(request.stream())
    while True:
        try:
            async with asyncio.timeout(_SILENCE_SECONDS):
                chunk = await anext(stream, None)
        except TimeoutError:
            raise ProblemError(
                "request-timeout",
                f"Nothing of the body came for {_SILENCE_SECONDS} s. Send it again.",
            ) from None
        if chunk is None:
            return
        received += len(chunk)
        if received > max_bytes:
            raise too_large(max_bytes)
        if chunk:
            yield chunk


async def read_body(request: Request, max_bytes: int) -> bytes:
    """A small body, whole. Raises `ProblemError`: `too-large`, `request-timeout`."""
    return b"".join([chunk async for chunk in chunks(request, max_bytes)])


async def receive_raw(request: Request, incoming: Incoming, max_bytes: int) -> None:
    """Write a body that is the document itself to the store."""
    async for chunk in chunks(request, max_bytes):
        incoming.write(chunk)


def declared_filename(request: Request) -> str | None:
    """The file's name as Content-Disposition gives it (RFC 6266), or as plain UTF-8 in it."""
    header = request.headers.get("content-disposition", "")
    try:
        header = header.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return None
    message = Message()
    message["Content-Disposition"] = header
    return plain_filename(message.get_filename())


def plain_filename(name: str | None) -> str | None:
    """A file's name without folders, control characters or great length; None where none is left.

    It is kept to be shown, never used as a path.
    """
    if name is None:
        return None
    last = PurePosixPath(_CONTROL.sub("", name).replace("\\", "/")).name
    return last[-_FILENAME_MAX_LENGTH:] or None


def too_large(max_bytes: int) -> ProblemError:
    return ProblemError(
        "too-large",
        f"The body is larger than {max_bytes} bytes, the most that is taken here.",
        max_bytes=max_bytes,
    )
