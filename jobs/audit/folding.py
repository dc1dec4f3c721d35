"""Folds equal records into one, so that polling and floods do not fill the disk."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace

from jobs.audit.record import AuditRecord

FOLD_SECONDS = 60.0
MOST_OPEN = 10_000
_NOT_FOUND = 404


@dataclass(slots=True)
class _Open:
    opened_at: float
    record: AuditRecord | None
    times: int


class Folding:
    """The first of equal records is recorded at once; those of the next minute are counted.

    Equal: the same action, key, account, source, status, problem and target. What was not found or
    refused is equal whatever the target, because a caller can invent targets without end.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._open: OrderedDict[Hashable, _Open] = OrderedDict()

    def admit(self, record: AuditRecord) -> bool:
        """Whether to record it now. False: it is counted, and will be part of `due`."""
        key = _identity(record)
        entry = self._open.get(key)
        if entry is None:
            self._open[key] = _Open(self._clock(), None, 0)
            return True
        entry.times += 1
        entry.record = replace(
            record, at=entry.record.at if entry.record else record.at, until=record.at
        )
        return False

    def due(self, *, everything: bool = False) -> Sequence[AuditRecord]:
        """The folded records whose minute is over, or which are too many to be kept open."""
        folded = []
        before = self._clock() - FOLD_SECONDS
        while self._open:
            key, entry = next(iter(self._open.items()))
            if not everything and entry.opened_at > before and len(self._open) <= MOST_OPEN:
                break
            del self._open[key]
            if entry.record is not None:
                until = entry.record.until if entry.times > 1 else None
                folded.append(replace(entry.record, times=entry.times, until=until))
        return folded


def _identity(record: AuditRecord) -> Hashable:
    target = record.target if record.problem is None else None
    return (
        record.action, record.key, record.account, record.source, record.status, record.problem,
        target,
    )  # fmt: skip
