"""Every problem that Chancery reports, by its stable code (RFC 9457).

A problem's `type` is `/problems/CODE`, which the api serves with what it means and what to do.
Status codes are given to codes in `api/`, nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from documents.errors import DocumentError, ReaderUnavailable, WorkError
from tasks.errors import TaskError


def _titles(error: type[WorkError]) -> dict[str, str]:
    titles = {error.code: error.title}
    for child in error.__subclasses__():
        titles |= _titles(child)
    return titles


TITLES: Mapping[str, str] = {
    "unauthorized": "No valid API key",
    "not-found": "There is no such thing here",
    "method-not-allowed": "This address does not answer that method",
    "invalid-request": "The request does not fit",
    "unknown-task": "There is no such task",
    "callback-not-allowed": "The callback URL is not on the department's allow-list",
    "idempotency-mismatch": "The idempotency key was used with another body",
    "idempotency-in-progress": "The first request with this idempotency key is still running",
    "request-timeout": "The body did not come in time",
    "deadline-unreachable": "The batch cannot be done by its deadline",
    "too-large": "The body is larger than allowed",
    "text-too-long": "The text is longer than allowed",
    "rate-limited": "Too many requests",
    "quota-in-flight": "The department has as many jobs in flight as it may have",
    "quota-queued": "The department has as much waiting as it may have",
    "quota-tokens": "The department has used its tokens of the day",
    "system-full": "The system is full",
    "unavailable": "The system cannot accept work just now",
    "storage-full": "The system has no room to keep documents",
    "library-full": "The library has as many documents as it may have",
    "not-ended": "The job has not ended",
    "no-result": "The job has no result",
    "file-in-use": "A batch that has not ended uses the file",
    "file-missing": "The file's bytes are not in the store",
    "range-not-satisfiable": "The file does not reach that far",
    "poisoned": "The job was set aside after its worker died again and again",
    "cancelled": "The job was cancelled",
    "expired": "The job's deadline passed",
    "department-exists": "There is a department of that name",
    "invalid-json": "The line is not a JSON object",
    "duplicate-custom-id": "Another line has the same custom_id",
    "too-many-lines": "The batch's file has too many lines",
    "no-lines": "The batch's file has no lines",
    "internal": "Something went wrong here",
    **_titles(DocumentError),
    **_titles(ReaderUnavailable),
    **_titles(TaskError),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """`code` is one of `TITLES`; `detail` says what happened and what to do about it."""

    code: str
    detail: str
    extra: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return {
            "type": f"/problems/{self.code}",
            "title": TITLES[self.code],
            "detail": self.detail,
            **self.extra,
        }


class ProblemError(Exception):
    """A problem on its way to whoever asked. `retry_after` is in seconds."""

    def __init__(
        self, code: str, detail: str, *, retry_after: float | None = None, **extra: Any
    ) -> None:
        super().__init__(detail)
        self.problem = Problem(code, detail, extra)
        self.retry_after = retry_after
