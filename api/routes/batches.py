"""Batches, compatible with OpenAI's Batch API: many jobs in one request."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.access.authentication import DepartmentDep
from api.requests.idempotency import GivenKey, idempotency
from api.requests.json_bodies import parse, read_json
from api.requests.tracing import traced_submission
from api.responses.json_responses import (
    AfterId,
    OpenAIListView,
    as_json,
    json,
    openai_page,
    problems,
)
from api.responses.submissions import submission_response
from api.services import ServicesDep
from jobs.batches.batch import Batch
from jobs.batches.request import BatchRequest
from jobs.batches.views import BatchView, batch_view
from jobs.model.problems import ProblemError
from jobs.views import DeletedView

router = APIRouter(prefix="/v1/batches", tags=["batches"])

_MAX_VALUES = 500_000  # 50,000 documents with their `custom_id` and some metadata


@router.post(
    "",
    summary="Submit a batch",
    description="As in OpenAI's API, or with `documents` and a `task` instead of a file. The "
    "response has the estimated end; the file is read afterwards. An invalid line is written to "
    "the error file with its number, and the batch continues.",
    responses={
        200: {"model": BatchView},
        **problems(
            "invalid-request", "unknown-task", "not-found", "callback-not-allowed",
            "deadline-unreachable", "too-many-lines", "idempotency-mismatch", "system-full",
            "rate-limited", "quota-queued", "quota-tokens", "quota-batches", "quota-records",
            "quota-storage",
            "storage-full",
            "storage-unavailable", "too-large", "request-timeout", "unsupported-coding",
            "unsupported-media-type",
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
    request: Request, services: ServicesDep, department: DepartmentDep, key: GivenKey = None
) -> Response:
    async with services.refusals.counted(department):
        with traced_submission(request, "submit batch", department) as step:
            body = await read_json(request, services.batches.max_request_bytes)
            batch_request = parse(BatchRequest, body, max_values=_MAX_VALUES)
            once = idempotency(key, body)
            submitted = await services.batch_submissions.submit(
                department, batch_request, once, step.traceparent
            )
            step.set({"chancery.batch.id": submitted.id})
    return submission_response(request, submitted, "/v1/batches", 200)


@router.get(
    "",
    summary="List batches, newest first",
    responses={200: {"model": OpenAIListView[BatchView]}, **problems("invalid-request")},
)
async def list_batches(
    *,
    services: ServicesDep,
    department: DepartmentDep,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    after: AfterId = None,
) -> Response:
    batches = await services.ledger.batches.list(department.name, after=after, limit=limit)
    views = [batch_view(batch) for batch in batches.items]
    return openai_page(views, has_more=batches.next_cursor is not None)


@router.get(
    "/{batch_id}",
    summary="Get a batch",
    responses={200: {"model": BatchView}, **problems("not-found")},
)
async def get_batch(batch_id: str, services: ServicesDep, department: DepartmentDep) -> Response:
    return _response(await services.ledger.batches.get(department.name, batch_id))


@router.post(
    "/{batch_id}/cancel",
    summary="Cancel a batch",
    description="Finished results are kept and running lines are stopped; the other lines are "
    "written to the error file as `batch_cancelled`. A batch that has ended is not changed.",
    responses={200: {"model": BatchView}, **problems("not-found")},
)
async def cancel_batch(batch_id: str, services: ServicesDep, department: DepartmentDep) -> Response:
    return _response(await services.ledger.batches.cancel(department.name, batch_id))


@router.delete(
    "/{batch_id}",
    summary="Delete an ended batch",
    description="Removes the batch, its jobs with their callbacks, its output and error file, and "
    "its input file unless a batch that has not ended uses it.",
    responses={200: {"model": DeletedView}, **problems("not-found", "not-ended")},
)
async def delete_batch(batch_id: str, services: ServicesDep, department: DepartmentDep) -> Response:
    if not await services.deletions.batch(department.name, batch_id):
        raise _no_such_batch()
    return json(DeletedView(id=batch_id, object="batch"))


def _response(batch: Batch | None) -> Response:
    if batch is None:
        raise _no_such_batch()
    return as_json(batch_view(batch).model_dump_json().encode())


def _no_such_batch() -> ProblemError:
    return ProblemError(
        "not-found", "The department has no such batch, or its retention period is over."
    )
