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
    """What an attempt says of the receiver."""

    delivered = "delivered"
    failed = "failed"
    gone = "gone"  # it answered 410: the URL is not to be called any more
    unsent = "unsent"  # nothing was sent, so nothing was learnt


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at delivery: an answer or an error, and how long it took in seconds.

    `response` is the beginning of the answer's body: of the last attempt only, where it failed.
    """

    at: datetime
    status_code: int | None
    error: str | None
    seconds: float
    response: str | None = None


@dataclass(frozen=True, slots=True)
class Callback:
    """`id` is the event's `webhook-id`, the same at every attempt. It is about a job, or, where
    there is no `job_id`, about a batch. `error` says why it was given up before its attempts were
    used up.
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
    """Why there is nothing to deliver."""

    not_due = "not due"  # not yet, or ended, or in another courier's hands
    full = "full"  # its receiver is called as often at a time as it may be
    open = "open"  # its receiver's breaker is open
    gone = "gone"  # its URL answered 410: it is dead
    given_up = "given up"  # it waited too long for its receiver: it is dead


@dataclass(frozen=True, slots=True)
class SentAgain:
    """What came of asking for dead callbacks to be sent again."""

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
