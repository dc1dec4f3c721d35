"""What holds batches up: missing processes, engines that are away, pauses, windows, quotas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from jobs.batches.batch import Batch, BatchStatus, NewBatch
from jobs.batches.estimate import Stall, StallReason
from jobs.health.engines import FULL, engines_of
from jobs.ledger import Ledger
from jobs.ledger.health import ClosedWork
from jobs.ledger.pauses import Pause
from jobs.ledger.processes import Process
from jobs.model.lanes import Lane

# A batch whose lines could run and none does stands still after this time, and one whose lines do
# run and do not end after the second.
_IDLE = timedelta(seconds=10)
_NO_ENDING = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Situation:
    """`now` is by Redis's clock."""

    now: datetime
    processes: Sequence[Process]
    pauses: Sequence[Pause]
    closed: ClosedWork

    @classmethod
    async def read(cls, ledger: Ledger) -> Situation:
        return cls(
            now=await ledger.health.time(),
            processes=await ledger.processes.list(),
            pauses=await ledger.pauses.list(),
            closed=await ledger.health.closed_work(),
        )

    def stall_of(self, batch: Batch | NewBatch) -> Stall | None:
        """Why no line of the batch can run; None if nothing is known to hold it up.

        First what holds it on purpose: until that ends, nothing else matters to it.
        """
        for pause in self.pauses:
            if pause.holds(batch.department, batch.lane):
                return _stall(StallReason.paused, pause.since, "paused by an operator")
        if self._is_closed(batch):
            return Stall(StallReason.window_closed, None, "its window is closed")
        if isinstance(batch, Batch) and batch.status is BatchStatus.validating:
            return self._without("scheduler", StallReason.no_scheduler, "no scheduler runs")
        if isinstance(batch, Batch) and (batch.closing or batch.status is BatchStatus.finalizing):
            return self._without("scheduler", StallReason.no_scheduler, "no scheduler runs")
        return (
            self._without("worker", StallReason.no_worker, "no worker runs", batch.lane)
            or self._engine_away(batch.lane)
            or (None if self.closed.known else self._without("scheduler", *_NO_SCHEDULER))
        )

    def progress_stall(self, batch: Batch, started: int, running: int) -> Stall | None:
        """Whether the batch stands still although nothing is known to hold it up.

        `started`: its lines that were started and have not ended. `running`: jobs that run in the
        whole system.
        """
        if batch.status is not BatchStatus.in_progress or batch.progress_at is None:
            return None
        idle = self.now - batch.progress_at
        if started == 0 and running == 0 and idle > _IDLE:
            detail = "workers are free, and none starts its lines"
            return Stall(StallReason.no_progress, batch.progress_at, detail)
        if idle > _NO_ENDING:
            detail = f"no line has ended since {clock(batch.progress_at)}"
            return Stall(StallReason.no_progress, batch.progress_at, detail)
        return None

    def _is_closed(self, batch: Batch | NewBatch) -> bool:
        return batch.id in self.closed.batches or (
            batch.lane is Lane.bulk and batch.department in self.closed.departments
        )

    def _engine_away(self, lane: Lane) -> Stall | None:
        names = {process.name for process in self._of_role("worker", lane) if process.live}
        engines = [
            engine
            for engine in engines_of(self.processes, self.now)
            if engine.role == FULL and engine.worker in names
        ]
        if not engines or any(engine.healthy for engine in engines):
            return None
        since = max((engine.since for engine in engines if engine.since), default=None)
        return _stall(StallReason.engine_away, since, "engine away")

    def _without(
        self, role: str, reason: StallReason, text: str, lane: Lane | None = None
    ) -> Stall | None:
        """The stall if no process of the role is alive."""
        processes = self._of_role(role, lane)
        if any(process.live for process in processes):
            return None
        age = min((process.age_seconds for process in processes), default=None)
        since = None if age is None else self.now - timedelta(seconds=age)
        return _stall(reason, since, text)

    def _of_role(self, role: str, lane: Lane | None) -> Sequence[Process]:
        return [
            process
            for process in self.processes
            if process.role == role
            and (lane is None or lane.value in process.detail.get("lanes", list(Lane)))
        ]


_NO_SCHEDULER = (StallReason.no_scheduler, "no scheduler runs")


def clock(moment: datetime) -> str:
    """A time for operators: minutes, in UTC."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _stall(reason: StallReason, since: datetime | None, text: str) -> Stall:
    return Stall(reason, since, f"{text} since {clock(since)}" if since else text)
