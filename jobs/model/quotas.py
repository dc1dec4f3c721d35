"""What is left of a department's quotas, and the problem of asking for more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from jobs.model.problems import ProblemError


class QuotaName(StrEnum):
    """A quota as departments are told of it."""

    rate = "rate"
    in_flight = "in-flight"
    queued = "queued"
    tokens_per_day = "tokens-per-day"


@dataclass(frozen=True, slots=True)
class QuotaLeft:
    """`limit` is the quota; `left` may be used now; there is more in `seconds`, where known.

    For the rate, `limit` is submissions per second, of which a second's worth may come at once.
    """

    name: QuotaName
    limit: float
    left: int
    seconds: float | None


class OverQuotaError(ProblemError):
    """A submission was refused by one of its department's quotas; `quotas` is what all leave."""

    def __init__(
        self, department: str, code: str, retry_after: float, quotas: Sequence[QuotaLeft]
    ) -> None:
        name = OVER[code]
        limit = next((one.limit for one in quotas if one.name is name), 0)
        detail = _DETAILS[name].format(limit=f"{limit:.15g}")
        super().__init__(code, detail, retry_after=retry_after)
        self.department = department
        self.quotas = quotas


OVER: Mapping[str, QuotaName] = {
    "rate-limited": QuotaName.rate,
    "quota-in-flight": QuotaName.in_flight,
    "quota-queued": QuotaName.queued,
    "quota-tokens": QuotaName.tokens_per_day,
}
_DETAILS = {
    QuotaName.rate: "The department submits faster than its rate allows ({limit} a second). "
    "Wait, then try again.",
    QuotaName.in_flight: "The department may have {limit} jobs in flight. "
    "Wait until one has ended, then try again.",
    QuotaName.queued: "The department may have {limit} jobs and lines of batches waiting; "
    "with this there would be more. Wait until some have begun, then try again.",
    QuotaName.tokens_per_day: "The department has used its {limit} tokens of this day (UTC). "
    "Try again on the next.",
}
