"""Callbacks: their state, their attempts, and redelivery."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.access.authentication import DepartmentDep
from api.requests.idempotency import GivenKey, answer_once, idempotency
from api.requests.json_bodies import parse, read_json
from api.requests.language import translation_for
from api.responses.json_responses import ListView, page, problems
from api.services import ServicesDep
from jobs.ledger import Reply
from jobs.model.problems import ProblemError
from jobs.model.states import CallbackStatus
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
    request: Request,
    services: ServicesDep,
    department: DepartmentDep,
    status: CallbackStatus | None = None,
    job_id: str | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: str | None = None,
) -> Response:
    callbacks = await services.ledger.callbacks.list(
        department.name, status=status, job_id=job_id, limit=limit, cursor=cursor
    )
    texts = translation_for(request)
    views = [callback_view(callback, texts) for callback in callbacks.items]
    return page(views, callbacks.next_cursor)


@router.post(
    "/redeliver",
    summary="Redeliver dead callbacks",
    description="The dead callbacks created in a time range, oldest first, at most 500 a call. "
    "Repeat the call while `remaining` is not 0.",
    responses={
        200: {"model": RedeliveredView},
        **problems(
            "invalid-request",
            "idempotency-mismatch",
            "idempotency-in-progress",
            "too-large",
            "unsupported-coding",
            "unsupported-media-type",
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
    request: Request, services: ServicesDep, department: DepartmentDep, key: GivenKey = None
) -> Response:
    body = await read_json(request, _BODY_MAX_BYTES)
    time_range = parse(RedeliverRequest, body)

    async def redeliver() -> Reply:
        redelivered = await services.ledger.callbacks.redeliver_dead(
            department.name, time_range.since, time_range.until or datetime.now(UTC)
        )
        view = RedeliveredView(redelivered=redelivered.redelivered, remaining=redelivered.remaining)
        return Reply(200, view.model_dump_json().encode(), {})

    once = idempotency(key, body)
    return await answer_once(services.ledger, department, "redeliver-dead", once, redeliver)


@router.post(
    "/{callback_id}/redeliver",
    summary="Redeliver a callback",
    description="A delivered or dead callback is posted again with the same `webhook-id`. It gets "
    "a new series of attempts.",
    responses={
        200: {"model": CallbackView},
        **problems("not-found", "idempotency-mismatch", "idempotency-in-progress"),
    },
)
async def redeliver_callback(
    request: Request,
    callback_id: str,
    services: ServicesDep,
    department: DepartmentDep,
    key: GivenKey = None,
) -> Response:
    async def redeliver() -> Reply:
        callback = await services.ledger.callbacks.redeliver(department.name, callback_id)
        if callback is None:
            raise ProblemError("not-found", "The department has no such callback.")
        view = callback_view(callback, translation_for(request))
        return Reply(200, view.model_dump_json().encode(), {})

    once = idempotency(key, callback_id)
    return await answer_once(services.ledger, department, "redeliver", once, redeliver)
