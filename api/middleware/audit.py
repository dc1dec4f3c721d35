"""Middleware: records every call under `/v1` and `/console` before its response is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import IPv4Network, IPv6Network
from typing import Any

import structlog
from pydantic_core import from_json
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access.rules import Rule, rule_of
from api.console.access import ConsoleRule, console_rule_of
from api.requests.client_address import client_address
from api.requests.language import requested_language
from api.responses.problems import MEDIA_TYPE, problem_response
from jobs.audit.log import AuditLog
from jobs.audit.record import AuditRecord
from jobs.model.api_key import Caller
from jobs.model.problems import ProblemError

# The responses to these name what was created, and a job's task.
_CREATING = frozenset({"job.submit", "batch.submit", "document.upload", "file.upload"})
_REFUSED = frozenset({401, 403, 429})
log = structlog.get_logger()


class Audit:
    """The route decides the action: `api/access/rules.py`, `api/console/access.py`. A page of the
    console sets `person`, `target`, `task`, `problem` and `detail` in the request's state. Without
    a record there is no response.

    If the record cannot be written, the caller gets 503 `audit-unavailable` instead of the
    response, and later calls are refused before they do anything, except to the operators' page of
    the health: docs/decisions/audit.md.
    """

    def __init__(self, app: ASGIApp, trusted: Sequence[IPv4Network | IPv6Network]) -> None:
        self._app = app
        self._trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _is_audited(scope):
            await self._app(scope, receive, send)
            return
        audit: AuditLog = scope["app"].state.audit
        try:
            await audit.check()
        except ProblemError as error:
            if _needs_no_record(scope):
                await self._app(scope, receive, send)
            else:
                await _refuse(error, scope, receive, send)
            return
        response = _Response(scope, send, audit, client_address(scope, self._trusted))
        try:
            await self._app(scope, receive, response.send)
        except Exception:
            await response.record_failure()
            raise
        if response.unrecorded is not None:
            await _refuse(response.unrecorded, scope, receive, send)


@dataclass
class _Response:
    """Holds back the start of a response until the call is recorded.

    `unrecorded`: why it could not be; nothing of the response was sent.
    """

    scope: Scope
    forward: Send
    audit: AuditLog
    source: str
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    unrecorded: ProblemError | None = None
    _start: Message | None = None
    _recorded: bool = False

    async def send(self, message: Message) -> None:
        if self.unrecorded is not None:
            return
        if message["type"] == "http.response.start":
            self._start = message
            if not self._names_something(message):
                await self._begin({})
            return
        if self._start is not None:
            await self._begin(_named(message.get("body", b"")))
        if self.unrecorded is None:
            await self.forward(message)

    async def record_failure(self) -> None:
        """Record an unexpected error, to which the caller gets 500 or no complete response."""
        with suppress(ProblemError):  # logged; the error itself is reported by the caller
            await self._record(500, {})

    async def _begin(self, named: Mapping[str, Any]) -> None:
        """Record the call and send the start, or nothing if it could not be recorded."""
        assert self._start is not None  # noqa: S101 - set by `send`
        start, self._start = self._start, None
        try:
            await self._record(start["status"], named)
        except ProblemError as error:
            self.unrecorded = error
        else:
            await self.forward(start)

    async def _record(self, status: int, named: Mapping[str, Any]) -> None:
        """Raises `ProblemError("audit-unavailable")`."""
        rule = _rule(self.scope)
        if rule is None or self._recorded:
            return
        self._recorded = True
        record = self._of(rule, status, named)
        if await self.audit.add(record) and status in _REFUSED:
            log.warning(
                "request.refused",
                action=record.action,
                problem=record.problem,
                source=record.source,
                key=record.key,
                department=record.department,
            )

    def _names_something(self, start: Message) -> bool:
        rule = _rule(self.scope)
        problem = Headers(raw=start["headers"]).get("content-type") == MEDIA_TYPE
        return problem or (isinstance(rule, Rule) and rule.action in _CREATING)

    def _of(self, rule: Rule | ConsoleRule, status: int, named: Mapping[str, Any]) -> AuditRecord:
        state: Mapping[str, Any] = self.scope.get("state", {})
        caller: Caller | None = state.get("caller")
        account = state["person"].account if "person" in state else None
        department = caller.key.department if caller else None
        problem = named.get("type", state.get("problem"))
        return AuditRecord(
            at=self.at,
            action=rule.action,
            status=status,
            source=self.source,
            department=account.department if account else department,
            key=caller.key.id if caller else None,
            account=account.name if account else None,
            target=state.get("target") or _target(self.scope) or _text(named.get("id")),
            task=_text(named.get("task", state.get("task"))),
            problem=problem.rpartition("/")[2] if isinstance(problem, str) else None,
            detail=state.get("detail", {}),
            request_id=structlog.contextvars.get_contextvars().get("request_id"),
        )


def _is_audited(scope: Scope) -> bool:
    path: str = scope["path"].removeprefix(scope.get("root_path", ""))
    return path.startswith(("/v1/", "/console"))


def _needs_no_record(scope: Scope) -> bool:
    """Whether it is the page that names the cause, such as a full disk, or what it is made of."""
    path: str = scope["path"].removeprefix(scope.get("root_path", ""))
    is_page = path == "/console/health" or path.startswith("/console/static/")
    return is_page and scope["method"] == "GET"


def _rule(scope: Scope) -> Rule | ConsoleRule | None:
    route = scope.get("route")
    if route is None:
        return None
    method = scope["method"]
    return rule_of(method, route.path) or console_rule_of(method, route.path)


def _target(scope: Scope) -> str | None:
    """The values in the path, such as a job's id, or a library's name and a document's id."""
    values = [str(value) for value in scope.get("path_params", {}).values()]
    return "/".join(values) or None


def _named(body: bytes) -> Mapping[str, Any]:
    """The members of a JSON object; none if the body is something else."""
    try:
        parsed = from_json(body)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


async def _refuse(error: ProblemError, scope: Scope, receive: Receive, send: Send) -> None:
    response = problem_response(
        error.problem, retry_after=error.retry_after, language=requested_language(scope)
    )
    await response(scope, receive, send)
