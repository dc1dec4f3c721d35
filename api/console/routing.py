"""Routers whose errors are pages."""

from __future__ import annotations

import math
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.responses import RedirectResponse, Response

from api.console.pages import ROOT, address, page
from api.console.services import console_of
from api.console.session import SignInNeeded
from api.requests.path_prefix import root_path
from jobs.model.problems import PROBLEM_TYPES, ProblemError
from jobs.submit.checks import invalid_request

log = structlog.get_logger()


class _Route(APIRoute):
    """Answers problems with a page, and a request without a session with the sign-in."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_with_pages(request: Request) -> Response:
            try:
                await console_of(request).check_on()
                return await handle(request)
            except SignInNeeded:
                return _to_sign_in(request)
            except ProblemError as error:
                return problem_page(request, error)
            except RequestValidationError as error:
                return problem_page(request, invalid_request(error.errors()))

        return handle_with_pages


def router() -> APIRouter:
    """A router for pages below `/console`."""
    return APIRouter(prefix=ROOT, route_class=_Route, include_in_schema=False)


def problem_page(request: Request, error: ProblemError) -> Response:
    """The page for a problem, with the problem's HTTP status."""
    problem = error.problem
    request.state.problem = problem.code  # for the audit record
    headers = {}
    if error.retry_after is not None:
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after)))
    return page(
        request,
        "problem.html",
        person=getattr(request.state, "person", None),
        status=PROBLEM_TYPES[problem.code].status,
        headers=headers,
        code=problem.code,
        problem=problem.to_dict(),
    )


def _to_sign_in(request: Request) -> Response:
    """The page is opened after the sign-in, unless it was a form that was sent."""
    target = request.scope["path"].removeprefix(root_path(request))
    after = f"?next={quote(target.removeprefix(ROOT))}" if request.method == "GET" else ""
    return RedirectResponse(
        address(request, f"/sign-in{after}"), 303, {"Cache-Control": "no-store"}
    )
