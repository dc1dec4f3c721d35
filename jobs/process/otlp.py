"""Spans that OpenTelemetry's SDK exports over OTLP, in the background. Its variables apply."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib.metadata import version

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from jobs.process.spans import NO_SPAN, TRACEPARENT, Attributes, Span, SpanKind

_KINDS = {kind: trace.SpanKind[kind.name.upper()] for kind in SpanKind}
_PROPAGATOR = TraceContextTextMapPropagator()


class _OtlpSpan:
    def __init__(self, recorded: trace.Span) -> None:
        self._recorded = recorded

    @property
    def traceparent(self) -> str | None:
        carrier: dict[str, str] = {}
        _PROPAGATOR.inject(carrier, trace.set_span_in_context(self._recorded))
        return carrier.get(TRACEPARENT)

    def set(self, attributes: Attributes) -> None:
        self._recorded.set_attributes(attributes)

    def fail(self, code: str) -> None:
        self._recorded.set_attribute("error.type", code)
        self._recorded.set_status(trace.StatusCode.ERROR, code)


class OtlpTracer:
    """Exports the spans of this process as the service `chancery-ROLE`, unless OTEL_SERVICE_NAME
    names it.
    """

    def __init__(self, role: str) -> None:
        named = os.environ.get("OTEL_SERVICE_NAME")
        resource = Resource.create({} if named else {"service.name": f"chancery-{role}"})
        provider = TracerProvider(resource=resource)
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = provider.get_tracer("chancery", version("chancery-server"))

    def span(
        self, name: str, kind: SpanKind, parent: str | None, attributes: Attributes
    ) -> AbstractContextManager[Span]:
        # An invalid `traceparent` begins a new trace, as the standard says.
        carrier = {TRACEPARENT: parent} if parent else {}
        return self._record(name, kind, _PROPAGATOR.extract(carrier, Context()), attributes)

    def child(
        self, name: str, kind: SpanKind, attributes: Attributes
    ) -> AbstractContextManager[Span]:
        if not trace.get_current_span().get_span_context().is_valid:
            return nullcontext(NO_SPAN)
        return self._record(name, kind, None, attributes)

    @contextmanager
    def _record(
        self, name: str, kind: SpanKind, context: Context | None, attributes: Attributes
    ) -> Iterator[Span]:
        # Exceptions are not recorded: their messages may quote documents.
        with self._tracer.start_as_current_span(
            name,
            context=context,
            kind=_KINDS[kind],
            attributes=attributes,
            record_exception=False,
            set_status_on_exception=False,
        ) as recorded:
            yield _OtlpSpan(recorded)
