"""Batches, as OpenAI's Batch API has them: many jobs, submitted and collected as one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import ValidationError
from starlette.responses import Response

from api.answers import as_json, problems
from api.auth import TheDepartment
from api.idempotency import REPLAYED, GivenKey, idempotency
from api.openai_lists import AfterId, OpenAIListView, openai_list
from api.parts import TheParts
from api.rate_limits import rate_limit_fields
from api.uploads import read_body
from jobs.batches.batch import Batch
from jobs.batches.request import BatchRequest
from jobs.batches.views import BatchView, batch_view
from jobs.model.problems import ProblemError
from jobs.submit.checks import invalid_request

router = APIRouter(prefix="/v1/batches", tags=["batches"])


@router.post(
    "",
    summary="Submit a batch",
    description="As OpenAI's, or with `documents` and a `task` instead of a file. The answer says "
    "when the batch is expected to be done; its file is read afterwards. A line that does not fit "
    "goes to the error file with its number, and the batch goes on.",
    responses={
        200: {"model": BatchView},
        **problems(
            "invalid-request", "unknown-task", "not-found", "callback-not-allowed",
            "deadline-unreachable", "too-many-lines", "idempotency-mismatch", "system-full",
            "rate-limited", "quota-queued", "quota-tokens",
            "storage-full", "too-large", "request-timeout",
        ),
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/BatchRequest"}}
            },
        }
    },
)  # fmt: skip
async def submit_batch(
    request: Request, parts: TheParts, department: TheDepartment, key: GivenKey = None
) -> Response:
    body = await read_body(request, parts.batches.max_request_bytes)
    try:
        asked = BatchRequest.model_validate_json(body)
    except ValidationError as error:
        raise invalid_request(error.errors()) from error
    once = idempotency(key, body)
    submitted = await parts.batch_submissions.submit(department, asked, once)
    location = f"/v1/batches/{submitted.id}"
    headers = {"Location": location, **rate_limit_fields(submitted.quotas)}
    if submitted.replayed:
        headers[REPLAYED] = "true"
    return Response(submitted.body, 200, headers, "application/json")


@router.get(
    "",
    summary="List batches, newest first",
    responses={200: {"model": OpenAIListView[BatchView]}, **problems("invalid-request")},
)
async def list_batches(
    *,
    parts: TheParts,
    department: TheDepartment,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    after: AfterId = None,
) -> Response:
    found = await parts.ledger.batches.list(department.name, after=after, limit=limit)
    views = [batch_view(batch) for batch in found.items]
    return openai_list(views, has_more=found.next_cursor is not None)


@router.get(
    "/{batch_id}",
    summary="Look at a batch",
    responses={200: {"model": BatchView}, **problems("not-found")},
)
async def get_batch(batch_id: str, parts: TheParts, department: TheDepartment) -> Response:
    return _answer(await parts.ledger.batches.get(department.name, batch_id))


@router.post(
    "/{batch_id}/cancel",
    summary="Cancel a batch",
    description="What is done is kept; what is running is stopped; the rest goes to the error file "
    "as `batch_cancelled`. A batch that has ended stays as it is.",
    responses={200: {"model": BatchView}, **problems("not-found")},
)
async def cancel_batch(batch_id: str, parts: TheParts, department: TheDepartment) -> Response:
    return _answer(await parts.ledger.batches.cancel(department.name, batch_id))


def _answer(batch: Batch | None) -> Response:
    if batch is None:
        raise ProblemError(
            "not-found",
            "The department has no such batch, or it was kept as long as batches are kept.",
        )
    return as_json(batch_view(batch).model_dump_json().encode())
