"""What a job of the ledger should be, for the test that compares the two."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from jobs.model.approval import Decision
from jobs.model.job import Claim
from jobs.model.lanes import Lane
from jobs.model.states import ENDINGS, JobStatus, JobSubstatus
from tests.transitions import NEW

# Leases, in seconds.
LONG, OVER = 600.0, 0.0
SUSPECT_DEATHS, SUSPECT_LOSSES = 2, 3


@dataclass(slots=True)
class Model:
    """What a job should be."""

    id: str
    lane: Lane
    callback_id: str | None
    status: JobStatus
    deadline_passed: bool = False
    token: int = 0
    tries: int = 0
    deaths: int = 0
    losses: int = 0
    alone: bool = False
    worker: str | None = None
    lease_over: bool = False
    ended_by: int | None = None
    # When the approval of its result ends.
    awaits: Literal["later", "over"] | None = None
    decided: tuple[str, Decision] | None = None
    states: list[str] = field(default_factory=lambda: [NEW])

    def become(self, status: JobStatus) -> None:
        self.status, self.worker, self.awaits = status, None, None

    @property
    def state(self) -> str:
        """As the ledger records it."""
        return JobSubstatus.awaiting_approval if self.awaits else self.status

    @property
    def in_run(self) -> bool:
        return self.state == JobStatus.running

    def claimed(self, claim: Claim, worker: str, lease: float) -> None:
        self.alone = self.suspect
        self.become(JobStatus.running)
        self.token, self.worker, self.lease_over = claim.token, worker, lease == OVER

    @property
    def suspect(self) -> bool:
        """Whether it may have killed what ran it, so that it is run alone."""
        return self.deaths >= SUSPECT_DEATHS or self.losses >= SUSPECT_LOSSES

    @property
    def over(self) -> bool:
        return self.status in ENDINGS


@dataclass(frozen=True, slots=True)
class Run:
    """A worker's hold on a job, perhaps one that was lost long ago."""

    claim: Claim
    job: Model

    @property
    def holds(self) -> bool:
        return self.job.in_run and self.job.token == self.claim.token
