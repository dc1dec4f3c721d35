"""Signing in at the site's identity provider (OpenID Connect)."""

from __future__ import annotations

import structlog
from fastapi import Request
from starlette.responses import RedirectResponse, Response

from api.console import cookies
from api.console.cookies import Cookie
from api.console.pages import local_path
from api.console.routing import router as new_router
from api.console.services import ConsoleDep
from api.console.sign_in.password import sender, sign_in_form, start_session
from api.services import ServicesDep
from jobs.accounts.oidc.attempt import Attempt
from jobs.model.problems import ProblemError

router = new_router()
# So long a person may take at the provider.
_ATTEMPT_SECONDS = 600
_SHOWN = frozenset(
    {"sign-in-refused", "provider-unavailable", "provider-answer-invalid", "too-many-failures"}
)
log = structlog.get_logger()


@router.get("/sign-in/provider")
async def begin(request: Request, console: ConsoleDep, next: str = "") -> Response:  # noqa: A002
    """To the provider, and from there to `end`. `next`: the page to open then."""
    attempt = Attempt.begin(local_path(next))
    try:
        url = await console.sign_ins.require_provider().authorization_url(attempt)
    except ProblemError as error:
        return _failed(request, error, next)
    response = RedirectResponse(url, 303, {"Cache-Control": "no-store"})
    cookies.write(request, response, Cookie.provider, attempt.cookie, max_age=_ATTEMPT_SECONDS)
    return response


@router.get("/sign-in/callback")
async def end(request: Request, services: ServicesDep, console: ConsoleDep) -> Response:
    """The browser comes back with a code, or an error, in the query."""
    attempt = Attempt.of_cookie(cookies.read(request, Cookie.provider))
    after = attempt.after if attempt else ""
    try:
        signed_in = await console.sign_ins.sign_in_at_provider(
            attempt,
            dict(request.query_params),
            address=sender(request, services),
            browser=cookies.read(request, Cookie.browser),
        )
    except ProblemError as error:
        response = _failed(request, error, after)
    else:
        request.state.detail = {"by": "oidc"}
        response = start_session(request, signed_in, after)
    cookies.remove(request, response, Cookie.provider)
    return response


def _failed(request: Request, error: ProblemError, after: str) -> Response:
    """The page of the sign-in with what went wrong, noted in the audit record and the log."""
    problem = error.problem
    if problem.code not in _SHOWN:
        raise error
    reason = problem.extra.get("reason")
    request.app.state.failed_authentications.labels(problem.code).inc()
    request.state.problem = problem.code
    request.state.target = problem.extra.get("account")
    request.state.detail = {"by": "oidc", **({"reason": reason} if reason else {})}
    log.warning("sign_in.failed", problem=problem.code, reason=reason)
    return sign_in_form(request, after=after, error=error)
