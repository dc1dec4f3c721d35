"""The scheduler's part of the audit record: operators' commands, and retention."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import structlog
from pydantic import TypeAdapter

from jobs.audit.files import AuditFiles
from jobs.audit.log import AuditLog
from jobs.audit.record import AuditRecord
from jobs.audit.writer import ChainWriter
from jobs.ledger import Ledger
from jobs.process.settings import AuditSettings

_RECORD = TypeAdapter(AuditRecord)
log = structlog.get_logger()


class AuditKeeper:
    """Raises `AuditKeyUnusable`, and `OSError` if the data dir cannot be written."""

    def __init__(self, ledger: Ledger, data_dir: Path, settings: AuditSettings) -> None:
        files = AuditFiles.of(data_dir)
        self._ledger = ledger
        self._keep = timedelta(days=settings.days)
        self._writer = ChainWriter(files, files.chain_key(settings))
        self._log = AuditLog(self._writer)

    async def write_waiting(self) -> None:
        """Write the records of commands. Raises `ProblemError`; then they wait further."""
        entries = await self._ledger.audit.waiting()
        if entries:
            await self._log.add_all([_RECORD.validate_json(entry) for entry in entries])
            await asyncio.to_thread(self._writer.flush)
            await self._ledger.audit.remove(entries)

    async def prune(self) -> None:
        """Remove the days whose time is over."""
        for day in await asyncio.to_thread(self._writer.remove_before, self._keep):
            log.info("audit.pruned", day=day)
