"""When a callback is tried again: a schedule with jitter, and the receiver's `Retry-After`."""

from __future__ import annotations

import random
from collections.abc import Sequence

from jobs.model.states import CallbackStatus
from worker.callbacks.delivery import AttemptResult

JITTER = 0.1


def next_step(
    schedule: Sequence[float], attempt: int, result: AttemptResult
) -> tuple[CallbackStatus, float]:
    """The callback's state after an attempt, and the delay in seconds before the next one.

    `schedule` has the seconds before each attempt, the first included; `attempt` counts from 1.
    """
    if result.delivered:
        return CallbackStatus.delivered, 0
    if result.final or attempt >= len(schedule):
        return CallbackStatus.dead, 0
    delay = schedule[attempt] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret
    return CallbackStatus.pending, max(delay, result.retry_after or 0)
