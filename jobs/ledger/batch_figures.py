"""Figures of batches, for metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from jobs.batches.batch import BatchStatus
from jobs.batches.eta.simulation import ERROR_BUCKETS
from jobs.ledger.batches import BatchLedger
from jobs.ledger.connection import PREFIX, Connection
from jobs.ledger.figures import FigureLedger


@dataclass(frozen=True, slots=True)
class EstimateErrors:
    """Of batches that were completed: what each took, over what was promised at its submission.
    Of those that expired, unless that was said beforehand: the time until the deadline over what
    was promised, which is less than they would have taken.

    `buckets` are cumulative, by upper bound.
    """

    buckets: Mapping[float, int]
    total: float


@dataclass(frozen=True, slots=True)
class BatchFigures:
    """`open`: batches that have not ended, by department and status. `ended`: since the ledger
    began, likewise. `waiting`, `released`: lines not yet released, and released and not ended, by
    department. `pace`: measured tokens per second, by task.
    """

    open: Mapping[tuple[str, BatchStatus], int]
    ended: Mapping[tuple[str, BatchStatus], int]
    waiting: Mapping[str, int]
    released: Mapping[str, int]
    pace: Mapping[str, float]
    errors: EstimateErrors


class BatchFigureLedger:
    def __init__(self, connection: Connection, batches: BatchLedger, figures: FigureLedger) -> None:
        self._connection = connection
        self._batches = batches
        self._figures = figures

    async def read(self, departments: Sequence[str]) -> BatchFigures:
        pipeline = self._connection.redis.pipeline(transaction=False)
        pipeline.hgetall(f"{PREFIX}batch-endings")
        pipeline.hgetall(f"{PREFIX}estimates")
        for name in departments:
            pipeline.get(f"{PREFIX}waiting-lines:{name}")
            pipeline.get(f"{PREFIX}open-lines:{name}")
        endings, estimates, *lines = await self._connection.ask(pipeline.execute())
        counts = [int(count or 0) for count in lines]
        open_ = Counter((one.department, one.status) for one in await self._batches.open())
        pace = await self._figures.pace()
        return BatchFigures(
            open=open_,
            ended={_ending(name): int(count) for name, count in endings.items()},
            waiting=dict(zip(departments, counts[::2], strict=True)),
            released=dict(zip(departments, counts[1::2], strict=True)),
            pace={task: tokens / seconds for task, (tokens, seconds) in pace.items() if seconds},
            errors=_errors(estimates),
        )


def _errors(kept: Mapping[str, str]) -> EstimateErrors:
    counts = [int(kept.get(f"le:{bound:g}", 0)) for bound in ERROR_BUCKETS]
    buckets = dict(zip(ERROR_BUCKETS, accumulate(counts), strict=True))
    return EstimateErrors(buckets, float(kept.get("sum", 0)))


def _ending(name: str) -> tuple[str, BatchStatus]:
    department, _, status = name.rpartition(":")
    return department, BatchStatus(status)
