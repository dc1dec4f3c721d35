"""The audit record of a process with an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

import structlog

from jobs.audit.folding import Folding
from jobs.audit.record import AuditRecord
from jobs.audit.writer import ChainWriter
from jobs.ledger.coalescer import Coalescer
from jobs.model.problems import ProblemError

RETRY_AFTER_SECONDS = 10.0
FOLDED_SECONDS = 5.0
RESUMED = "audit.resumed"
_MOST_AT_ONCE = 500
log = structlog.get_logger()


class AuditLog:
    """Records are in the operating system's hands when `add` returns: no SIGKILL loses them.

    Records that arrive while one is being written are written together. Equal ones are folded:
    `jobs/audit/folding.py`. While records cannot be written, `check` refuses work.
    """

    def __init__(self, writer: ChainWriter, folding: Folding | None = None) -> None:
        self._writer = writer
        self._folding = folding or Folding()
        self._coalescer = Coalescer(self._send, _MOST_AT_ONCE)
        self._lost = 0
        self._failing = False

    async def check(self) -> None:
        """Raise `ProblemError("audit-unavailable")` while records cannot be written."""
        if self._failing:
            await self._coalescer.ask(None)

    async def add(self, record: AuditRecord) -> bool:
        """Record it; False if it was folded. Raises `ProblemError("audit-unavailable")`."""
        if not self._folding.admit(record):
            return False
        await self._coalescer.ask(record)
        return True

    async def keep_folding(self) -> None:
        """Write folded records when they are due, until cancelled; then write all of them."""
        try:
            while True:
                await asyncio.sleep(FOLDED_SECONDS)
                with suppress(ProblemError):  # logged; the count is part of `audit.resumed`
                    await self._write_folded()
        finally:
            with suppress(ProblemError):
                await self._write_folded(everything=True)

    async def _write_folded(self, *, everything: bool = False) -> None:
        for record in self._folding.due(everything=everything):
            await self._coalescer.ask(record)

    async def _send(self, records: Sequence[AuditRecord | None]) -> Sequence[None]:
        wanted = [record for record in records if record is not None]
        try:
            await asyncio.to_thread(self._writer.append, [*self._resumption(), *wanted])
        except OSError as error:
            self._failing = True
            self._lost += len(wanted)
            log.error(  # noqa: TRY400 - no trace needed
                "audit.unavailable",
                error=str(error),
                unrecorded=[(record.action, record.target) for record in wanted],
            )
            raise ProblemError(
                "audit-unavailable",
                "The audit record cannot be written. If the request changed something, the change "
                "may have been made.",
                retry_after=RETRY_AFTER_SECONDS,
            ) from error
        self._failing, self._lost = False, 0
        return [None] * len(records)

    def _resumption(self) -> Sequence[AuditRecord]:
        if not self._failing:
            return ()
        detail = {"unrecorded": self._lost}
        return (AuditRecord(datetime.now(UTC), RESUMED, 0, "audit", detail=detail),)
