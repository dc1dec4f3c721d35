"""What a step of a trace offers. See `jobs/process/tracing.py`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

# The HTTP header, which is also the name under which a job and a batch keep it (W3C Trace Context).
TRACEPARENT = "traceparent"

Attributes = Mapping[str, str | int | float]


class SpanKind(StrEnum):
    """As in OpenTelemetry: `server` handles a request, `client` makes one."""

    server = "server"
    client = "client"
    consumer = "consumer"


class Span(Protocol):
    """One step of a trace."""

    @property
    def traceparent(self) -> str | None:
        """What the next step takes as its parent; None if nothing is recorded."""
        ...

    def set(self, attributes: Attributes) -> None: ...

    def fail(self, code: str) -> None:
        """Record that the step failed, with the code of the problem or a status."""
        ...


class _NoSpan:
    traceparent: str | None = None

    def set(self, attributes: Attributes) -> None:
        pass

    def fail(self, code: str) -> None:
        pass


NO_SPAN: Span = _NoSpan()
