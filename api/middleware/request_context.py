"""Middleware: request ids, and the response to unexpected errors."""

from __future__ import annotations

import re
import traceback

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from ulid import ULID

from api.requests.language import requested_language
from api.responses.problems import problem_response
from jobs.model.problems import Problem

REQUEST_ID = "X-Request-Id"
_ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
log = structlog.get_logger()


class RequestContext:
    """Adds a request id to the log and the response. Answers unexpected errors with 500.

    A caller's id is used if it has only letters, digits, `.`, `_` and `-`, at most 128.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent_id = Headers(scope=scope).get(REQUEST_ID, "")
        request_id = sent_id if _ACCEPTED_ID.fullmatch(sent_id) else f"req_{str(ULID()).lower()}"
        started = False

        async def send_with_id(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                MutableHeaders(scope=message)[REQUEST_ID] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, send_with_id)
            except Exception as error:  # noqa: BLE001 - the outermost handler: logged and answered
                _log(scope, error)
                if not started:
                    response = problem_response(
                        _internal(request_id), language=requested_language(scope)
                    )
                    await response(scope, receive, send_with_id)


def _log(scope: Scope, error: Exception) -> None:
    """Log the type and the stack. The error's message is omitted: it may quote a document."""
    where = [
        f"{frame.filename}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    log.error(
        "request.failed",
        method=scope["method"],
        path=scope["path"],
        error=f"{type(error).__module__}.{type(error).__qualname__}",
        where=where[-12:],
    )


def _internal(request_id: str) -> Problem:
    return Problem(
        "internal",
        "An unexpected error occurred. Try again; if it persists, report the request id "
        f"{request_id} to the operators.",
        {"request_id": request_id},
    )
