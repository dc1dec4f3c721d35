"""The second step of a run: read the input, a stored document or a line of a batch's file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_json

from documents.document import Document
from documents.errors import DocumentMissing, SecrecyMarked, SecrecyUnchecked
from documents.isolation.compute import compute
from documents.isolation.pool import ReaderPool
from documents.limits import ReadLimits
from documents.readers.text.encoding import read_text as decode_text
from documents.source import FileResult, ResultFile
from jobs.batches.input.input_line import read_lines
from jobs.batches.input.lines import CHAT_TASK, Line
from jobs.blobs import inline_text
from jobs.ledger import Ledger
from jobs.ledger.coalescer import Coalescer
from jobs.model.digests import sha256_of_text
from jobs.model.job import Claim, InputLine, StoredDocument
from jobs.model.roles import ModelChoice
from jobs.store import Store
from jobs.submit.checks import validate_options
from jobs.submit.documents import Documents
from jobs.submit.secrecy import note_refusal
from tasks.errors import OptionsMisfit, TaskGone
from tasks.registry import TASKS
from tasks.secrecy import Marking, Secrecy
from tasks.secrecy.look import level_of
from tasks.secrecy.markings import marking_in
from tasks.task import Task
from worker.run.outcome import Outcome
from worker.run.references import References
from worker.run.unread import refuse_unread


@dataclass(frozen=True, slots=True)
class TaskInput:
    """A task with its document and options, and the model that the job asked for."""

    task: Task[Any, Any]
    document: Document
    options: BaseModel
    model: ModelChoice | None


@dataclass(frozen=True, slots=True)
class ChatInput:
    """A chat completion that is sent to the engine."""

    request: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Source:
    """A document with the digest, options and model of its job; the options are not validated."""

    document: Document
    sha256: str
    options: Mapping[str, Any]
    model: ModelChoice | None


class Inputs:
    """Reads what jobs work on, from the store and from batches' input files."""

    def __init__(
        self,
        ledger: Ledger,
        store: Store,
        reading: ReaderPool,
        limits: ReadLimits,
        documents: Documents,
        *,
        refuse_unchecked: bool = False,
    ) -> None:
        self._refuse_unchecked = refuse_unchecked
        self._ledger = ledger
        self._store = store
        self._reading = reading
        self._limits = limits
        self._documents = documents
        # Lines asked for at the same time are read in one call to a thread.
        self._lines = Coalescer(self._read_lines)
        self._references = References(ledger, self._read_document, self._read_text)

    async def read(self, outcome: Outcome) -> TaskInput | ChatInput:
        """The input of the claimed job. Records its digest and references in `outcome`.

        Raises `WorkError` for a fault of the job, `ProblemError` while the ledger is away.
        """
        claim = outcome.claim
        # Look up the task first, so that an unknown task fails before the document is read.
        task = None if claim.job.task == CHAT_TASK else _task(claim.job.task)
        line = None if claim.document else await self._line(claim)
        if line is not None and line.chat is not None:
            outcome.input_sha256 = hashlib.sha256(to_json(line.chat)).hexdigest()
            return ChatInput(_chat_request(line.chat))
        assert task is not None  # noqa: S101 - only chats have no task
        source = await self._source(claim, line)
        outcome.input_sha256 = source.sha256
        outcome.pages = source.document.pages or 0
        options = await _options(task, source.options)
        if not task.takes_unread:
            refuse_unread(source.document)
        outcome.references = await self._references.resolve(claim.job.department, options)
        return TaskInput(task, source.document, options, source.model)

    async def _line(self, claim: Claim) -> Line:
        line = await self._lines.ask(claim.job.line) if claim.job.line else None
        if line is None:
            raise _missing()
        return line

    async def _read_lines(self, lines: Sequence[InputLine]) -> Sequence[Line | None]:
        return await read_lines(self._store, lines)

    async def _source(self, claim: Claim, line: Line | None) -> _Source:
        job = claim.job
        if line is None:
            assert claim.document is not None  # noqa: S101 - a job without one has a line
            document = await self._read_document(claim.document)
            return _Source(document, claim.document.sha256, job.options, job.model)
        options = line.request.options if line.request else {}
        if line.text is not None:
            document = await self._reading.read_text(line.text, self._limits)
            await self._refuse_marked(job.department, await compute(marking_in, document), None)
            return _Source(document, sha256_of_text(line.text), options, line.model)
        stored = await self._ledger.documents.get(job.department, line.document_id or "")
        if stored is None:
            raise _missing()
        document = await self._read_document(stored)
        return _Source(document, stored.sha256, options, line.model)

    async def _read_document(self, stored: StoredDocument) -> Document:
        document = await self._read_stored(stored)
        source = StoredSource(self._documents, self._store, self._reading, self._limits, stored)
        marking = await compute(marking_in, document)
        if marking is None and _may_hide_marking(stored.media_type):
            # Hidden text and properties may be marked too; `document` does not contain them.
            marking = level_of(await source.work("secrecy", {"media_type": stored.media_type}))
        await self._refuse_marked(stored.department, marking, stored)
        if self._refuse_unchecked and document.unread_pages:
            await self._refuse_unread(stored, len(document.unread_pages))
        return replace(document, source=source)

    async def _read_stored(self, stored: StoredDocument) -> Document:
        text = inline_text(stored.blob)
        if text is not None:
            # As from a file, so that a document is the same however it was sent.
            return await self._reading.read_text(decode_text(text.encode()), self._limits)
        try:
            async with self._store.readable(stored.blob) as path:
                return await self._reading.read(
                    path, self._limits, stored.media_type, identity=stored.sha256
                )
        except FileNotFoundError as error:
            raise _missing() from error

    async def _refuse_unread(self, stored: StoredDocument, pages: int) -> None:
        """Remove a document with unread pages, unless its department may send any marking."""
        sender = await self._ledger.departments.get(stored.department)
        if sender is not None and sender.allow_secrecy is Secrecy.top_secret:
            return
        await self._documents.withdraw(stored)
        raise SecrecyUnchecked(
            f"{pages:,} pages are pictures that were not read, so the document could not be "
            "checked for secrecy markings. It was not processed, and its bytes were removed."
        )

    async def _read_text(self, text: str) -> Document:
        return await self._reading.read_text(text, self._limits)

    async def _refuse_marked(
        self, department: str, marking: Marking | None, stored: StoredDocument | None
    ) -> None:
        """Remove a document that its department may not send, and raise `SecrecyMarked`."""
        if marking is None:
            return
        sender = await self._ledger.departments.get(department)
        if sender is not None and sender.may_send(marking):
            return
        note_refusal(department, marking, "job")
        if stored is not None:
            await self._documents.withdraw(stored)
        raise SecrecyMarked(
            f"The document is marked {marking.level.value}, which the department may not send. It "
            "was not processed, and its bytes were removed."
        )


@dataclass(frozen=True, slots=True)
class StoredSource:
    """A `documents.source.Source`: a file in the store, opened only by the reading processes."""

    documents: Documents
    store: Store
    reading: ReaderPool
    limits: ReadLimits
    stored: StoredDocument

    @property
    def media_type(self) -> str:
        return self.stored.media_type

    @property
    def filename(self) -> str | None:
        return self.stored.filename

    async def work(
        self, name: str, arguments: Mapping[str, Any], *, ocr: bool = False
    ) -> FileResult:
        try:
            async with self.store.readable(self.stored.blob) as path:
                return await self.reading.work(
                    path, self.limits, name, arguments, ocr=ocr, identity=self.stored.sha256
                )
        except FileNotFoundError as error:
            raise _missing() from error

    async def keep(self, data: bytes, *, filename: str, media_type: str) -> ResultFile:
        document = await self.documents.keep_result_file(
            self.stored.department, data, filename=filename, media_type=media_type
        )
        return ResultFile(
            document_id=document.id,
            filename=filename,
            media_type=document.media_type,
            bytes=document.bytes,
            sha256=document.sha256,
        )


def _may_hide_marking(media_type: str) -> bool:
    # Here because it loads all readers, which take 0.15 s to import at the start of a process.
    from tasks.secrecy.files import SCREENED_IN_PROCESS  # noqa: PLC0415

    return media_type in SCREENED_IN_PROCESS


def _task(name: str) -> Task[Any, Any]:
    """Raises `TaskGone` for a task that this worker does not offer."""
    task = TASKS.get(name)
    if task is None:
        raise TaskGone(
            "This worker does not offer the task: its file was removed after the job was accepted. "
            "Operators: api, worker and scheduler must have the same CHANCERY_TASKS_DIR."
        )
    return task


def _chat_request(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Raises `OptionsMisfit` for a line that an earlier release accepted and this one does not."""
    # Here because its models take 20 ms of the start.
    from jobs.batches.input.chat import ChatRejected, engine_request  # noqa: PLC0415

    try:
        return engine_request(body)
    except ChatRejected as error:
        raise OptionsMisfit(
            f"The line was accepted by an earlier release; it is not sent now: {str(error)[:300]}"
        ) from None


async def _options(task: Task[Any, Any], options: Mapping[str, Any]) -> BaseModel:
    """The options of one job, which `References.resolve` may change.

    Raises `OptionsMisfit` for options that were valid for an earlier version of the task.
    """
    checked = await validate_options(task.name, options)
    if checked.model is None:
        pointers = ", ".join(error["pointer"] for error in checked.errors)
        raise OptionsMisfit(
            f"The task is now {task.name} {task.version}; the job's options were valid for an "
            f"earlier version and are not valid at {pointers[:300]}. Submit the job again."
        )
    return checked.model.model_copy(deep=True)


def _missing() -> DocumentMissing:
    return DocumentMissing(
        "The document's bytes are not in this worker's store, or are damaged there. Send it again; "
        "with several machines, all must share one store."
    )
