"""Deletes documents, jobs and batches at once: their records, and their bytes in the store."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from jobs.ledger import Ledger
from jobs.store import Store

log = structlog.get_logger()


class Deletions:
    """What departments delete before its retention ends.

    Each method returns False if the department has no such thing. If the process dies between the
    two steps, the scheduler removes the bytes as those of no owner. Redis's append-only file is
    rewritten afterwards: `UpkeepLedger.rewrite_if_due`.
    """

    def __init__(self, ledger: Ledger, store: Store) -> None:
        self._ledger = ledger
        self._store = store

    async def document(self, department: str, document_id: str) -> bool:
        """Raises `ProblemError("document-in-use")`."""
        blob = await self._ledger.documents.delete(department, document_id)
        if blob is None:
            return False
        await self._remove("document", document_id, [blob] if blob else [])
        return True

    async def job(self, department: str, job_id: str) -> bool:
        """Raises `ProblemError("not-ended")`."""
        blobs = await self._ledger.jobs.delete(department, job_id)
        if blobs is None:
            return False
        await self._remove("job", job_id, blobs)
        return True

    async def batch(self, department: str, batch_id: str) -> bool:
        """Also deletes the batch's files. Raises `ProblemError("not-ended")`."""
        exists = False
        async for blobs in self._ledger.batches.delete(department, batch_id):
            exists = True
            await self._remove("batch", batch_id, blobs)
        return exists

    async def _remove(self, kind: str, id_: str, blobs: Sequence[str]) -> None:
        for blob in blobs:
            await self._store.delete(blob)
        log.info(f"{kind}.deleted", id=id_, blobs=len(blobs))
