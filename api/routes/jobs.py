"""Jobs: submit, get, wait, list, cancel."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic_core import to_json
from starlette.responses import Response

from api.access.authentication import DepartmentDep, authenticate
from api.limits.rate_limits import RATE_LIMIT_HEADERS
from api.requests.bodies import is_multipart
from api.requests.idempotency import REPLAYED, GivenKey, answer_once, idempotency
from api.requests.json_bodies import parse, read_json, without_mark
from api.requests.language import translation_for
from api.requests.multipart import errors_in_part, receive_form
from api.requests.path_prefix import root_path
from api.requests.tracing import traced_submission
from api.responses.json_responses import ListView, as_json, json, page, problems
from api.responses.submissions import submission_response
from api.routes.direct_route import SubmissionRoute
from api.services import Services, ServicesDep
from jobs.ledger import IdempotencyKey, Reply
from jobs.model.department import Department
from jobs.model.job import Job
from jobs.model.problems import ProblemError
from jobs.model.states import ENDINGS, JobStatus
from jobs.process.spans import Span
from jobs.submit.documents import Upload
from jobs.submit.requests import JobRequest
from jobs.submit.submission import SubmissionReply
from jobs.views import DeletedView, JobView, job_view

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

MAX_WAIT_SECONDS = 60.0
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/JobRequest"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["job", "file"],
                    "properties": {
                        "job": {"$ref": "#/components/schemas/JobRequest"},
                        "file": {"type": "string", "format": "binary"},
                    },
                },
                "encoding": {"job": {"contentType": "application/json"}},
            },
        },
    }
}
SUBMISSION_HEADERS = {
    "Location": {"schema": {"type": "string"}, "description": "The path of the job."},
    REPLAYED: {
        "schema": {"type": "string"},
        "description": "`true` if this is the stored response to an earlier request with the key.",
    },
    **RATE_LIMIT_HEADERS,
}

SUBMISSION_PROBLEMS = (
    "invalid-request", "unknown-task", "callback-not-allowed", "document-empty",
    "secrecy-marked", "secrecy-unchecked",
    "not-found", "idempotency-mismatch", "too-large", "text-too-long", "request-timeout",
    "rate-limited", "quota-in-flight", "quota-queued", "quota-tokens", "quota-records",
    "quota-storage", "system-full", "storage-full", "storage-unavailable", "unsupported-coding",
    "unsupported-media-type", "document-not-accepted",
)  # fmt: skip


async def submit_job(
    request: Request, services: ServicesDep, department: DepartmentDep, key: GivenKey = None
) -> Response:
    async with services.refusals.counted(department):
        with traced_submission(request, "submit job", department) as step:
            if is_multipart(request):
                submitted = await _submit_form(request, services, department, key, step)
            else:
                body = await read_json(
                    request, services.limits.max_request_bytes, accepts=("multipart/form-data",)
                )
                job, once = parse(JobRequest, body), idempotency(key, body)
                submitted = await services.submissions.submit(
                    department, job, idempotency=once, traceparent=step.traceparent
                )
            step.set({"chancery.job.id": submitted.id})
    return submission_response(request, submitted, "/v1/jobs", 202)


router.add_api_route(
    "",
    submit_job,
    methods=["POST"],
    route_class_override=SubmissionRoute,
    status_code=202,
    summary="Submit a job",
    description="The job is a JSON body, or part `job` of a multipart form with the document in "
    "part `file`. After a response 202 the job is stored durably: no crash loses it.",
    responses={
        202: {"model": JobView, "headers": SUBMISSION_HEADERS},
        **problems(*SUBMISSION_PROBLEMS),
    },
    openapi_extra=_BODY,
)


async def _submit_form(
    request: Request, services: Services, department: Department, key: str | None, step: Span
) -> SubmissionReply:
    async with services.store.incoming(services.limits.max_document_bytes) as incoming:
        form = await receive_form(request, incoming, services.limits)
        if form.job is None:
            raise ProblemError(
                "invalid-request",
                "Send the job as JSON in part `job` of the form, such as "
                'job={"task": "summarize"}.',
                errors=[{"part": "job", "pointer": "#/job", "detail": "The part is missing."}],
            )
        upload = Upload(incoming, form.filename) if form.has_file else None
        once = idempotency(key, form.job, incoming.sha256)
        with errors_in_part("job"):
            job = parse(JobRequest, without_mark(form.job))
            return await services.submissions.submit(
                department, job, upload=upload, idempotency=once, traceparent=step.traceparent
            )


@router.get(
    "/{job_id}",
    summary="Get a job, optionally wait for its end",
    responses={200: {"model": JobView}, **problems("not-found", "invalid-request")},
)
async def get_job(
    request: Request,
    job_id: str,
    services: ServicesDep,
    department: DepartmentDep,
    wait: Annotated[
        float,
        Query(
            ge=0,
            allow_inf_nan=False,
            description="Respond when the job ends, or after this many seconds, at most 60.",
        ),
    ] = 0,
) -> Response:
    job = await _find(services, department, job_id)
    until = time.monotonic() + min(wait, MAX_WAIT_SECONDS)
    while job.status not in ENDINGS and (remaining := until - time.monotonic()) > 0:
        await services.ledger.jobs.wait_ended(job_id, remaining)
        await authenticate(request, services)
        job = await _find(services, department, job_id)
    view = _in_language(await _view(job, services, root_path(request)), request)
    return as_json(view.model_dump_json().encode())


@router.get(
    "",
    summary="List jobs, newest first",
    responses={
        200: {"model": ListView[JobView]},
        **problems("invalid-request"),
    },
)
async def list_jobs(
    request: Request,
    *,
    services: ServicesDep,
    department: DepartmentDep,
    status: JobStatus | None = None,
    task: str | None = None,
    batch_id: str | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: str | None = None,
) -> Response:
    jobs = await services.ledger.jobs.list(
        department.name, status=status, task=task, batch_id=batch_id, limit=limit, cursor=cursor
    )
    base = root_path(request)
    views = [
        _in_language(await job_view(job, services.store, inline_result=False, base=base), request)
        for job in jobs.items
    ]
    return page(views, jobs.next_cursor)


@router.get(
    "/{job_id}/result",
    summary="Get the result of a job",
    description="The task's result; its schema is the task's `result_schema`.",
    responses={
        200: {"description": "The result."},
        **problems(
            "not-found",
            "no-result",
            "not-ended",
            "file-missing",
            "storage-locked",
            "storage-unavailable",
        ),
    },
)
async def get_result(job_id: str, services: ServicesDep, department: DepartmentDep) -> Response:
    job = await _find(services, department, job_id)
    if job.status not in ENDINGS:
        raise ProblemError(
            "not-ended",
            f"The job is {job.status.value}. Ask again when it has ended, or wait for it: "
            f"GET /v1/jobs/{job_id}?wait=60.",
        )
    if job.status is not JobStatus.succeeded:
        raise ProblemError("no-result", _no_result_reason(job), job_error=job.error)
    if job.result_blob is not None:
        try:
            return as_json(await services.store.read(job.result_blob))
        except FileNotFoundError as error:
            raise ProblemError(
                "file-missing", "The job's result is missing in the store, or damaged there."
            ) from error
    return as_json(to_json(job.result))


def _no_result_reason(job: Job) -> str:
    title = (job.error or {}).get("title")
    reason = f": {title}" if title else ""
    return f"The job ended as {job.status.value}{reason}. See its `error`."


@router.post(
    "/{job_id}/cancel",
    summary="Cancel a job",
    description="A running job is stopped too. A job that has ended is not changed; the response "
    "has `result_url` instead of its result.",
    responses={
        200: {"model": JobView},
        **problems("not-found", "idempotency-mismatch", "idempotency-in-progress"),
    },
)
async def cancel_job(
    request: Request,
    job_id: str,
    services: ServicesDep,
    department: DepartmentDep,
    key: GivenKey = None,
) -> Response:
    async def cancel() -> Reply:
        job = await services.ledger.jobs.cancel(department.name, job_id)
        if job is None:
            raise _no_such_job()
        # Without the result: a key that may cancel need not have the scope `read`, and the reply
        # may be kept in Redis.
        base = root_path(request)
        view = await job_view(job, services.store, base=base, inline_result=False)
        if view.result is not None:
            view.result, view.result_url = None, f"{base}/v1/jobs/{job_id}/result"
        return Reply(200, view.model_dump_json().encode(), {})

    once: IdempotencyKey | None = idempotency(key, job_id)
    return await answer_once(services.ledger, department, "cancel", once, cancel)


@router.delete(
    "/{job_id}",
    summary="Delete an ended job",
    description="Removes the job, its result, its callback and the text that came with it. A "
    "document that was uploaded, or that a task wrote, is deleted by itself. The response to the "
    "job's Idempotency-Key is kept until it expires.",
    responses={200: {"model": DeletedView}, **problems("not-found", "not-ended")},
)
async def delete_job(job_id: str, services: ServicesDep, department: DepartmentDep) -> Response:
    if not await services.deletions.job(department.name, job_id):
        raise _no_such_job()
    return json(DeletedView(id=job_id, object="job"))


async def _find(services: Services, department: Department, job_id: str) -> Job:
    job = await services.ledger.jobs.get(department.name, job_id)
    if job is None:
        raise _no_such_job()
    return job


async def _view(job: Job, services: Services, base: str) -> JobView:
    """With `result_url` instead of the result if the store has lost it."""
    try:
        return await job_view(job, services.store, base=base)
    except FileNotFoundError:
        return await job_view(job, services.store, base=base, inline_result=False)


def _in_language(view: JobView, request: Request) -> JobView:
    """With the error and the findings of the result in the language that the caller accepts."""
    texts = translation_for(request)
    view.result = texts.result(view.task, view.result)
    if view.error is not None:
        view.error = texts.problem(view.error)
    return view


def _no_such_job() -> ProblemError:
    return ProblemError(
        "not-found", "The department has no such job, or its retention period is over."
    )
