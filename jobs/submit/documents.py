"""Stores departments' documents: the bytes in the store, the record in the ledger."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from documents.isolation.owner import Owner, working_for
from documents.kinds import PLAIN_TEXT
from jobs.ledger import Ledger
from jobs.model.department import Department
from jobs.model.ids import document_id
from jobs.model.job import NewDocument, StoredDocument
from jobs.model.problems import ProblemError
from jobs.model.quotas import OverQuotaError
from jobs.process.settings import LimitSettings
from jobs.store import Incoming, Store
from jobs.submit.checks import check_kind, check_text
from jobs.submit.secrecy import Screening


@dataclass(frozen=True, slots=True)
class Upload:
    """A received file and its name."""

    incoming: Incoming
    filename: str | None


class Documents:
    """Stores documents. The same bytes of one department are one document.

    Without `screening` only texts and text files are checked for a secrecy marking.
    """

    def __init__(
        self,
        ledger: Ledger,
        store: Store,
        limits: LimitSettings,
        screening: Screening | None = None,
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._limits = limits
        self._screening = screening or Screening()

    async def keep(
        self, department: Department, upload: Upload, *, task: str | None = None
    ) -> StoredDocument:
        """Store an uploaded file. `task`: the task that it is for, which must take its kind.

        Raises `ProblemError`: `document-empty`, `document-unsupported` or another problem that the
        first bytes show, `document-not-accepted`, `secrecy-marked`, `secrecy-unchecked`,
        `storage-full`, and the ledger's.
        """
        incoming = upload.incoming
        if incoming.bytes == 0:
            raise ProblemError("document-empty", "The document has no bytes. Send it whole.")
        identity = incoming.sha256
        with working_for(Owner(department.name)):
            async with self._store.received(incoming) as path:
                media_type = await self._screening.media_type(department, path, identity=identity)
                if task is not None:
                    check_kind(task, media_type)
                checked = await self._screening.check_file(
                    department, path, media_type, identity=identity
                )
        blob = await self._store.keep(incoming, department.name, document_id(incoming.sha256))
        return await self._record(
            NewDocument(
                id=document_id(incoming.sha256),
                department=department.name,
                sha256=incoming.sha256,
                bytes=incoming.bytes,
                media_type=media_type,
                filename=upload.filename,
                blob=blob,
                secrecy_checked=checked,
            )
        )

    def computing(self, department: str) -> AbstractContextManager[None]:
        """Within the block `compute` uses the processes of the screening."""
        return self._screening.computing(department)

    async def keep_result_file(
        self, department: str, data: bytes, *, filename: str, media_type: str
    ) -> StoredDocument:
        """Store a file that a task created. Raises `ProblemError`: `storage-full`, the ledger's."""
        document = await self._put(department, data, media_type, self._store.put)
        return await self._record(replace(document, filename=filename), above_quota=True)

    async def check_text(self, department: Department, text: str) -> None:
        """Raises `ProblemError`: `document-empty`, `text-too-long` or `secrecy-marked`."""
        check_text(text, self._limits.max_text_chars)
        await self._screening.check_text(department, text)

    async def store_text(self, department: str, text: str) -> NewDocument:
        """Put a text into the store, without a record in the ledger."""
        data = text.encode("utf-8", "replace")
        return await self._put(department, data, PLAIN_TEXT, self._store.put_text)

    async def keep_text(self, department: str, text: str) -> StoredDocument:
        """Store a text as a document. Raises `ProblemError`: `storage-full`, the ledger's."""
        return await self._record(await self.store_text(department, text))

    async def withdraw(self, document: StoredDocument) -> None:
        """Remove a document, bytes and record, even if jobs refer to it."""
        await self._store.delete(document.blob)
        await self._ledger.documents.withdraw(document.department, document.id)

    async def discard(self, document: NewDocument) -> None:
        """Remove the bytes of a document that has no record."""
        await self._store.delete(document.blob)

    async def _put(
        self,
        department: str,
        data: bytes,
        media_type: str,
        put: Callable[[bytes, str, str], Awaitable[str]],
    ) -> NewDocument:
        sha256 = hashlib.sha256(data).hexdigest()
        return NewDocument(
            id=document_id(sha256),
            department=department,
            sha256=sha256,
            bytes=len(data),
            media_type=media_type,
            filename=None,
            blob=await put(data, department, document_id(sha256)),
        )

    async def _record(self, document: NewDocument, *, above_quota: bool = False) -> StoredDocument:
        try:
            kept = await self._ledger.documents.keep(document, above_quota=above_quota)
        except OverQuotaError:
            await self._store.delete(document.blob)
            raise
        if kept.blob != document.blob:  # the bytes were stored before
            await self._store.delete(document.blob)
        return kept
