"""Stores and deletes batch input files: the bytes in the store, the record in the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from jobs.batches.file import FilePurpose, StoredFile
from jobs.ledger import Ledger
from jobs.model.ids import new_file_id
from jobs.model.quotas import OverQuotaError
from jobs.process.settings import RetentionSettings
from jobs.store import Incoming, Store
from jobs.submit.checks import invalid_field


@dataclass(frozen=True, slots=True)
class FileUpload:
    """A received file. `keep` is the retention that the department asks for, limited to the
    retention of files; None asks for the latter.
    """

    incoming: Incoming
    lines: int
    filename: str | None
    keep: timedelta | None = None


class Files:
    """Stores the files from which departments create batches."""

    def __init__(self, ledger: Ledger, store: Store, retention: RetentionSettings) -> None:
        self._ledger = ledger
        self._store = store
        self._max_keep = timedelta(hours=retention.file_retention_hours)

    async def keep(self, department: str, upload: FileUpload) -> StoredFile:
        """Store an uploaded file. The same bytes again are another file.

        Raises `ProblemError`: `invalid-request` if it is empty, `storage-full`, `quota-storage`.
        """
        if upload.incoming.bytes == 0:
            raise invalid_field("#/file", "It is empty. Send one line of JSON for each request.")
        file_id, now = new_file_id(), datetime.now(UTC)
        blob = await self._store.keep(upload.incoming, department, file_id)
        file = StoredFile(
            id=file_id,
            department=department,
            purpose=FilePurpose.batch,
            filename=upload.filename or f"{file_id}.jsonl",
            bytes=upload.incoming.bytes,
            lines=upload.lines,
            created_at=now,
            expires_at=now + min(upload.keep or self._max_keep, self._max_keep),
            blobs=(blob,),
        )
        try:
            return await self._ledger.files.keep(file)
        except OverQuotaError:
            await self._store.delete(blob)
            raise

    async def delete(self, department: str, file_id: str) -> bool:
        """Remove a file and its bytes; False if the department has no such file.

        Raises `ProblemError("file-in-use")` while a batch that has not ended needs it.
        """
        blobs = await self._ledger.files.delete(department, file_id)
        if blobs is None:
            return False
        for blob in blobs:
            await self._store.delete(blob)
        return True
