"""Callbacks: what was posted, what failed, and sending it again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.answers import ListView, page, problems
from api.auth import TheDepartment
from api.idempotency import GivenKey, answer_once, idempotency
from api.parts import TheParts
from jobs.ledger import Reply
from jobs.problems import ProblemError
from jobs.states import CallbackStatus
from jobs.views import CallbackView, callback_view

router = APIRouter(prefix="/v1/callbacks", tags=["callbacks"])


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
