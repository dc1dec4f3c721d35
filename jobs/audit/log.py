"""The audit record of a process with an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

import structlog

from jobs.audit.folding import Folding
from jobs.audit.record import AuditRecord
from jobs.audit.writer import Busy, ChainWriter
from jobs.model.problems import ProblemError

RETRY_AFTER_SECONDS = 10.0
FLUSH_SECONDS = 1.0
RESUMED = "audit.resumed"
log = structlog.get_logger()


class AuditLog:
    """Records are in the operating system's hands when `add` returns: no SIGKILL loses them.

    Lines are written on the event loop, and on a thread while another process is writing. Those of
    one turn of the loop share a write, which takes some 50 microseconds and 20 for each line more.
    Equal records are folded: `jobs/audit/folding.py`. While records cannot be written, `check`
    refuses work.
    """

    def __init__(self, writer: ChainWriter, folding: Folding | None = None) -> None:
        self._writer = writer
        self._folding = folding or Folding()
        self._lost = 0
        self._failing = False
        self._flushed = True
        self._waiting: list[AuditRecord] = []
        self._writing: asyncio.Task[None] | None = None

    async def check(self) -> None:
        """Raise `ProblemError("audit-unavailable")` while records cannot be written."""
        if self._failing:
            await self._write([])

    async def add(self, record: AuditRecord) -> bool:
        """Record it; False if it was folded. Raises `ProblemError("audit-unavailable")`."""
        if not self._folding.admit(record):
            return False
        await self._write([record])
        return True

    async def add_all(self, records: Sequence[AuditRecord]) -> None:
        """Record them as they are. Raises `ProblemError("audit-unavailable")`."""
        if records:
            await self._write(records)

    async def keep_up(self) -> None:
        """Flush lines to the disk, and write folded records when they are due, until cancelled;
        then write all of them.
        """
        try:
            while True:
                await asyncio.sleep(FLUSH_SECONDS)
                with suppress(ProblemError):  # logged; the count is part of `audit.resumed`
                    await self.add_all(self._folding.due())
                await self._flush()
        finally:
            with suppress(ProblemError):
                await self.add_all(self._folding.due(everything=True))
            await self._flush()

    async def _flush(self) -> None:
        if self._flushed:
            return
        self._flushed = True
        try:
            await asyncio.to_thread(self._writer.flush)
        except OSError as error:
            log.error("audit.not_flushed", error=str(error))  # noqa: TRY400 - no trace needed

    async def _write(self, records: Sequence[AuditRecord]) -> None:
        """Write them together with those of others. A caller that is cancelled leaves its own."""
        self._waiting += records
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_waiting())
        await asyncio.shield(self._writing)

    async def _write_waiting(self) -> None:
        self._writing = None  # later records are written by another task
        records, self._waiting = self._waiting, []
        added = [*self._resumption(), *records]
        try:
            try:
                self._writer.append(added, wait=False)
            except Busy:
                await asyncio.to_thread(self._writer.append, added)
        except OSError as error:
            self._failing = True
            self._lost += len(records)
            log.error(  # noqa: TRY400 - no trace needed
                "audit.unavailable",
                error=str(error),
                unrecorded=[(record.action, record.target) for record in records],
            )
            raise ProblemError(
                "audit-unavailable",
                "The audit record cannot be written. If the request changed something, the change "
                "may have been made.",
                retry_after=RETRY_AFTER_SECONDS,
            ) from error
        self._failing, self._lost, self._flushed = False, 0, False

    def _resumption(self) -> Sequence[AuditRecord]:
        if not self._failing:
            return ()
        detail = {"unrecorded": self._lost}
        return (AuditRecord(datetime.now(UTC), RESUMED, 0, "audit", detail=detail),)
