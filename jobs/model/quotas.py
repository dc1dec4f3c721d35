"""The remaining quotas of a department, and the problem of exceeding one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from jobs.model.problems import ProblemError


class QuotaName(StrEnum):
    """The names of quotas in HTTP headers."""

    rate = "rate"
    in_flight = "in-flight"
    queued = "queued"
    tokens_per_day = "tokens-per-day"
    open_batches = "open-batches"
    record_bytes = "record-bytes"
    stored_bytes = "stored-bytes"


@dataclass(frozen=True, slots=True)
class QuotaLeft:
    """`left` of `limit` can be used now, more in `seconds` (None: unknown).

    For the rate, `limit` is submissions per second; one second's worth may arrive at once.
    """

    name: QuotaName
    limit: float
    left: int
    seconds: float | None


class OverQuotaError(ProblemError):
    """A submission exceeds a quota of its department; `quotas` has what is left of all."""

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
    "quota-batches": QuotaName.open_batches,
    "quota-records": QuotaName.record_bytes,
    "quota-storage": QuotaName.stored_bytes,
}
_DETAILS = {
    QuotaName.rate: "The department submits faster than its rate allows ({limit} per second). "
    "Wait, then try again.",
    QuotaName.in_flight: "The department has {limit} jobs in flight, its limit. "
    "Wait until one has ended, then try again.",
    QuotaName.queued: "The department may have {limit} waiting jobs and batch lines; this "
    "request would exceed that. Wait until some have started, then try again.",
    QuotaName.tokens_per_day: "The department has used its {limit} tokens for today (UTC). "
    "Try again tomorrow.",
    QuotaName.open_batches: "The department has {limit} batches that have not ended, its limit. "
    "Wait until one has ended, or cancel one.",
    QuotaName.record_bytes: "The department's jobs, batches and results take up its {limit} bytes "
    "of memory. Cancel jobs that are not needed, or wait until ended ones are removed.",
    QuotaName.stored_bytes: "The department's documents, files and results take up its {limit} "
    "bytes of the store. Delete documents and files that are not needed, or wait until they "
    "expire.",
}
