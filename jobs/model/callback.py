"""The callback: one event to be delivered to one URL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from jobs.batches.batch import Batch
from jobs.model.department import CallbackOptions, Department
from jobs.model.job import Job
from jobs.model.states import CallbackStatus


class Outcome(StrEnum):
    """The outcome of a delivery attempt."""

    delivered = "delivered"
    failed = "failed"
    gone = "gone"  # status 410: the URL must not be called again
    unsent = "unsent"  # nothing was sent: it says nothing about the receiver


@dataclass(frozen=True, slots=True)
class Attempt:
    """One delivery attempt: a status code or an error, and its duration in seconds.

    `response` is the beginning of the response body; only a failed last attempt has one.
    """

    at: datetime
    status_code: int | None
    error: str | None
    seconds: float
    response: str | None = None


@dataclass(frozen=True, slots=True)
class Callback:
    """One event for one URL, about a job or a batch.

    `id` is the event's `webhook-id`, the same for every attempt. `error`: why it was declared dead
    before all attempts were made.
    """

    id: str
    job_id: str | None
    batch_id: str | None
    department: str
    type: str
    url: str
    status: CallbackStatus
    attempts: Sequence[Attempt]
    next_attempt_at: datetime | None
    error: str | None = None


class Refusal(StrEnum):
    """Why a callback cannot be delivered now."""

    full = "full"  # its receiver has the maximum of concurrent deliveries
    open = "open"  # its receiver's breaker is open
    gone = "gone"  # its URL responded with 410: the callback is dead
    given_up = "given up"  # it waited too long for its receiver: the callback is dead


@dataclass(frozen=True, slots=True)
class RedeliveryCount:
    """How many dead callbacks were requeued, and how many of those asked for were not yet."""

    redelivered: int
    remaining: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery that a courier has claimed, with all that it needs.

    `attempt` counts from 1 in the current round, `number` from 1 over all rounds. `department` is
    None where it no longer exists.
    """

    callback: Callback
    subject: Job | Batch
    token: int
    attempt: int
    number: int
    department: Department | None
    options: CallbackOptions
