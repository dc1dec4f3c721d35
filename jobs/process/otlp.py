"""Spans that OpenTelemetry's SDK exports over OTLP, in the background. Its variables apply."""

from __future__ import annotations

import atexit
import os
import threading
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

STOP_SECONDS = 2.0
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


class _LastExport(threading.Thread):
    """Exports the last spans when the process ends, in `STOP_SECONDS` at most.

    The SDK alone would wait half a minute for a collector that does not answer. The thread is
    started early, because none can be started when the interpreter ends.
    """

    def __init__(self, provider: TracerProvider) -> None:
        super().__init__(name="last-traces", daemon=True)
        self._provider = provider
        self._ending = threading.Event()
        atexit.register(self._end)

    def run(self) -> None:
        self._ending.wait()
        self._provider.shutdown()

    def _end(self) -> None:
        self._ending.set()
        self.join(STOP_SECONDS)


class OtlpTracer:
    """Exports the spans of this process as the service `chancery-ROLE`, unless OTEL_SERVICE_NAME
    names it.
    """

    def __init__(self, role: str) -> None:
        named = os.environ.get("OTEL_SERVICE_NAME")
        resource = Resource.create({} if named else {"service.name": f"chancery-{role}"})
        provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = provider.get_tracer("chancery", version("chancery-server"))
        _LastExport(provider).start()

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
