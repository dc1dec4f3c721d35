"""The states of jobs and callbacks. `ledger/scripts/lib/transitions.lua` has their changes."""

from __future__ import annotations

from enum import StrEnum


class JobStatus(StrEnum):
    scheduled = "scheduled"  # waits for `not_before`, or for a retry's backoff
    queued = "queued"  # waits for its turn
    running = "running"  # a worker holds a lease on it, or see `JobSubstatus`
    succeeded = "succeeded"
    failed = "failed"
    cancelled = "cancelled"
    expired = "expired"  # its deadline passed


class JobSubstatus(StrEnum):
    """A state in the ledger that departments see as `running`, with this as `substatus`."""

    awaiting_approval = "awaiting_approval"  # the run has ended, and its result waits for a person


ENDINGS = frozenset({JobStatus.succeeded, JobStatus.failed, JobStatus.cancelled, JobStatus.expired})


class CallbackStatus(StrEnum):
    pending = "pending"
    delivered = "delivered"
    dead = "dead"
