"""When batches are expected to be done: what waits, how fast it goes, and when it may."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from jobs.batches.batch import Batch, BatchStatus, NewBatch
from jobs.batches.eta.forecast import Waiting, Work, forecast
from jobs.batches.eta.pace import Pace
from jobs.ledger import Ledger
from jobs.ledger.pauses import Pause
from jobs.model.lanes import Lane
from jobs.process.settings import BulkSettings
from jobs.windows.window import NEVER, Calendar

# Beyond the engines' time: the file is read, and the last results are written.
OVERHEAD = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class _Item:
    """A batch that has not ended. `tokens` are of what is left of it, by task."""

    id: str
    department: str
    lane: Lane
    deadline: datetime
    window: str | None
    tokens: Mapping[str, float]


class Outlook:
    def __init__(self, ledger: Ledger, bulk: BulkSettings) -> None:
        self._ledger = ledger
        self._bulk = bulk

    async def of_all(self, now: datetime) -> Mapping[str, datetime | None]:
        """When each batch that has not ended is expected to be done, by its id."""
        return await self._expected(now, [])

    async def of_new(self, batch: NewBatch) -> datetime | None:
        """When a batch would be done that is submitted now; None where that cannot be foreseen."""
        item = _Item(
            id=batch.id,
            department=batch.department,
            lane=batch.lane,
            deadline=batch.deadline,
            window=batch.window,
            tokens=batch.tokens,
        )
        return (await self._expected(batch.created_at, [item]))[batch.id]

    async def _expected(self, now: datetime, new: Sequence[_Item]) -> Mapping[str, datetime | None]:
        open_ = [_item(batch) for batch in await self._ledger.batches.open()]
        pace = Pace(await self._ledger.statistics.pace(), self._bulk.assumed_tokens_per_second)
        of_departments: defaultdict[str, list[_Item]] = defaultdict(list)
        for item in [*open_, *new]:
            of_departments[item.department].append(item)
        pauses = await self._ledger.pauses.list()
        waiting = [
            await self._waiting(name, items, pace, pauses) for name, items in of_departments.items()
        ]
        found = forecast(now, waiting)
        return {id_: end + OVERHEAD if end else None for id_, end in found.items()}

    async def _waiting(
        self, name: str, items: Sequence[_Item], pace: Pace, pauses: Sequence[Pause]
    ) -> Waiting:
        department = await self._ledger.departments.get(name)
        calendar = self._bulk.calendar(department.window if department else None)
        return Waiting(
            department=name,
            weight=department.weight if department else 1,
            works=[
                Work(item.id, pace.seconds(item.tokens), self._windows(item, calendar, pauses))
                for item in sorted(items, key=_order)
            ],
        )

    def _windows(
        self, item: _Item, calendar: Calendar, pauses: Sequence[Pause]
    ) -> tuple[Calendar, ...]:
        if any(pause.holds(item.department, item.lane) for pause in pauses):
            return (NEVER,)
        own = (self._bulk.calendar(item.window),) if item.window else ()
        return own if item.lane is Lane.interactive else (calendar, *own)


def _order(item: _Item) -> tuple[bool, datetime, str]:
    """As the ledger releases: interactive work, then the earliest deadline."""
    return (item.lane is not Lane.interactive, item.deadline, item.id)


def _item(batch: Batch) -> _Item:
    return _Item(
        id=batch.id,
        department=batch.department,
        lane=batch.lane,
        deadline=batch.deadline,
        window=batch.window,
        tokens=_left(batch),
    )


def _left(batch: Batch) -> Mapping[str, float]:
    if batch.status is BatchStatus.validating:
        return batch.tokens
    if not batch.indexed or batch.closing:
        return {}
    ended = batch.completed + batch.failed - (batch.total - batch.indexed)
    share = max(batch.indexed - ended, 0) / batch.indexed
    return {task: tokens * share for task, tokens in batch.tokens.items()}
