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
# claim.
CLAIM_AGAIN_SECONDS = 0.015
# A step for fewer bulk jobs costs nearly as much as one for so many. Where a worker has others in
# hand, it waits longer for them.
FEW = 8


def expected_ms(again_seconds: float) -> int:
    """How long the ledger expects a claim from a process that claims again within this time:
    somewhat longer.
    """
    return round(again_seconds * 5_000 / 3)


EXPECTED_MS = expected_ms(CLAIM_AGAIN_SECONDS)
