"""Logging: one JSON object per line on standard error, with a stable event name."""

from __future__ import annotations

import logging
import sys
from contextlib import nullcontext, suppress
from typing import Any, TextIO

import structlog


class _Lines(logging.StreamHandler[TextIO]):
    """Writes the records of the standard library, and as a logger of structlog the lines that its
    processors make. A record for each of those would take longer than the line itself.
    """

    def write(self, line: str) -> None:
        """As with records, an error of the stream does not reach those who log."""
        with self.lock or nullcontext(), suppress(OSError, ValueError):
            self.stream.write(line + self.terminator)
            self.flush()

    debug = info = warning = error = critical = write


def set_up_logs(role: str) -> None:
    """Send events of structlog and records of the standard library to standard error."""

    def add_role(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        event["role"] = role
        return event

    shared: list[structlog.typing.Processor] = [
        add_role,
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    to_line: list[structlog.typing.Processor] = [
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
    lines = _Lines(sys.stderr)
    lines.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *to_line],
        )
    )
    structlog.configure(
        processors=[*shared, *to_line],
        logger_factory=lambda *_: lines,
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    root.handlers = [lines]
    root.setLevel(logging.INFO)
    # Lines for every task and request would repeat our own events.
    for name in ("celery.app.trace", "celery.worker.strategy", "httpx"):
        logging.getLogger(name).setLevel(logging.WARNING)
