"""Metrics of this process: its requests, refused submissions, memory, garbage collection."""

from __future__ import annotations

import time

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.responses.problems import CLIENT_CLOSED_REQUEST

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


def new_registry() -> CollectorRegistry:
    """A registry with the metrics of the process: memory, CPU time, garbage collection."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


def refused_submissions(registry: CollectorRegistry) -> Counter:
    """Counted in the process, not in the ledger: a flood of refusals must not cause writes."""
    return Counter(
        "chancery_submissions_refused",
        "Submissions refused by a quota of their department.",
        ("department", "code"),
        registry=registry,
    )


def failed_authentications(registry: CollectorRegistry) -> Counter:
    return Counter(
        "chancery_authentication_failures",
        "Requests refused because of their API key.",
        ("code",),
        registry=registry,
    )


def request_seconds(registry: CollectorRegistry) -> Histogram:
    return Histogram(
        "chancery_http_request_seconds",
        "Duration of requests to the api, including long polls.",
        ("method", "route", "status_code"),
        buckets=_BUCKETS,
        registry=registry,
    )


class RequestMetrics:
    """Counts and times requests by route template: labels must not contain identifiers."""

    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        self._app = app
        self._seconds = request_seconds(registry)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = CLIENT_CLOSED_REQUEST
        started = time.perf_counter()

        async def send_and_note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_note_status)
        finally:
            seconds = time.perf_counter() - started
            self._seconds.labels(_method(scope), _route(scope), status).observe(seconds)


def _method(scope: Scope) -> str:
    known = {"GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS"}
    return scope["method"] if scope["method"] in known else "other"


def _route(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", "unmatched")
