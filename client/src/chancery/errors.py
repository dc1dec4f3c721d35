"""The errors that the client raises.

ChanceryError
├── Unreachable             no response; the request may have been carried out
├── UnexpectedAnswer        not a response of the api: a proxy, or another server
├── WaitTimeout             the job or batch had not ended in time; it continues
├── CallbackNotGenuine      a callback whose signature or age is wrong
├── StateUnusable           the state file of a folder cannot be used
└── ApiProblem              an error of the api: type, title, detail, status, errors
    ├── Unauthorized        401: no API key, or a wrong one
    ├── NotFound            404: it does not exist, or belongs to another department
    ├── Conflict            409: not possible in this state or with this idempotency key
    ├── TooLarge            413: the body is over the limit
    ├── InvalidRequest      400, 422: the request is invalid; `errors` says where
    ├── RateLimited         429: too many requests, also after retries
    └── Unavailable         502, 503, 504: the service is unavailable, also after retries
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chancery.messages import message
from chancery.models import Batch, Job


class ChanceryError(Exception):
    """Base class. `str(error)` is one line: what happened and what to do."""


class Unreachable(ChanceryError):
    """No response before the timeout. A POST may have been carried out."""


class UnexpectedAnswer(ChanceryError):
    """The response does not come from the api. Check the api's address."""


class WaitTimeout(ChanceryError):
    """The job or batch had not ended in time; it continues. `seen` is its last known state."""

    def __init__(self, seen: Job | Batch, seconds: float) -> None:
        super().__init__(
            message(
                "{seen.id} is still {seen.status} after {seconds:g} s. It continues: wait again.",
                seen=seen,
                seconds=seconds,
            )
        )
        self.seen = seen

    @property
    def job(self) -> Job:
        """The last known state of the job. Raises `TypeError` for a batch."""
        if isinstance(self.seen, Job):
            return self.seen
        raise TypeError("This error is about a batch, not a job: use `seen`.")


class CallbackNotGenuine(ChanceryError):
    """The signature is not made with the department's secret, or the callback is too old."""


class StateUnusable(ChanceryError):
    """The state file of a folder is in use, belongs to another batch, or is no state file."""


class ApiProblem(ChanceryError):
    """An error of the api (RFC 9457).

    `type` is stable, `/problems/CODE`; `code` is its last part. `errors` lists the invalid parts of
    the request. `retry_after` is in seconds. `extra` holds all other members.
    """

    def __init__(
        self,
        *,
        status: int,
        title: str,
        type: str = "about:blank",  # noqa: A002 - RFC 9457's name
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
        problem = {"type": self.type, "title": self.title, "detail": self.detail}
        return problem | ({"errors": list(self.errors)} if self.errors else {}) | self.extra

    def _line(self) -> str:
        line = f"{self.title}: {self.detail}" if self.detail else f"{self.title} ({self.status})"
        if self.detail.startswith(self.title):
            line = self.detail
        errors = "; ".join(_error_line(error) for error in self.errors)
        return f"{line} [{errors}]" if errors else line


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


def _error_line(error: Mapping[str, Any]) -> str:
    pointer, detail = error.get("pointer", ""), error.get("detail", "")
    return f"{pointer}: {detail}" if pointer else str(detail)
