"""When a batch ends, or why it stands still."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class StallReason(StrEnum):
    """Why no line of a batch is worked on. The first four need a person who mends something."""

    engine_away = "engine-away"
    no_worker = "no-worker"
    no_scheduler = "no-scheduler"
    no_progress = "no-progress"
    paused = "paused"
    window_closed = "window-closed"
    quota_used_up = "quota-used-up"


@dataclass(frozen=True, slots=True)
class Stall:
    """`since`: when it began; None if unknown. `detail`: such as "engine away since 02:10 UTC"."""

    reason: StallReason
    since: datetime | None
    detail: str

    @property
    def is_fault(self) -> bool:
        """Whether something is broken, as opposed to work that waits on purpose."""
        return self.reason not in {
            StallReason.paused,
            StallReason.window_closed,
            StallReason.quota_used_up,
        }


@dataclass(frozen=True, slots=True)
class Estimate:
    """`end`: when a batch ends if nothing breaks any more; None if that cannot be estimated.

    `stall`: what holds the batch up now.
    """

    end: datetime | None
    stall: Stall | None = None

    @property
    def expected_at(self) -> datetime | None:
        """The end that departments are told: none while something is broken, because nobody knows
        when it will be mended.
        """
        return None if self.stall and self.stall.is_fault else self.end
