"""What a job works on: a document that the store keeps, or a line of a batch's input file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_json

from documents.document import Document
from documents.errors import DocumentMissing, SecrecyMarked
from documents.inventory.hidden_content import WITH_HIDDEN_CONTENT
from documents.isolation.pool import ReaderPool
from documents.limits import ReadLimits
from documents.readers.text import read_characters
from documents.source import FileResult, ResultFile
from jobs.batches.input.input_line import read_lines
from jobs.batches.input.lines import Line
from jobs.ledger import Ledger
from jobs.ledger.grouped import Grouped
from jobs.model.digests import sha256_of_text
from jobs.model.job import Claim, InputLine, StoredDocument
from jobs.model.provenance import Reference
from jobs.model.roles import ModelChoice
from jobs.store import Store
from jobs.submit.documents import Documents
from jobs.submit.secrecy import note_refusal
from tasks.model.checking import check
from tasks.secrecy import Marking, marking_in
from tasks.secrecy.files import LOOKED_AT, level_of
from worker.run.references import References


@dataclass(frozen=True, slots=True)
class DocumentInput:
    """A task's document and options, and which model was asked for."""

    document: Document
    options: Mapping[str, Any]
    sha256: str
    model: ModelChoice | None


@dataclass(frozen=True, slots=True)
class ChatInput:
    """A request that goes to the engine as it is."""

    request: Mapping[str, Any]
    sha256: str


class Inputs:
    """Finds and reads what jobs work on."""

    def __init__(
        self,
        ledger: Ledger,
        store: Store,
        reading: ReaderPool,
        limits: ReadLimits,
        documents: Documents,
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._reading = reading
        self._limits = limits
        self._documents = documents
        # The jobs of one message want theirs at one time: together they cost one turn of a thread.
        self._lines = Grouped(self._read_lines)
        self._references = References(ledger, self._read, limits)

    async def give_references(self, claim: Claim, options: BaseModel) -> tuple[Reference, ...]:
        """Give the documents that a task's options name. Raises as `of` does."""
        return await self._references.give(claim.job.department, options)

    async def of(self, claim: Claim) -> DocumentInput | ChatInput:
        """Raises what reading raises (`tasks/errors.py`) and the ledger's `ProblemError`."""
        if claim.document is not None:
            document = await self._read(claim.document)
            return DocumentInput(
                document, claim.job.options, claim.document.sha256, claim.job.model
            )
        line = await self._lines.ask(claim.job.line) if claim.job.line else None
        if line is None:
            raise _missing()
        if line.chat is not None:
            return ChatInput(line.chat, hashlib.sha256(to_json(line.chat)).hexdigest())
        return await self._of_line(claim, line)

    async def _read_lines(self, places: Sequence[InputLine]) -> Sequence[Line | None]:
        return await read_lines(self._store, places)

    async def _of_line(self, claim: Claim, line: Line) -> DocumentInput:
        options = line.request.options if line.request else {}
        if line.text is not None:
            digest = sha256_of_text(line.text)
            document = read_characters(line.text, self._limits)
            await self._refuse_marked(claim.job.department, marking_in(document), None)
            return DocumentInput(document, options, digest, line.model)
        stored = await self._ledger.documents.get(claim.job.department, line.document_id or "")
        if stored is None:
            raise _missing()
        return DocumentInput(await self._read(stored), options, stored.sha256, line.model)

    async def _read(self, stored: StoredDocument) -> Document:
        try:
            path = self._store.path(stored.blob)
            document = await self._reading.read(path, self._limits, stored.media_type)
        except FileNotFoundError as error:
            raise _missing() from error
        source = StoredSource(self._documents, self._reading, self._limits, stored, path)
        marking = await check(document, lambda: marking_in(document))
        if marking is None and stored.media_type in WITH_HIDDEN_CONTENT & LOOKED_AT:
            # Hidden text and properties, which the text does not have.
            made = await source.work("secrecy", {"media_type": stored.media_type})
            marking = level_of(made)
        await self._refuse_marked(stored.department, marking, stored)
        return replace(document, source=source)

    async def _refuse_marked(
        self, department: str, marking: Marking | None, stored: StoredDocument | None
    ) -> None:
        """A marked document that its department may not send is removed, and its job fails."""
        if marking is None:
            return
        found = await self._ledger.departments.get(department)
        if found is not None and found.may_send(marking):
            return
        note_refusal(department, marking, "job")
        if stored is not None:
            await self._documents.withdraw(stored)
        raise SecrecyMarked(
            f"The document is marked {marking.level.value}, which the department may not send. It "
            "was not worked on, and its bytes were removed."
        )


@dataclass(frozen=True, slots=True)
class StoredSource:
    """A `documents.source.Source`: a file in the store, worked on by the processes that read."""

    documents: Documents
    reading: ReaderPool
    limits: ReadLimits
    stored: StoredDocument
    path: Path

    @property
    def media_type(self) -> str:
        return self.stored.media_type

    @property
    def filename(self) -> str | None:
        return self.stored.filename

    async def work(self, name: str, arguments: Mapping[str, Any]) -> FileResult:
        try:
            return await self.reading.work(self.path, self.limits, name, arguments)
        except FileNotFoundError as error:
            raise _missing() from error

    async def keep(self, data: bytes, *, filename: str, media_type: str) -> ResultFile:
        kept = await self.documents.keep_made(
            self.stored.department, data, filename=filename, media_type=media_type
        )
        return ResultFile(
            document_id=kept.id,
            filename=filename,
            media_type=kept.media_type,
            bytes=kept.bytes,
            sha256=kept.sha256,
        )


def _missing() -> DocumentMissing:
    return DocumentMissing(
        "The document's bytes are not in this worker's store. Send it again; where there are "
        "several machines, all must share one store."
    )
