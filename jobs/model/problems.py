"""Problem types (RFC 9457): every problem that Chancery reports, by its stable code.

A problem's `type` is `/problems/CODE`; the api serves the title and the advice there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jobs.model.problem_types.problem_type import ProblemType
from jobs.model.problem_types.requests import REQUEST_PROBLEMS
from jobs.model.problem_types.work import WORK_PROBLEMS

PROBLEM_TYPES: Mapping[str, ProblemType] = {**REQUEST_PROBLEMS, **WORK_PROBLEMS}


@dataclass(frozen=True, slots=True)
class Problem:
    """`code` is a key of `PROBLEM_TYPES`; `detail` says what happened and what to do about it."""

    code: str
    detail: str
    extra: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return {
            "type": f"/problems/{self.code}",
            "title": PROBLEM_TYPES[self.code].title,
            "detail": self.detail,
            **self.extra,
        }


class ProblemError(Exception):
    """A problem to be reported to the caller. `retry_after` is in seconds."""

    def __init__(
        self, code: str, detail: str, *, retry_after: float | None = None, **extra: Any
    ) -> None:
        super().__init__(detail)
        self.problem = Problem(code, detail, extra)
        self.retry_after = retry_after


def code_of(problem: Mapping[str, Any]) -> str:
    """The code in a problem object's `type`."""
    return str(problem.get("type", "")).removeprefix("/problems/")
