"""Documents in the ledger. Their bytes are in the store."""

from __future__ import annotations

from jobs.job import StoredDocument
from jobs.ledger.connection import PREFIX, Connection
from jobs.ledger.records import document_record, dump, pairs, to_document


class DocumentLedger:
    def __init__(self, connection: Connection, keep_hours: float) -> None:
        self._connection = connection
        self._keep_ms = round(keep_hours * 3_600_000)

    async def keep(self, document: StoredDocument) -> StoredDocument:
        """Keep a document, or prolong the one with the same bytes, whose blob then stands."""
        record = dump(document_record(document, self._keep_ms))
        return to_document(pairs(await self._connection.run("keep_document", record)))

    async def get(self, department: str, document_id: str) -> StoredDocument | None:
        key = f"{PREFIX}document:{department}:{document_id}"
        record = await self._connection.ask(self._connection.redis.hgetall(key))
        return to_document(record) if record else None
