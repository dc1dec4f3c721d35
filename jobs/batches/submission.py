"""The submission of a batch: checked, promised, and kept for the scheduler to read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic_core import from_json, to_json

from jobs.batches.batch import NewBatch
from jobs.batches.eta.estimates import late
from jobs.batches.eta.first_look import FirstLook
from jobs.batches.eta.outlook import Outlook
from jobs.batches.file import StoredFile
from jobs.batches.files import Files, FileUpload
from jobs.batches.input.indexing import too_many_lines
from jobs.batches.input.lines import LineUrl
from jobs.batches.request import BatchDocument, BatchRequest, MisfitMetadata, duration, terms_of
from jobs.batches.views import new_batch_view
from jobs.ledger import IdempotencyKey, Ledger
from jobs.ledger.batches import BatchReceipt
from jobs.model.department import Department
from jobs.model.ids import new_batch_id, new_callback_id
from jobs.model.problems import ProblemError
from jobs.model.quotas import QuotaLeft
from jobs.process.settings import BatchSettings, BulkSettings
from jobs.store import Store
from jobs.submit.checks import check_task
from jobs.submit.submission import check_callback


@dataclass(frozen=True, slots=True)
class SubmittedBatch:
    """`body` is the JSON of the batch as first answered; `quotas`, what the department's leave."""

    batch_id: str
    body: bytes
    replayed: bool
    quotas: Sequence[QuotaLeft]


class BatchSubmissions:
    """Takes batches from departments."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        store: Store,
        files: Files,
        outlook: Outlook,
        batches: BatchSettings,
        bulk: BulkSettings,
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._files = files
        self._outlook = outlook
        self._first_look = FirstLook(ledger, store)
        self._batches = batches
        self._bulk = bulk

    async def submit(
        self, department: Department, request: BatchRequest, idempotency: IdempotencyKey | None
    ) -> SubmittedBatch:
        """Keep a batch; its lines are read afterwards. One that was kept before is answered as it
        was, even where it would not be taken now.

        Raises `ProblemError`: `invalid-request` with `errors`, `unknown-task`, `not-found` (the
        file), `callback-not-allowed`, `deadline-unreachable`, `too-many-lines`, `storage-full`,
        and the ledger's.
        """
        if idempotency is not None:
            kept = await self._ledger.batches.earlier(department.name, idempotency)
            if kept is not None:
                return _submitted(kept)
        batch = await self._checked(department, request)
        if request.documents is None:
            file = await self._file(department, request.input_file_id or "")
            return await self._keep(batch, file, request, idempotency)
        file = await self._file_of_documents(department, request)
        submitted = None
        try:
            submitted = await self._keep(batch, file, request, idempotency)
        finally:
            if submitted is None or submitted.replayed:
                await self._files.delete(department.name, file.id)
        return submitted

    async def _checked(self, department: Department, request: BatchRequest) -> NewBatch:
        try:
            terms = terms_of(request.metadata, self._bulk.zone)
        except MisfitMetadata as misfit:
            raise _misfit(f"#/metadata/{misfit.key}", str(misfit)) from misfit
        await check_callback(department, terms.callback_url)
        if request.task is not None:
            check_task(request.task, request.options, department.name)
        now = datetime.now(UTC)
        created_at = now.replace(microsecond=now.microsecond // 1000 * 1000)
        ends = created_at + (duration(request.completion_window) or timedelta())
        deadline = min(terms.deadline, ends) if terms.deadline else ends
        if deadline <= created_at:
            raise _misfit("#/metadata/deadline", "It has passed.")
        return NewBatch(
            id=new_batch_id(),
            callback_id=new_callback_id() if terms.callback_url else None,
            department=department.name,
            endpoint=request.endpoint.value,
            lane=terms.lane,
            input_file_id="",
            input_bytes=0,
            completion_window=request.completion_window,
            deadline=deadline,
            created_at=created_at,
            callback_url=terms.callback_url,
            window=terms.window,
            metadata=request.metadata,
        )

    async def _file(self, department: Department, file_id: str) -> StoredFile:
        file = await self._ledger.files.get(department.name, file_id)
        if file is None:
            raise ProblemError(
                "not-found",
                "The department has no such file. Upload it first; it may have expired.",
            )
        return file

    async def _keep(
        self,
        batch: NewBatch,
        file: StoredFile,
        request: BatchRequest,
        idempotency: IdempotencyKey | None,
    ) -> SubmittedBatch:
        if file.lines > 2 * self._batches.max_lines:
            # So many blank lines nobody writes; what is nearer the bound is seen when it is read.
            raise too_many_lines(self._batches.max_lines)
        tokens = await self._tokens(file, request)
        batch = replace(batch, input_file_id=file.id, input_bytes=file.bytes, tokens=tokens)
        expected_at = await self._outlook.of_new(batch)
        if late(expected_at, batch.deadline) and self._bulk.late_batches == "refuse":
            raise _unreachable(expected_at, batch.deadline)
        batch = replace(batch, expected_at=expected_at)
        body = new_batch_view(batch).model_dump_json().encode()
        expiry = request.output_expires_after
        keep = timedelta(seconds=expiry.seconds) if expiry else None
        kept = await self._ledger.batches.create(batch, body, idempotency, output_keep=keep)
        return _submitted(kept)

    async def _tokens(self, file: StoredFile, request: BatchRequest) -> Mapping[str, int]:
        if request.documents is None:
            return await self._first_look.at_file(file, request.endpoint)
        ids = [_document(given).document_id for given in request.documents]
        return await self._first_look.at_documents(file.department, request.task or "", ids)

    async def _file_of_documents(self, department: Department, request: BatchRequest) -> StoredFile:
        """Documents become lines, so that there is one kind of batch."""
        documents = request.documents or []
        if len(documents) > self._batches.max_lines:
            raise too_many_lines(self._batches.max_lines)
        async with self._store.incoming(self._batches.max_bytes) as incoming:
            for line in _lines(documents, request):
                incoming.write(line)
            upload = FileUpload(incoming, len(documents), "documents.jsonl")
            return await self._files.keep(department.name, upload)


def _submitted(kept: BatchReceipt) -> SubmittedBatch:
    return SubmittedBatch(from_json(kept.body)["id"], kept.body, kept.replayed, kept.quotas)


def _lines(documents: Sequence[str | BatchDocument], request: BatchRequest) -> Iterator[bytes]:
    for given in documents:
        one = _document(given)
        body: dict[str, Any] = {
            "task": request.task,
            "input": {"document_id": one.document_id},
            "options": request.options,
            "model": request.model,
            "metadata": one.metadata,
        }
        line = {
            "custom_id": one.custom_id or one.document_id,
            "method": "POST",
            "url": LineUrl.jobs.value,
            "body": body,
        }
        yield to_json(line) + b"\n"


def _document(given: str | BatchDocument) -> BatchDocument:
    return BatchDocument(document_id=given) if isinstance(given, str) else given


def _misfit(pointer: str, detail: str) -> ProblemError:
    return ProblemError(
        "invalid-request",
        "Something in the request does not fit; `errors` says what.",
        errors=[{"pointer": pointer, "detail": detail}],
    )


def _unreachable(expected_at: datetime | None, deadline: datetime) -> ProblemError:
    expected = f"at {expected_at:%Y-%m-%d %H:%M} UTC" if expected_at else "not within 60 days"
    return ProblemError(
        "deadline-unreachable",
        f"The batch is expected to be done {expected}; its deadline is {deadline:%Y-%m-%d %H:%M} "
        "UTC. Nothing was accepted. Give it more time, or send less.",
        expected_at=int(expected_at.timestamp()) if expected_at else None,
    )
