"""The first step of a trace: a submission."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import Request

from jobs.model.department import Department
from jobs.model.problems import ProblemError
from jobs.process.spans import TRACEPARENT, Span, SpanKind
from jobs.process.tracing import first_span


@contextmanager
def traced_submission(request: Request, name: str, department: Department) -> Iterator[Span]:
    """A step that continues the trace of the request's `traceparent`. A refusal fails it."""
    attributes = {"chancery.department": department.name}
    parent = request.headers.get(TRACEPARENT)
    with first_span(name, SpanKind.server, attributes, parent=parent) as step:
        try:
            yield step
        except ProblemError as error:
            step.fail(error.problem.code)
            raise
