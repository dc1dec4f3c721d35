"""From problems to HTTP: the one place that gives a code its status.

Every error leaves as `application/problem+json` (RFC 9457), FastAPI's own included.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from http import HTTPStatus

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from api.rate_limits import rate_limit_fields
from jobs.model.problems import Problem, ProblemError
from jobs.model.quotas import OverQuotaError
from jobs.submit.checks import invalid_request

MEDIA_TYPE = "application/problem+json"
CLIENT_CLOSED_REQUEST = 499
log = structlog.get_logger()

STATUS: Mapping[str, int] = {
    "unauthorized": 401,
    "not-found": 404,
    "method-not-allowed": 405,
    "invalid-request": 422,
    "unknown-task": 422,
    "callback-not-allowed": 422,
    "idempotency-mismatch": 422,
    "idempotency-in-progress": 409,
    "request-timeout": 408,
    "too-large": 413,
    "text-too-long": 413,
    "rate-limited": 429,
    "quota-in-flight": 429,
    "quota-queued": 429,
    "quota-tokens": 429,
    "system-full": 503,
    "unavailable": 503,
    "storage-full": 503,
    "library-full": 422,
    "not-ended": 409,
    "no-result": 404,
    "file-in-use": 409,
    "file-missing": 404,
    "range-not-satisfiable": 416,
    "department-exists": 409,
    "internal": 500,
    # What a batch's file has wrong: a line of it, or all of it.
    "invalid-json": 422,
    "duplicate-custom-id": 422,
    "too-many-lines": 422,
    "no-lines": 422,
    "deadline-unreachable": 422,
    # What a document has wrong, where it shows at the upload.
    "document-unreadable": 422,
    "document-empty": 422,
    "document-corrupt": 422,
    "document-encrypted": 422,
    "document-unsupported": 422,
    "document-no-text-layer": 422,
    "document-pages-unread": 422,
    "document-too-long": 422,
    "document-read-timeout": 422,
    "document-reader-crashed": 422,
    "redaction-incomplete": 422,
    "secrecy-marked": 422,
    "options-too-long": 422,
    "options-invalid": 422,
    # How jobs end: in a job's `error`, seldom an answer.
    "poisoned": 500,
    "cancelled": 409,
    "expired": 409,
    "job-timeout": 504,
    "task-failed": 500,
    "output-invalid": 502,
    "checks-failed": 502,
    "task-gone": 503,
    "options-misfit": 422,
    "reader-unavailable": 503,
    "engine-failed": 502,
    "engine-unavailable": 503,
    "engine-busy": 503,
    "document-missing": 404,
    "engine-timeout": 504,
    "engine-refused": 502,
}

_CODE_OF_STATUS = {404: "not-found", 405: "method-not-allowed", 413: "too-large"}


def problem_response(
    problem: Problem,
    *,
    retry_after: float | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem as an answer. `retry_after` is in seconds, rounded up to whole ones."""
    status = STATUS[problem.code]
    sent = dict(headers or {})
    if retry_after is not None:
        sent["Retry-After"] = str(max(1, math.ceil(retry_after)))
    if status == HTTPStatus.UNAUTHORIZED:
        sent["WWW-Authenticate"] = "Bearer"
    body = to_json({"status": status, **problem.to_dict()})
    return Response(body, status, sent, MEDIA_TYPE)


def answer_errors(app: FastAPI) -> None:
    """Have `app` answer its errors as problems."""
    app.add_exception_handler(ProblemError, _of_problem)
    app.add_exception_handler(OverQuotaError, _of_quota)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(ClientDisconnect, _of_disconnect)


async def _of_problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)  # noqa: S101 - it is registered for this alone
    return problem_response(error.problem, retry_after=error.retry_after)


async def _of_quota(request: Request, error: Exception) -> Response:
    assert isinstance(error, OverQuotaError)  # noqa: S101 - likewise
    request.app.state.refused.labels(error.department, error.problem.code).inc()
    headers = rate_limit_fields(error.quotas)
    return problem_response(error.problem, retry_after=error.retry_after, headers=headers)


async def _of_validation(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - likewise
    return problem_response(invalid_request(error.errors()).problem)


async def _of_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - likewise
    code = _CODE_OF_STATUS.get(error.status_code, "invalid-request")
    detail = {
        "not-found": f"Nothing is at {request.url.path}. /docs shows every address.",
        "method-not-allowed": f"{request.url.path} does not answer {request.method}.",
    }.get(code, str(error.detail))
    return problem_response(Problem(code, detail), headers=error.headers)


async def _of_disconnect(request: Request, _: Exception) -> Response:
    """Nobody is left to read this; it is for the log and the metrics."""
    log.info("request.disconnected", path=request.url.path)
    return Response(status_code=CLIENT_CLOSED_REQUEST)
