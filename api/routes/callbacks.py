"""Callbacks: what was posted, what failed, and sending it again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import ValidationError
from starlette.responses import Response

from api.answers import ListView, page, problems
from api.auth import TheDepartment
from api.idempotency import GivenKey, answer_once, idempotency
from api.parts import TheParts
from api.uploads import read_body
from jobs.ledger import Reply
from jobs.model.problems import ProblemError
from jobs.model.states import CallbackStatus
from jobs.submit.checks import invalid_request
from jobs.submit.requests import RedeliverRequest
from jobs.views import CallbackView, RedeliveredView, callback_view

router = APIRouter(prefix="/v1/callbacks", tags=["callbacks"])

_BODY_MAX_BYTES = 10_000


@router.get(
    "",
    summary="List callbacks, newest first",
    responses={
        200: {"model": ListView[CallbackView]},
        **problems("invalid-request"),
    },
)
async def list_callbacks(
    *,
    parts: TheParts,
    department: TheDepartment,
    status: CallbackStatus | None = None,
    job_id: str | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: str | None = None,
) -> Response:
    found = await parts.ledger.callbacks.list(
        department.name, status=status, job_id=job_id, limit=limit, cursor=cursor
    )
    return page([callback_view(one) for one in found.items], found.next_cursor)


@router.post(
    "/redeliver",
    summary="Send dead callbacks again",
    description="Those that were made in a time range, the oldest first, 500 in one call: "
    "`remaining` says how many are left to ask for.",
    responses={
        200: {"model": RedeliveredView},
        **problems(
            "invalid-request", "idempotency-mismatch", "idempotency-in-progress", "too-large"
        ),
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/RedeliverRequest"}}
            },
        }
    },
)
async def redeliver_dead_callbacks(
    request: Request, parts: TheParts, department: TheDepartment, key: GivenKey = None
) -> Response:
    body = await read_body(request, _BODY_MAX_BYTES)
    try:
        asked = RedeliverRequest.model_validate_json(body)
    except ValidationError as error:
        raise invalid_request(error.errors()) from error

    async def redeliver() -> Reply:
        done = await parts.ledger.callbacks.redeliver_dead(
            department.name, asked.since, asked.until or datetime.now(UTC)
        )
        view = RedeliveredView(redelivered=done.redelivered, remaining=done.remaining)
        return Reply(200, view.model_dump_json().encode(), {})

    once = idempotency(key, body)
    return await answer_once(parts.ledger, department, "redeliver-dead", once, redeliver)


@router.post(
    "/{callback_id}/redeliver",
    summary="Send a callback again",
    description="Delivered or dead, it is posted again with the same `webhook-id` and a fresh "
    "round of attempts.",
    responses={
        200: {"model": CallbackView},
        **problems("not-found", "idempotency-mismatch", "idempotency-in-progress"),
    },
)
async def redeliver_callback(
    callback_id: str, parts: TheParts, department: TheDepartment, key: GivenKey = None
) -> Response:
    async def redeliver() -> Reply:
        callback = await parts.ledger.callbacks.redeliver(department.name, callback_id)
        if callback is None:
            raise ProblemError("not-found", "The department has no such callback.")
        return Reply(200, callback_view(callback).model_dump_json().encode(), {})

    once = idempotency(key, callback_id)
    return await answer_once(parts.ledger, department, "redeliver", once, redeliver)
