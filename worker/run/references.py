"""The documents that a job's options name, read; those that many jobs name are read once."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from weakref import WeakValueDictionary

from pydantic import BaseModel

from documents.document import Document
from documents.errors import DocumentMissing
from documents.limits import ReadLimits
from documents.readers.text import read_characters
from jobs.ledger import Ledger
from jobs.model.digests import combined, sha256_of_text
from jobs.model.job import StoredDocument
from jobs.model.provenance import Reference
from tasks.references import DocumentRef, LibraryRef, references_in
from worker.run.unread import refuse_unread

# A library of a few hundred laws stays in memory.
REMEMBERED_CHARS = 20_000_000


class References:
    """Gives references their documents. `read` reads a stored one."""

    def __init__(
        self,
        ledger: Ledger,
        read: Callable[[StoredDocument], Awaitable[Document]],
        limits: ReadLimits,
        remembered_chars: int = REMEMBERED_CHARS,
    ) -> None:
        self._ledger = ledger
        self._read = read
        self._limits = limits
        self._remembered_chars = remembered_chars
        self._chars = 0
        self._documents: OrderedDict[tuple[str, str | None], Document] = OrderedDict()
        self._reading: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def give(self, department: str, options: BaseModel) -> tuple[Reference, ...]:
        """What was given, in the order of the options. Raises what reading raises,
        `DocumentMissing` for what is no longer there, `PagesUnread` for what was read in part, and
        the ledger's `ProblemError`.
        """
        return tuple(
            [
                await self._give_library(department, reference)
                if isinstance(reference, LibraryRef)
                else await self._give_document(department, reference)
                for reference in references_in(options)
            ]
        )

    async def _give_library(self, department: str, reference: LibraryRef) -> Reference:
        stored = await self._ledger.libraries.documents(department, reference.root)
        if not stored:
            raise DocumentMissing(f"The department has no library {reference.root} any more.")
        reference.give([await self._document(one) for one in stored])
        digest = combined(one.sha256 for one in stored)
        return Reference(digest, library=reference.root, documents=len(stored))

    async def _give_document(self, department: str, reference: DocumentRef) -> Reference:
        if reference.text is not None:
            reference.give(read_characters(reference.text, self._limits))
            return Reference(sha256_of_text(reference.text))
        stored = await self._ledger.documents.get(department, reference.document_id or "")
        if stored is None:
            raise DocumentMissing(
                "A document that the options name is not there any more. Send it again."
            )
        reference.give(await self._document(stored))
        return Reference(stored.sha256, document_id=stored.id)

    async def _document(self, stored: StoredDocument) -> Document:
        # Jobs that begin together with the same library wait for one reading of it.
        lock = self._reading.setdefault(stored.blob, asyncio.Lock())
        async with lock:
            # The name may be given anew with the same bytes, and tasks may look at it.
            key = (stored.blob, stored.filename)
            document = self._documents.get(key)
            if document is None:
                document = await self._read(stored)
                refuse_unread(document)
                self._remember(key, document)
            else:
                self._documents.move_to_end(key)
            return document

    def _remember(self, key: tuple[str, str | None], document: Document) -> None:
        self._documents[key] = document
        self._chars += len(document.text)
        while self._chars > self._remembered_chars:
            _, forgotten = self._documents.popitem(last=False)
            self._chars -= len(forgotten.text)
