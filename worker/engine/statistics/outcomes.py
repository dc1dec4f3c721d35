"""Counts how the requests to an engine end, and records each as a step of its job's trace."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from jobs.process.spans import SpanKind
from jobs.process.tracing import child_span
from tasks.errors import EngineError, OutputError
from worker.engine.statistics.rates import ErrorShare

OK, ABORTED = "ok", "aborted"


class Outcomes:
    def __init__(self) -> None:
        self._counts = Counter[str]()
        self._errors = ErrorShare()

    @property
    def counts(self) -> Mapping[str, int]:
        """Requests so far: `ok`, `aborted`, or the code of the error."""
        return self._counts

    @property
    def error_share(self) -> float | None:
        """The share of the last minute's requests that failed; None if there were none."""
        return self._errors.at(time.monotonic())

    @property
    def of_last_minute(self) -> tuple[int, int]:
        """The requests that ended in the last minute, and how many of them failed."""
        return self._errors.counts(time.monotonic())

    @contextmanager
    def counted(self, model: str) -> Iterator[str | None]:
        """Count the request in the block. Yields its `traceparent`, None if it is not traced."""
        outcome = ABORTED
        with child_span("chat", SpanKind.client, {"gen_ai.request.model": model}) as step:
            try:
                yield step.traceparent
                outcome = OK
            except (EngineError, OutputError) as error:
                outcome = error.code
                raise
            finally:
                self._counts[outcome] += 1
                self._errors.count(outcome, time.monotonic())
                if outcome != OK:
                    step.fail(outcome)
