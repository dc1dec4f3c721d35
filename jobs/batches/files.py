"""Files on their way in and out: bytes in the store, records in the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from jobs.batches.file import FilePurpose, StoredFile
from jobs.ledger import Ledger
from jobs.model.ids import new_file_id
from jobs.model.problems import ProblemError
from jobs.process.settings import RetentionSettings
from jobs.store import Incoming, Store


@dataclass(frozen=True, slots=True)
class FileUpload:
    """A file that was received. `keep` is how long its department wants it kept; it is not kept
    longer than files are, which is also what None asks for.
    """

    incoming: Incoming
    lines: int
    filename: str | None
    keep: timedelta | None = None


class Files:
    """Keeps what departments upload to make batches from, and lets go of it again."""

    def __init__(self, ledger: Ledger, store: Store, retention: RetentionSettings) -> None:
        self._ledger = ledger
        self._store = store
        self._longest_keep = timedelta(hours=retention.file_retention_hours)

    async def keep(self, department: str, upload: FileUpload) -> StoredFile:
        """Keep an uploaded file. The same bytes again are another file.

        Raises `ProblemError`: `invalid-request` where it is empty, `storage-full`.
        """
        if upload.incoming.bytes == 0:
            raise _empty()
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
            expires_at=now + min(upload.keep or self._longest_keep, self._longest_keep),
            blobs=(blob,),
        )
        await self._ledger.files.keep(file)
        return file

    async def delete(self, department: str, file_id: str) -> bool:
        """Remove a file with its bytes; False where the department has no such file.

        Raises `ProblemError("file-in-use")` while a batch that has not ended needs it.
        """
        blobs = await self._ledger.files.delete(department, file_id)
        if blobs is None:
            return False
        for blob in blobs:
            await self._store.delete(blob)
        return True


def _empty() -> ProblemError:
    return ProblemError(
        "invalid-request",
        "The file has no bytes. Send one line of JSON for each request.",
        errors=[{"pointer": "#/file", "detail": "It is empty."}],
    )
