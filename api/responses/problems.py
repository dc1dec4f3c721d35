"""Problems as HTTP responses (`application/problem+json`, RFC 9457), FastAPI's errors included."""

from __future__ import annotations

import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from api.limits.rate_limits import rate_limit_fields
from api.requests.language import requested_language
from api.requests.methods import allowed_methods
from api.responses.openai_errors import openai_error
from jobs.model.problems import PROBLEM_TYPES, Problem, ProblemError
from jobs.model.quotas import OverQuotaError
from jobs.submit.checks import invalid_request
from jobs.texts import Language
from jobs.texts.translation import translation

MEDIA_TYPE = "application/problem+json"
CLIENT_CLOSED_REQUEST = 499
MAX_ERRORS = 20
MAX_ERROR_CHARS, MAX_DETAIL_CHARS = 300, 2_000
log = structlog.get_logger()

_CODE_OF_STATUS = {404: "not-found", 405: "method-not-allowed", 413: "too-large"}


def problem_response(
    problem: Problem,
    *,
    retry_after: float | None = None,
    headers: Mapping[str, str] | None = None,
    language: Language = Language.en,
) -> Response:
    """The response for a problem. `retry_after` is in seconds; it is rounded up."""
    status = PROBLEM_TYPES[problem.code].status
    sent = {"Content-Language": language.tag, "Vary": "Accept-Language", **(headers or {})}
    if retry_after is not None:
        sent["Retry-After"] = str(max(1, math.ceil(retry_after)))
    if status == HTTPStatus.REQUEST_TIMEOUT:
        sent["Connection"] = "close"  # RFC 9110, 15.5.9
    if problem.code == "unsupported-coding":
        sent["Accept-Encoding"] = "identity"  # RFC 9110, 12.5.3
    if status == HTTPStatus.UNAUTHORIZED:
        sent["WWW-Authenticate"] = "Bearer"
    bounded = translation(language).problem(_bounded(problem.to_dict()))
    error = openai_error(problem.code, bounded)
    body = to_json({"status": status, **bounded, "error": error})
    return Response(body, status, sent, MEDIA_TYPE)


def _bounded(problem: Mapping[str, Any]) -> dict[str, Any]:
    """`problem` with at most 20 of its `errors`, each cut to a length; `more_errors` counts the
    others.
    """
    bounded = dict(problem)
    if len(str(bounded.get("detail", ""))) > MAX_DETAIL_CHARS:
        bounded["detail"] = _cut(bounded["detail"], MAX_DETAIL_CHARS)
    errors = bounded.get("errors")
    if errors:
        bounded["errors"] = [
            {**error, "pointer": _cut(error["pointer"]), "detail": _cut(error["detail"])}
            for error in errors[:MAX_ERRORS]
        ]
        if len(errors) > MAX_ERRORS:
            bounded["more_errors"] = len(errors) - MAX_ERRORS
    return bounded


def _cut(text: str, length: int = MAX_ERROR_CHARS) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def answer_errors(app: FastAPI) -> None:
    """Make `app` respond to errors with problems."""
    app.add_exception_handler(ProblemError, _of_problem)
    app.add_exception_handler(OverQuotaError, _of_quota)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(ClientDisconnect, _of_disconnect)


async def _of_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)  # noqa: S101 - registered for this class only
    return problem_response(
        error.problem, retry_after=error.retry_after, language=requested_language(request)
    )


async def _of_quota(request: Request, error: Exception) -> Response:
    assert isinstance(error, OverQuotaError)  # noqa: S101 - likewise
    request.app.state.refused.labels(error.department, error.problem.code).inc()
    headers = rate_limit_fields(error.quotas)
    return problem_response(
        error.problem,
        retry_after=error.retry_after,
        headers=headers,
        language=requested_language(request),
    )


async def _of_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - likewise
    problem = invalid_request(error.errors()).problem
    return problem_response(problem, language=requested_language(request))


async def _of_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - likewise
    code = _CODE_OF_STATUS.get(error.status_code, "invalid-request")
    detail = {
        "not-found": f"There is nothing at {request.url.path}. See /docs for all paths.",
        "method-not-allowed": f"{request.method} is not allowed for {request.url.path}.",
    }.get(code, str(error.detail))
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(allowed_methods(request.app.state.routers, request.scope))
    return problem_response(
        Problem(code, detail), headers=headers, language=requested_language(request)
    )


async def _of_disconnect(request: Request, _: Exception) -> Response:
    """The client has closed the connection; the status is for the log and the metrics."""
    log.info("request.disconnected", path=request.url.path)
    return Response(status_code=CLIENT_CLOSED_REQUEST)
