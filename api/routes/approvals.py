"""Approvals: results that wait for a person, decisions, and corrections as test cases."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.access.authentication import DepartmentDep
from api.requests.idempotency import GivenKey, answer_once, idempotency
from api.requests.json_bodies import parse, read_json
from api.requests.path_prefix import root_path
from api.responses.json_responses import ListView, as_json, page, problems
from api.services import ServicesDep
from jobs.approval.cases import CasesView
from jobs.approval.requests import ApprovalRequest
from jobs.approval.views import ApprovalView, approval_view
from jobs.ledger import Reply
from jobs.model.api_key import Caller
from jobs.model.approval import Reviewer
from jobs.views import JobView, job_view
from tasks.department_tasks.limits import MOST_CASES

router = APIRouter(tags=["approvals"])


@router.get(
    "/v1/approvals",
    summary="List jobs whose results wait for approval, oldest first",
    responses={200: {"model": ListView[JobView]}, **problems("invalid-request")},
)
async def list_approvals(
    request: Request,
    *,
    services: ServicesDep,
    department: DepartmentDep,
    task: str | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: str | None = None,
) -> Response:
    jobs = await services.ledger.approvals.waiting(
        department.name, task=task, limit=limit, cursor=cursor
    )
    base = root_path(request)
    views = [
        await job_view(job, services.store, inline_result=False, base=base) for job in jobs.items
    ]
    return page(views, jobs.next_cursor)


@router.get(
    "/v1/approvals/cases",
    summary="Export corrections as test cases",
    description="The corrected results of a task, newest first, as `cases` of a task's file: see "
    "`chancery task test`. The content of a case's `file` is the document `document_id`. Cases are "
    "kept as long as their jobs.",
    responses={
        200: {"model": CasesView},
        **problems("invalid-request", "storage-locked", "storage-unavailable"),
    },
)
async def export_cases(
    *,
    services: ServicesDep,
    department: DepartmentDep,
    task: str,
    limit: Annotated[int, Query(ge=1, le=MOST_CASES)] = MOST_CASES,
    cursor: str | None = None,
) -> Response:
    cases = await services.approvals.cases(department.name, task, limit=limit, cursor=cursor)
    return as_json(cases.model_dump_json(exclude_none=True).encode())


@router.get(
    "/v1/jobs/{job_id}/approval",
    summary="Get a result that waits for approval",
    description="With its source and options. The job itself has no result until it is approved.",
    responses={
        200: {"model": ApprovalView},
        **problems(
            "not-found",
            "not-awaiting-approval",
            "file-missing",
            "storage-locked",
            "storage-unavailable",
        ),
    },
)
async def get_approval(
    request: Request, job_id: str, services: ServicesDep, department: DepartmentDep
) -> Response:
    review = await services.approvals.review(department.name, job_id)
    view = await approval_view(review, services.store, root_path(request))
    return as_json(view.model_dump_json().encode())


@router.post(
    "/v1/jobs/{job_id}/approval",
    summary="Approve, correct or reject a result",
    description="Ends the job: `succeeded` with the result, or with the corrected `result` if one "
    "is sent; or `failed` with the error `rejected`. Then the callback is sent. "
    "`provenance.approval` says who decided, when, and what was changed. The same decision can "
    "be sent again.",
    responses={
        200: {"model": JobView},
        **problems(
            "invalid-request", "not-found", "not-awaiting-approval", "already-decided",
            "file-missing", "storage-locked", "storage-full",
            "storage-unavailable", "task-gone", "options-misfit",
            "compute-timeout", "compute-too-large", "compute-crashed", "too-large",
            "unsupported-coding", "idempotency-mismatch", "idempotency-in-progress",
        ),
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/ApprovalRequest"}}
            },
        }
    },
)  # fmt: skip
async def decide_approval(
    request: Request,
    job_id: str,
    services: ServicesDep,
    department: DepartmentDep,
    key: GivenKey = None,
) -> Response:
    await services.approvals.job(department.name, job_id)  # 404 before 422
    body = await read_json(request, services.limits.max_request_bytes)
    decision = parse(ApprovalRequest, body)
    caller: Caller = request.state.caller

    async def respond() -> Reply:
        reviewer = Reviewer(decision.by, key_id=caller.key.id)
        job = await services.approvals.decide(department.name, job_id, decision, reviewer)
        base = root_path(request)
        view = await job_view(job, services.store, inline_result=False, base=base)
        return Reply(200, view.model_dump_json().encode(), {})

    once = idempotency(key, job_id, body)
    return await answer_once(services.ledger, department, "approval", once, respond)
