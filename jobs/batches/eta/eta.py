"""The estimated end of the batches in the ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from jobs.batches.batch import Batch, BatchStatus, NewBatch
from jobs.batches.estimate import Estimate
from jobs.batches.eta.simulation import BatchWork, DepartmentWork, Throughput, simulate
from jobs.batches.eta.situation import Situation
from jobs.ledger import Ledger
from jobs.ledger.pauses import Pause
from jobs.model.lanes import Lane
from jobs.process.settings import BulkSettings
from jobs.windows.window import NEVER, Calendar

# Besides the engines' time: the file is read, and the last results are written.
OVERHEAD = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class _OpenBatch:
    """A batch that has not ended. `tokens` are those of its remaining work, by task."""

    id: str
    department: str
    lane: Lane
    deadline: datetime
    window: str | None
    tokens: Mapping[str, float]


class BatchEta:
    """Estimates when batches end, from waiting work, throughput, windows and pauses."""

    def __init__(self, ledger: Ledger, bulk: BulkSettings) -> None:
        self._ledger = ledger
        self._bulk = bulk

    async def of_open(self, now: datetime) -> Mapping[str, Estimate]:
        """The estimates of all batches that have not ended, by their ids."""
        batches = await self._ledger.batches.open()
        ends = await self._simulate(now, batches, [])
        situation = await Situation.read(self._ledger)
        return {batch.id: Estimate(ends[batch.id], situation.stall_of(batch)) for batch in batches}

    async def of_new(self, batch: NewBatch) -> Estimate:
        """The estimate of a batch submitted now."""
        batches = await self._ledger.batches.open()
        ends = await self._simulate(batch.created_at, batches, [_open_batch(batch, batch.tokens)])
        situation = await Situation.read(self._ledger)
        return Estimate(ends[batch.id], situation.stall_of(batch))

    async def _simulate(
        self, now: datetime, batches: Sequence[Batch], new: Sequence[_OpenBatch]
    ) -> Mapping[str, datetime | None]:
        throughput = Throughput(
            await self._ledger.statistics.pace(), self._bulk.assumed_tokens_per_second
        )
        by_department: defaultdict[str, list[_OpenBatch]] = defaultdict(list)
        for batch in [*(_open_batch(one, _remaining(one)) for one in batches), *new]:
            by_department[batch.department].append(batch)
        pauses = await self._ledger.pauses.list()
        departments = [
            await self._department(name, own, throughput, pauses)
            for name, own in by_department.items()
        ]
        ends = simulate(now, departments)
        return {batch_id: end + OVERHEAD if end else None for batch_id, end in ends.items()}

    async def _department(
        self,
        name: str,
        batches: Sequence[_OpenBatch],
        throughput: Throughput,
        pauses: Sequence[Pause],
    ) -> DepartmentWork:
        department = await self._ledger.departments.get(name)
        calendar = self._bulk.calendar(department.window if department else None)
        return DepartmentWork(
            department=name,
            weight=department.weight if department else 1,
            batches=[
                BatchWork(
                    batch.id,
                    throughput.seconds(batch.tokens),
                    self._windows(batch, calendar, pauses),
                )
                for batch in sorted(batches, key=_release_order)
            ],
        )

    def _windows(
        self, batch: _OpenBatch, calendar: Calendar, pauses: Sequence[Pause]
    ) -> tuple[Calendar, ...]:
        if any(pause.holds(batch.department, batch.lane) for pause in pauses):
            return (NEVER,)
        own = (self._bulk.calendar(batch.window),) if batch.window else ()
        return own if batch.lane is Lane.interactive else (calendar, *own)


def _release_order(batch: _OpenBatch) -> tuple[bool, datetime, str]:
    """As the ledger releases: interactive work, then the earliest deadline."""
    return (batch.lane is not Lane.interactive, batch.deadline, batch.id)


def _open_batch(batch: Batch | NewBatch, tokens: Mapping[str, float]) -> _OpenBatch:
    return _OpenBatch(
        id=batch.id,
        department=batch.department,
        lane=batch.lane,
        deadline=batch.deadline,
        window=batch.window,
        tokens=tokens,
    )


def _remaining(batch: Batch) -> Mapping[str, float]:
    if batch.status is BatchStatus.validating:
        return batch.tokens
    if not batch.indexed or batch.closing:
        return {}
    ended = batch.completed + batch.failed - (batch.total - batch.indexed)
    share = max(batch.indexed - ended, 0) / batch.indexed
    return {task: tokens * share for task, tokens in batch.tokens.items()}
