"""The states of jobs and callbacks, as `docs/reliability.md` draws them."""

from __future__ import annotations

from enum import StrEnum


class JobStatus(StrEnum):
    scheduled = "scheduled"  # waits for `not_before`, or for a retry's backoff
    queued = "queued"  # waits for its turn
    running = "running"  # a worker holds a lease on it
    succeeded = "succeeded"
    failed = "failed"
    cancelled = "cancelled"
    expired = "expired"  # its deadline passed


ENDINGS = frozenset({JobStatus.succeeded, JobStatus.failed, JobStatus.cancelled, JobStatus.expired})

TRANSITIONS: dict[JobStatus, frozenset[JobStatus]] = {
    JobStatus.scheduled: frozenset({JobStatus.queued, JobStatus.cancelled, JobStatus.expired}),
    JobStatus.queued: frozenset({JobStatus.running, JobStatus.cancelled, JobStatus.expired}),
    JobStatus.running: ENDINGS | {JobStatus.queued, JobStatus.scheduled},
    JobStatus.succeeded: frozenset(),
    JobStatus.failed: frozenset(),
    JobStatus.cancelled: frozenset(),
    JobStatus.expired: frozenset(),
}


class CallbackStatus(StrEnum):
    pending = "pending"
    delivered = "delivered"
    dead = "dead"


CALLBACK_TRANSITIONS: dict[CallbackStatus, frozenset[CallbackStatus]] = {
    CallbackStatus.pending: frozenset(CallbackStatus),  # it stays pending between attempts
    CallbackStatus.delivered: frozenset({CallbackStatus.pending}),  # sent again by hand
    CallbackStatus.dead: frozenset({CallbackStatus.pending}),
}
