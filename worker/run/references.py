"""Reads the documents that a job's options name, with a cache shared by all jobs."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from weakref import WeakValueDictionary

from pydantic import BaseModel

from documents.document import Document
from documents.errors import DocumentMissing
from jobs.ledger import Ledger
from jobs.model.digests import combined, sha256_of_text
from jobs.model.job import StoredDocument
from jobs.model.provenance import Reference
from tasks.references import DocumentRef, LibraryRef, references_in
from worker.run.unread import refuse_unread

# Enough for a library of a few hundred laws.
CACHED_CHARS = 20_000_000
# Department, id and file name of a document.
_Key = tuple[str, str, str | None]


class References:
    """Resolves references to documents. `read` reads a stored one, `read_text` one's text."""

    def __init__(
        self,
        ledger: Ledger,
        read: Callable[[StoredDocument], Awaitable[Document]],
        read_text: Callable[[str], Awaitable[Document]],
        cached_chars: int = CACHED_CHARS,
    ) -> None:
        self._ledger = ledger
        self._read = read
        self._read_text = read_text
        self._cached_chars = cached_chars
        self._chars = 0
        self._documents: OrderedDict[_Key, Document] = OrderedDict()
        self._reading: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def resolve(self, department: str, options: BaseModel) -> tuple[Reference, ...]:
        """Read the documents into the references in `options`; returns them in the same order.

        Raises what reading raises, `DocumentMissing` for a document that was deleted, `PagesUnread`
        for one with unread pages, and `ProblemError` while the ledger is away.
        """
        return tuple(
            [
                await self._resolve_library(department, reference)
                if isinstance(reference, LibraryRef)
                else await self._resolve_document(department, reference)
                for reference in references_in(options)
            ]
        )

    async def _resolve_library(self, department: str, reference: LibraryRef) -> Reference:
        stored = await self._ledger.libraries.documents(department, reference.root)
        if not stored:
            raise DocumentMissing(f"The department no longer has a library named {reference.root}.")
        reference.give([await self._document(document) for document in stored])
        digest = combined(document.sha256 for document in stored)
        return Reference(digest, library=reference.root, documents=len(stored))

    async def _resolve_document(self, department: str, reference: DocumentRef) -> Reference:
        if reference.text is not None:
            reference.give(await self._read_text(reference.text))
            return Reference(sha256_of_text(reference.text))
        stored = await self._ledger.documents.get(department, reference.document_id or "")
        if stored is None:
            raise DocumentMissing("A document that the options name was deleted. Send it again.")
        reference.give(await self._document(stored))
        return Reference(stored.sha256, document_id=stored.id)

    async def _document(self, stored: StoredDocument) -> Document:
        # Jobs that start together with the same library read it once.
        document_id = (stored.department, stored.id)
        lock = self._reading.setdefault(document_id, asyncio.Lock())
        async with lock:
            # Tasks may use the file name, which can differ for the same bytes.
            key = (*document_id, stored.filename)
            document = self._documents.get(key)
            if document is None:
                document = await self._read(stored)
                refuse_unread(document)
                self._cache(key, document)
            else:
                self._documents.move_to_end(key)
            return document

    def _cache(self, key: _Key, document: Document) -> None:
        self._documents[key] = document
        self._chars += len(document.text)
        while self._chars > self._cached_chars:
            _, evicted = self._documents.popitem(last=False)
            self._chars -= len(evicted.text)
