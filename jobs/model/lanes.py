"""The lanes of jobs and the queues of Celery."""

from __future__ import annotations

from enum import StrEnum


class Lane(StrEnum):
    interactive = "interactive"
    bulk = "bulk"


class Queue(StrEnum):
    """Celery's queues. A job's queue has the name of its lane."""

    interactive = "interactive"
    bulk = "bulk"
    callbacks = "callbacks"


# vLLM's `priority`: lower numbers first.
ENGINE_PRIORITY = {Lane.interactive: 0, Lane.bulk: 10}

CELERY_TASK_PREFIX = "chancery."
# Says that work waits, to the processes that read the message's queue.
WAKE_TASK = CELERY_TASK_PREFIX + "wake"
# A busy process claims again after this time without a wake-up, which costs several times a
# claim. In the ledger a claim stays expected for somewhat longer.
CLAIM_AGAIN_SECONDS = 0.015
EXPECTED_MS = 25
