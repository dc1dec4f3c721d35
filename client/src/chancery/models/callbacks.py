"""Callbacks and the attempts to deliver them."""

from __future__ import annotations

from datetime import datetime

from chancery.models.answer import Answer


class Attempt(Answer):
    """One attempt to deliver a callback. `error` says why there is no `status_code`; `response` is
    the beginning of the receiver's response if the last attempt failed.
    """

    at: datetime | None = None
    status_code: int | None = None
    error: str | None = None
    seconds: float | None = None
    response: str | None = None


class Callback(Answer):
    """One event for one URL. `status` is `pending`, `delivered` or `dead`; `error` says why it is
    dead although attempts were left. `department` is set for operators only.
    """

    id: str
    status: str
    department: str | None = None
    type: str | None = None
    job_id: str | None = None
    batch_id: str | None = None
    url: str | None = None
    attempts: tuple[Attempt, ...] = ()
    next_attempt_at: datetime | None = None
    error: str | None = None


class Redelivered(Answer):
    """How many callbacks are delivered again, and how many of the time range are not yet."""

    redelivered: int
    remaining: int
