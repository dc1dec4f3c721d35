"""The edge of the api: every request gets an id, every unforeseen error ends here."""

from __future__ import annotations

import re
import traceback

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from ulid import ULID

from api.errors import problem_response
from jobs.model.problems import Problem

REQUEST_ID = "X-Request-Id"
_ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
log = structlog.get_logger()


class Edge:
    """Binds the request's id to the log and sends it back; answers what nobody foresaw.

    An id that the caller sends is kept where it is made of letters, digits, `.`, `_` and `-`.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID, "")
        request_id = given if _ACCEPTED_ID.fullmatch(given) else f"req_{str(ULID()).lower()}"
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
            except Exception as error:  # noqa: BLE001 - the edge: it is recorded and answered
                _record(scope, error)
                if not started:
                    answer = problem_response(_internal(request_id))
                    await answer(scope, receive, send_with_id)


def _record(scope: Scope, error: Exception) -> None:
    """Say where it happened. The error's own words are left out: they may quote a document."""
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
        "The api failed in a way that nobody foresaw. Try again; if it stays, give the operators "
        f"the request id {request_id}.",
        {"request_id": request_id},
    )
