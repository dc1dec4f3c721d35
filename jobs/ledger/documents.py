"""Records of documents. Their bytes are in the store, those of short texts in the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from jobs.ledger.department_records import over_quota
from jobs.ledger.document_records import document_record, to_document
from jobs.ledger.records import dump, pairs, to_ms
from jobs.ledger.server.connection import PREFIX, Connection
from jobs.model.job import NewDocument, StoredDocument
from jobs.model.problems import ProblemError


class DocumentLedger:
    def __init__(self, connection: Connection, keep_hours: float) -> None:
        self._connection = connection
        self._keep_ms = round(keep_hours * 3_600_000)

    async def keep(self, document: NewDocument, *, above_quota: bool = False) -> StoredDocument:
        """Store a document's record. One with the same bytes is extended and keeps its blob.

        Raises `OverQuotaError`, unless `above_quota`: results are kept above the quota too.
        """
        record = dump(document_record(document, self._keep_ms))
        answer = await self._connection.run("documents/keep", record, int(above_quota))
        if answer[0] == "over":
            raise over_quota(document.department, answer)
        return to_document(document.department, document.id, pairs(answer[1]))

    async def withdraw(self, department: str, document_id: str) -> None:
        """Remove a document at once, even if jobs use it. The caller deletes its blob."""
        await self._connection.run("documents/withdraw", department, document_id)

    async def delete(self, department: str, document_id: str) -> str | None:
        """Remove a document's record. Returns its blob, which the caller deletes; an empty text if
        nothing of it is in the store. None: no such document.

        Raises `ProblemError("document-in-use")` while an open job or a library uses it.
        """
        match await self._connection.run("documents/delete", department, document_id):
            case ["deleted", blob]:
                return str(blob)
            case ["in-use", uses]:
                raise ProblemError(
                    "document-in-use",
                    f"The document is used by {uses} jobs that have not ended, or libraries. "
                    "Cancel the jobs or wait for their end, and remove it from the libraries.",
                )
        return None

    async def extend(
        self, department: str, document_ids: Sequence[str], until: datetime
    ) -> Mapping[str, int]:
        """Keep documents at least until `until`. Returns the sizes in bytes of those that exist."""
        if not document_ids:
            return {}
        sizes = await self._connection.run(
            "documents/extend", department, to_ms(until), *document_ids
        )
        return {
            document_id: int(size)
            for document_id, size in zip(document_ids, sizes, strict=True)
            if size is not None
        }

    async def sizes(self, department: str, document_ids: Sequence[str]) -> Mapping[str, int]:
        """The sizes in bytes of those documents that exist."""
        return await self.extend(department, document_ids, datetime.fromtimestamp(0, UTC))

    async def get(self, department: str, document_id: str) -> StoredDocument | None:
        key = f"{PREFIX}document:{department}:{document_id}"
        record = await self._connection.ask(self._connection.redis.hgetall(key))
        return to_document(department, document_id, record) if record else None
