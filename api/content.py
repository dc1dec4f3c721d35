"""The content of files, sent as it is read: whole, or from a place on (RFC 9110, 14)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.errors import problem_response
from jobs.model.problems import Problem, ProblemError
from jobs.store import Store

# One range; several, or one that counts from the end, are answered with the whole file.
_RANGE = re.compile(r"bytes=([0-9]{1,18})-([0-9]{1,18})?")


@dataclass(frozen=True, slots=True)
class _Span:
    """From `start` up to but not including `end`."""

    start: int
    end: int


async def content_answer(
    request: Request, store: Store, blobs: Sequence[str], *, filename: str, media_type: str
) -> Response:
    """The bytes of blobs, one after the other, as they are now, or the range that was asked for.

    Raises `ProblemError("file-missing")` where the store has lost them.
    """
    try:
        sizes = await store.sizes(blobs)
    except FileNotFoundError:
        raise ProblemError(
            "file-missing", "The file is known, but its bytes are not in the store."
        ) from None
    size = sum(sizes)
    asked = _asked(request, size)
    if asked is not None and asked.start >= size:
        problem = Problem("range-not-satisfiable", f"The file has {size} bytes so far.")
        return problem_response(problem, headers={"Content-Range": f"bytes */{size}"})
    span = asked or _Span(0, size)
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(filename, safe='')}",
        "Content-Length": str(span.end - span.start),
        # What a department sent is never shown as a page of ours.
        "X-Content-Type-Options": "nosniff",
    }
    if asked is not None:
        headers["Content-Range"] = f"bytes {span.start}-{span.end - 1}/{size}"
    body = _read(store, blobs, sizes, span)
    return StreamingResponse(body, 206 if asked else 200, headers, media_type)


def _asked(request: Request, size: int) -> _Span | None:
    """The range asked for; None where the whole file is to be sent."""
    found = _RANGE.fullmatch(request.headers.get("range", "").strip())
    if found is None or "if-range" in request.headers:
        return None
    start, last = int(found[1]), int(found[2]) if found[2] else size - 1
    return _Span(start, min(last + 1, size)) if last >= start or not found[2] else None


async def _read(
    store: Store, blobs: Sequence[str], sizes: Sequence[int], span: _Span
) -> AsyncIterator[bytes]:
    begins = 0
    for blob, size in zip(blobs, sizes, strict=True):
        start, end = max(span.start - begins, 0), min(span.end - begins, size)
        if start < end:
            async for piece in store.pieces(blob, start, end):
                yield piece
        begins += size
