"""Streams the content of files, whole or a byte range (RFC 9110, 14)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.requests.language import requested_language
from api.requests.methods import IS_HEAD
from api.responses.problems import problem_response
from jobs.model.job import StoredDocument
from jobs.model.problems import Problem, ProblemError
from jobs.store import Store

# Several ranges, or a suffix range, are ignored: the whole file is sent (RFC 9110, 14.2).
_RANGE = re.compile(r"bytes=([0-9]{1,18})-([0-9]{1,18})?")


@dataclass(frozen=True, slots=True)
class _Span:
    """Bytes from `start` (included) to `end` (excluded)."""

    start: int
    end: int


async def document_response(request: Request, store: Store, document: StoredDocument) -> Response:
    """The content of a document, as `content_response`."""
    return await content_response(
        request,
        store,
        [document.blob],
        filename=document.filename or document.id,
        media_type=document.media_type,
    )


async def content_response(
    request: Request, store: Store, blobs: Sequence[str], *, filename: str, media_type: str
) -> Response:
    """The concatenated bytes of `blobs`, or the requested range of them.

    Raises `ProblemError("file-missing")` if the store does not have them.
    """
    try:
        sizes = await store.sizes(blobs)
    except FileNotFoundError:
        raise ProblemError(
            "file-missing", "The content of this file is missing in the store."
        ) from None
    size = sum(sizes)
    span = _requested_span(request, size)
    if span is not None and span.start >= size:
        problem = Problem("range-not-satisfiable", f"The file currently has {size} bytes.")
        return problem_response(
            problem,
            headers={"Content-Range": f"bytes */{size}"},
            language=requested_language(request),
        )
    status = 200 if span is None else 206
    span = span or _Span(0, size)
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(filename, safe='')}",
        "Content-Length": str(span.end - span.start),
    }
    if status == HTTPStatus.PARTIAL_CONTENT:
        headers["Content-Range"] = f"bytes {span.start}-{span.end - 1}/{size}"
    if request.scope.get(IS_HEAD):
        return Response(None, status, headers, media_type)
    body = _read(store, blobs, sizes, span)
    return StreamingResponse(body, status, headers, media_type)


def _requested_span(request: Request, size: int) -> _Span | None:
    """The requested range, or None for the whole file."""
    match = _RANGE.fullmatch(request.headers.get("range", "").strip())
    if match is None or "if-range" in request.headers:
        return None
    start, last = int(match[1]), int(match[2]) if match[2] else size - 1
    return _Span(start, min(last + 1, size)) if last >= start or not match[2] else None


async def _read(
    store: Store, blobs: Sequence[str], sizes: Sequence[int], span: _Span
) -> AsyncIterator[bytes]:
    offset = 0
    for blob, size in zip(blobs, sizes, strict=True):
        start, end = max(span.start - offset, 0), min(span.end - offset, size)
        if start < end:
            async for chunk in store.pieces(blob, start, end):
                yield chunk
        offset += size
