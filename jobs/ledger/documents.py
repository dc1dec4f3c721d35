"""Documents in the ledger. Their bytes are in the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from jobs.ledger.connection import PREFIX, Connection
from jobs.ledger.records import document_record, dump, pairs, to_document, to_ms
from jobs.model.job import NewDocument, StoredDocument


class DocumentLedger:
    def __init__(self, connection: Connection, keep_hours: float) -> None:
        self._connection = connection
        self._keep_ms = round(keep_hours * 3_600_000)

    async def keep(self, document: NewDocument) -> StoredDocument:
        """Keep a document, or prolong the one with the same bytes, whose blob then stands."""
        record = dump(document_record(document, self._keep_ms))
        return to_document(pairs(await self._connection.run("keep_document", record)))

    async def withdraw(self, department: str, document_id: str) -> None:
        """Forget a document at once, whatever jobs name it; its blob is the caller's to delete."""
        await self._connection.run("withdraw_document", department, document_id)

    async def prolong(
        self, department: str, document_ids: Sequence[str], until: datetime
    ) -> Mapping[str, int]:
        """Keep documents until then at least; gives the bytes of those that there are."""
        if not document_ids:
            return {}
        sizes = await self._connection.run(
            "prolong_documents", department, to_ms(until), *document_ids
        )
        return {
            document_id: int(size)
            for document_id, size in zip(document_ids, sizes, strict=True)
            if size is not None
        }

    async def sizes(self, department: str, document_ids: Sequence[str]) -> Mapping[str, int]:
        """The bytes of those documents that there are."""
        return await self.prolong(department, document_ids, datetime.fromtimestamp(0, UTC))

    async def get(self, department: str, document_id: str) -> StoredDocument | None:
        key = f"{PREFIX}document:{department}:{document_id}"
        record = await self._connection.ask(self._connection.redis.hgetall(key))
        return to_document(record) if record else None
