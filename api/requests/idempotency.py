"""Repeats the first response to the same `Idempotency-Key` and body.

Jobs and batches store their response themselves: `docs/decisions/idempotency.md`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Header, Request
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response

from jobs.ledger import IdempotencyKey, Ledger, Reply
from jobs.model.department import Department

REPLAYED = "Idempotency-Replayed"
KEY_HEADER = "Idempotency-Key"
KEY_MAX_LENGTH = 255

GivenKey = Annotated[
    str | None,
    Header(
        alias=KEY_HEADER,
        min_length=1,
        max_length=KEY_MAX_LENGTH,
        description="A repeated request with the same key and body gets the first response again.",
    ),
]
_GIVEN_KEY: TypeAdapter[str | None] = TypeAdapter(GivenKey)


def key_of(request: Request) -> str | None:
    """The request's key, for a route without FastAPI's parameters: `api/routes/direct_route.py`.

    Raises `RequestValidationError`, as FastAPI does.
    """
    try:
        return _GIVEN_KEY.validate_python(request.headers.get(KEY_HEADER))
    except ValidationError as error:
        errors = [{**one, "loc": ("header", KEY_HEADER)} for one in error.errors()]
        raise RequestValidationError(errors) from error


def idempotency(key: str | None, *fingerprints: str | bytes) -> IdempotencyKey | None:
    """The key with the SHA-256 of what identifies the request; None without a key."""
    if key is None:
        return None
    digest = hashlib.sha256()
    for part in fingerprints:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return IdempotencyKey(key=key, body_sha256=digest.hexdigest())


async def answer_once(
    ledger: Ledger,
    department: Department,
    scope: str,
    key: IdempotencyKey | None,
    respond: Callable[[], Awaitable[Reply]],
) -> Response:
    """The response of `respond`, or the first response to the same key.

    An error is not stored: the key can be used again. Raises `ProblemError`:
    `idempotency-mismatch`, `idempotency-in-progress`, and the errors of `respond`.
    """
    if key is None:
        return _response(await respond())
    first = await ledger.replies.begin(department.name, scope, key)
    if first is not None:
        return _response(first, replayed=True)
    answered = False
    try:
        reply = await respond()
        answered = True
        await ledger.replies.keep(department.name, scope, key, reply)
    finally:
        if not answered:
            await ledger.replies.discard(department.name, scope, key)
    return _response(reply)


def _response(reply: Reply, *, replayed: bool = False) -> Response:
    headers = {**reply.headers, **({REPLAYED: "true"} if replayed else {})}
    return Response(reply.body, reply.status, headers, "application/json")
