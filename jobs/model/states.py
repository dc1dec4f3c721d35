"""The states of jobs and callbacks. `ledger/scripts/lib/transitions.lua` has their changes."""

from __future__ import annotations

from enum import StrEnum


class JobStatus(StrEnum):
    scheduled = "scheduled"  # waits for `not_before`, or for a retry's backoff
    queued = "queued"  # waits for its turn
    running = "running"  # a worker holds a lease on it, or its result waits for approval
    succeeded = "succeeded"
    failed = "failed"
    cancelled = "cancelled"
    expired = "expired"  # its deadline passed


# The ledger's state of a job whose result waits for approval. Departments see `running`.
AWAITING_APPROVAL = "awaiting_approval"
ENDINGS = frozenset({JobStatus.succeeded, JobStatus.failed, JobStatus.cancelled, JobStatus.expired})


class CallbackStatus(StrEnum):
    pending = "pending"
    delivered = "delivered"
    dead = "dead"
