"""Documents on their way in: told by their first bytes, kept in the store."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from documents.detect import detect
from documents.errors import DocumentError
from documents.readers import text as plain_text
from jobs.ledger import Ledger
from jobs.model.department import Department
from jobs.model.ids import document_id
from jobs.model.job import StoredDocument
from jobs.model.problems import ProblemError
from jobs.process.settings import LimitSettings, RetentionSettings
from jobs.store import Incoming, Store
from jobs.submit.checks import check_text
from jobs.submit.secrecy import Screening


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was received, and the name that it came with."""

    incoming: Incoming
    filename: str | None


class Documents:
    """Keeps what departments send. The same bytes again are the same document."""

    def __init__(
        self,
        ledger: Ledger,
        store: Store,
        limits: LimitSettings,
        retention: RetentionSettings,
        screening: Screening | None = None,
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._limits = limits
        self._screening = screening or Screening()
        self._keep = timedelta(hours=retention.document_retention_hours)

    async def keep(self, department: Department, upload: Upload) -> StoredDocument:
        """Keep an uploaded file.

        Raises `ProblemError`: `document-empty`, `document-unsupported` or what else shows from
        the first bytes, `secrecy-marked`, `storage-full`.
        """
        incoming = upload.incoming
        if incoming.bytes == 0:
            raise ProblemError("document-empty", "The document has no bytes. Send it whole.")
        incoming.flush()
        try:
            media_type = await asyncio.to_thread(detect, incoming.path)
        except DocumentError as error:
            raise ProblemError(error.code, str(error)) from error
        await self._screening.check_file(department, incoming.path, media_type)
        owner = document_id(incoming.sha256)
        blob = await self._store.keep(incoming, department.name, owner)
        document = self._document(
            department.name, incoming.sha256, incoming.bytes, media_type, blob
        )
        kept = await self._ledger.documents.keep(replace(document, filename=upload.filename))
        if kept.blob != blob:
            await self._store.delete(blob)
        return kept

    async def keep_made(
        self, department: str, data: bytes, *, filename: str, media_type: str
    ) -> StoredDocument:
        """Keep a file that a task made from a document of the department.

        Raises `ProblemError`: `storage-full`, or the ledger's.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        blob = await self._store.put(data, department, document_id(sha256))
        document = self._document(department, sha256, len(data), media_type, blob)
        kept = await self._ledger.documents.keep(replace(document, filename=filename))
        if kept.blob != blob:
            await self._store.delete(blob)
        return kept

    async def check_text(self, department: Department, text: str) -> None:
        """Raises `ProblemError`: `document-empty`, `text-too-long` or `secrecy-marked`."""
        check_text(text, self._limits.max_text_chars)
        await self._screening.check_text(department, text)

    async def withdraw(self, document: StoredDocument) -> None:
        """Remove a document that should not have been kept, bytes and record."""
        await self._store.delete(document.blob)
        await self._ledger.documents.withdraw(document.department, document.id)

    async def store_text(self, department: str, text: str) -> StoredDocument:
        """Put a text into the store; the ledger keeps its record together with the job."""
        data = text.encode("utf-8", "replace")
        sha256 = hashlib.sha256(data).hexdigest()
        blob = await self._store.put(data, department, document_id(sha256))
        return self._document(department, sha256, len(data), plain_text.MEDIA_TYPE, blob)

    async def keep_text(self, department: str, text: str) -> StoredDocument:
        """Keep a text as a document. Raises `ProblemError`: `storage-full`, or the ledger's."""
        document = await self.store_text(department, text)
        kept = await self._ledger.documents.keep(document)
        if kept.blob != document.blob:
            await self._store.delete(document.blob)
        return kept

    async def discard(self, document: StoredDocument) -> None:
        """Remove what was stored and is not needed after all."""
        await self._store.delete(document.blob)

    def _document(
        self, department: str, sha256: str, size: int, media_type: str, blob: str
    ) -> StoredDocument:
        return StoredDocument(
            id=document_id(sha256),
            department=department,
            sha256=sha256,
            bytes=size,
            media_type=media_type,
            filename=None,
            expires_at=datetime.now(UTC) + self._keep,
            blob=blob,
        )
