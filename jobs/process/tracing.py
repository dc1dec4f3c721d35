"""Traces of jobs, from their submission to the answer of the callback's receiver.

They are recorded if OpenTelemetry's standard variables name an OTLP endpoint. Otherwise nothing of
OpenTelemetry is imported, and every span is the same object, which does nothing. Spans have ids,
names and codes, and no text of documents.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from jobs.process.spans import NO_SPAN, Attributes, Span, SpanKind

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


class Tracer(Protocol):
    def span(
        self, name: str, kind: SpanKind, parent: str | None, attributes: Attributes
    ) -> AbstractContextManager[Span]: ...

    def child(
        self, name: str, kind: SpanKind, attributes: Attributes
    ) -> AbstractContextManager[Span]: ...


_NOTHING: AbstractContextManager[Span] = nullcontext(NO_SPAN)
_tracer: Tracer | None = None


def is_wanted(environment: Mapping[str, str]) -> bool:
    """Whether traces are to be exported."""
    is_off = (
        environment.get("OTEL_SDK_DISABLED", "").lower() == "true"
        or environment.get("OTEL_TRACES_EXPORTER") == "none"
    )
    return not is_off and any(environment.get(name) for name in ENDPOINTS)


def set_up_tracing(role: str) -> None:
    """Record the spans of this process, if an endpoint is set."""
    global _tracer  # noqa: PLW0603 - one for the process, as its logging
    if is_wanted(os.environ):
        from jobs.process.otlp import OtlpTracer  # noqa: PLC0415 - takes 0.3 s and 20 MB

        _tracer = OtlpTracer(role)


def first_span(
    name: str, kind: SpanKind, attributes: Attributes, *, parent: str | None
) -> AbstractContextManager[Span]:
    """The first step here: of the trace that the caller's `traceparent` names, or of a new one."""
    return _tracer.span(name, kind, parent, attributes) if _tracer else _NOTHING


def next_span(
    name: str, kind: SpanKind, attributes: Attributes, *, parent: str | None
) -> AbstractContextManager[Span]:
    """A later step of the trace with this `traceparent`; nothing without one."""
    return _tracer.span(name, kind, parent, attributes) if _tracer and parent else _NOTHING


def child_span(name: str, kind: SpanKind, attributes: Attributes) -> AbstractContextManager[Span]:
    """A step within the current one; nothing outside of one."""
    return _tracer.child(name, kind, attributes) if _tracer else _NOTHING
