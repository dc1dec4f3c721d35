"""What can go wrong for a caller.

ChanceryError
├── Unreachable             no answer came; what was sent may have arrived
├── UnexpectedAnswer        an answer came that the api does not give: a proxy, or another server
├── WaitTimeout             the job or the batch had not ended in time; it goes on
├── CallbackNotGenuine      a callback that must not be believed
├── StateUnusable           the state of a folder's submission is in use, or of another
└── ApiProblem              the api said no, and why: type, title, detail, status, errors
    ├── Unauthorized        401: no API key, or a wrong one
    ├── NotFound            404: no such thing, or another department's
    ├── Conflict            409: not in this state, or not with this idempotency key
    ├── TooLarge            413: the body is over the limit
    ├── InvalidRequest      400, 422: the request does not fit; `errors` says where
    ├── RateLimited         429: too many requests, still so after retrying
    └── Unavailable         502, 503, 504: no work is taken just now, still so after retrying
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from client.models import Batch, Job


class ChanceryError(Exception):
    """Base of all. `str(error)` is one line that says what happened and what to do."""


class Unreachable(ChanceryError):
    """No answer came before the deadline. A POST may have been carried out all the same."""


class UnexpectedAnswer(ChanceryError):
    """The answer is none that the api gives. Check the api's address."""


class WaitTimeout(ChanceryError):
    """What was waited for had not ended in time; it goes on. `seen` is how it was last seen."""

    def __init__(self, seen: Job | Batch, seconds: float) -> None:
        super().__init__(
            f"{seen.id} is still {seen.status} after {seconds:g} s; it goes on, "
            "so wait again later."
        )
        self.seen = seen

    @property
    def job(self) -> Job:
        """The job as last seen. Raises `TypeError` where a batch was waited for."""
        if isinstance(self.seen, Job):
            return self.seen
        raise TypeError("A batch was waited for, not a job: see `seen`.")


class CallbackNotGenuine(ChanceryError):
    """A callback that was not signed with the department's secret, or not just now."""


class StateUnusable(ChanceryError):
    """The state file of a folder's submission is in use, of another submission, or none at all."""


class ApiProblem(ChanceryError):
    """A problem as the api reported it (RFC 9457).

    `type` is stable, `/problems/CODE`; `code` is its last part. `errors` says which parts of a
    request do not fit. `retry_after` is in seconds. `extra` holds every further member.
    """

    def __init__(
        self,
        *,
        status: int,
        title: str,
        type: str = "about:blank",  # noqa: A002 - RFC 9457's word
        detail: str = "",
        errors: Sequence[Mapping[str, Any]] = (),
        retry_after: float | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        self.status = status
        self.title = title
        self.type = type
        self.detail = detail
        self.errors = tuple(errors)
        self.retry_after = retry_after
        self.extra = dict(extra or {})
        super().__init__(self._line())

    @property
    def code(self) -> str:
        """The stable last part of `type`, such as `unknown-task`."""
        return self.type.rstrip("/").rpartition("/")[2]

    def to_dict(self) -> dict[str, Any]:
        """The problem object, as a job's `error` has it."""
        told = {"type": self.type, "title": self.title, "detail": self.detail}
        return told | ({"errors": list(self.errors)} if self.errors else {}) | self.extra

    def _line(self) -> str:
        said = f"{self.title}: {self.detail}" if self.detail else f"{self.title} ({self.status})"
        if self.detail.startswith(self.title):
            said = self.detail
        wrong = "; ".join(_line_of(error) for error in self.errors)
        return f"{said} [{wrong}]" if wrong else said


class Unauthorized(ApiProblem):
    pass


class NotFound(ApiProblem):
    pass


class Conflict(ApiProblem):
    pass


class TooLarge(ApiProblem):
    pass


class InvalidRequest(ApiProblem):
    pass


class RateLimited(ApiProblem):
    pass


class Unavailable(ApiProblem):
    pass


BY_STATUS: Mapping[int, type[ApiProblem]] = {
    400: InvalidRequest,
    401: Unauthorized,
    404: NotFound,
    409: Conflict,
    413: TooLarge,
    422: InvalidRequest,
    429: RateLimited,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}


def _line_of(error: Mapping[str, Any]) -> str:
    place = error.get("pointer", "")
    said = error.get("detail", "")
    return f"{place}: {said}" if place else str(said)
