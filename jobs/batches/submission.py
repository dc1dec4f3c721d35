"""Submission of a batch: check the request, estimate its end, keep it for the scheduler."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pydantic_core import to_json

from jobs.batches.batch import LineUrl, NewBatch
from jobs.batches.eta.eta import BatchEta
from jobs.batches.eta.simulation import is_late
from jobs.batches.eta.token_estimate import TokenEstimate
from jobs.batches.file import StoredFile
from jobs.batches.files import Files, FileUpload
from jobs.batches.input.indexing import too_many_lines
from jobs.batches.request import BatchDocument, BatchRequest, InvalidMetadata, duration, terms_of
from jobs.batches.views import new_batch_view
from jobs.ledger import IdempotencyKey, Ledger
from jobs.model.department import Department
from jobs.model.ids import new_batch_id, new_callback_id
from jobs.model.problems import ProblemError
from jobs.process.settings import BatchSettings, BulkSettings
from jobs.store import Store
from jobs.submit.checks import check_task, invalid_field
from jobs.submit.secrecy import Screening
from jobs.submit.submission import SubmissionReply, replayed_reply
from jobs.submit.targets import check_callback


class BatchSubmissions:
    """Accepts batches from departments."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        store: Store,
        files: Files,
        screening: Screening,
        eta: BatchEta,
        batches: BatchSettings,
        bulk: BulkSettings,
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._files = files
        self._screening = screening
        self._eta = eta
        self._token_estimate = TokenEstimate(ledger, store)
        self._batches = batches
        self._bulk = bulk

    async def submit(
        self,
        department: Department,
        request: BatchRequest,
        idempotency: IdempotencyKey | None,
        traceparent: str | None = None,
    ) -> SubmissionReply:
        """Keep a batch; the scheduler reads its lines. A repeated idempotency key gets the first
        response, even if the request would be refused now. `traceparent`: the step of a trace that
        submits the batch.

        Raises `ProblemError`: `invalid-request` with `errors`, `unknown-task`, `not-found` (the
        file), `callback-not-allowed`, `deadline-unreachable`, `too-many-lines`, `storage-full`,
        and the ledger's.
        """
        if idempotency is not None:
            earlier = await self._ledger.batches.earlier(department.name, idempotency)
            if earlier is not None:
                return replayed_reply(earlier.body, earlier.quotas)
        batch = replace(await self._checked(department, request), traceparent=traceparent)
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
            terms = terms_of(request.metadata, self._bulk)
        except InvalidMetadata as error:
            raise invalid_field(f"#/metadata/{error.key}", str(error)) from error
        await check_callback(department, terms.callback_url)
        if request.task is not None:
            with self._screening.computing(department.name):
                await check_task(request.task, request.options, department.name)
        now = await self._ledger.now()
        created_at = now.replace(microsecond=now.microsecond // 1000 * 1000)
        ends = created_at + (duration(request.completion_window) or timedelta())
        deadline = min(terms.deadline, ends) if terms.deadline else ends
        if deadline <= created_at:
            raise invalid_field("#/metadata/deadline", "It has passed.")
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
                "The file does not exist. Upload it first; it may have expired.",
            )
        return file

    async def _keep(
        self,
        batch: NewBatch,
        file: StoredFile,
        request: BatchRequest,
        idempotency: IdempotencyKey | None,
    ) -> SubmissionReply:
        if file.lines > 2 * self._batches.max_lines:
            # The count includes blank lines; the exact limit is checked when the file is read.
            raise too_many_lines(self._batches.max_lines)
        tokens = await self._tokens(file, request)
        batch = replace(batch, input_file_id=file.id, input_bytes=file.bytes, tokens=tokens)
        estimate = await self._eta.of_new(batch)
        if is_late(estimate.end, batch.deadline) and self._bulk.late_batches == "refuse":
            raise _unreachable(estimate.end, batch.deadline)
        batch = replace(batch, expected_at=estimate.expected_at, stall=estimate.stall)
        body = new_batch_view(batch).model_dump_json().encode()
        expiry = request.output_expires_after
        keep = timedelta(seconds=expiry.seconds) if expiry else None
        kept = await self._ledger.batches.create(batch, body, idempotency, output_keep=keep)
        if kept.replayed:
            return replayed_reply(kept.body, kept.quotas)
        return SubmissionReply(batch.id, body, False, kept.quotas)

    async def _tokens(self, file: StoredFile, request: BatchRequest) -> Mapping[str, int]:
        if request.documents is None:
            with self._screening.computing(file.department):
                return await self._token_estimate.of_file(file, request.endpoint)
        ids = [_document(one).document_id for one in request.documents]
        return await self._token_estimate.of_documents(file.department, request.task or "", ids)

    async def _file_of_documents(self, department: Department, request: BatchRequest) -> StoredFile:
        """Write the documents as lines, so that there is one kind of batch."""
        documents = request.documents or []
        if len(documents) > self._batches.max_lines:
            raise too_many_lines(self._batches.max_lines)
        async with self._store.incoming(self._batches.max_bytes) as incoming:
            for line in _lines(documents, request):
                incoming.write(line)
            upload = FileUpload(incoming, len(documents), "documents.jsonl")
            return await self._files.keep(department.name, upload)


def _lines(documents: Sequence[str | BatchDocument], request: BatchRequest) -> Iterator[bytes]:
    for document in map(_document, documents):
        body: dict[str, Any] = {
            "task": request.task,
            "input": {"document_id": document.document_id},
            "options": request.options,
            "model": request.model,
            "metadata": document.metadata,
        }
        line = {
            "custom_id": document.custom_id or document.document_id,
            "method": "POST",
            "url": LineUrl.jobs.value,
            "body": body,
        }
        yield to_json(line) + b"\n"


def _document(document: str | BatchDocument) -> BatchDocument:
    return BatchDocument(document_id=document) if isinstance(document, str) else document


def _unreachable(expected_at: datetime | None, deadline: datetime) -> ProblemError:
    expected = f"at {expected_at:%Y-%m-%d %H:%M} UTC" if expected_at else "not within 60 days"
    return ProblemError(
        "deadline-unreachable",
        f"The batch is expected to end {expected}; its deadline is {deadline:%Y-%m-%d %H:%M} UTC. "
        "Nothing was accepted. Give it more time, or send less.",
        expected_at=int(expected_at.timestamp()) if expected_at else None,
    )
