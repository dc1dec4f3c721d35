"""Submission of a job: check the request, keep the document, keep the job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic_core import from_json

from documents.kinds import PLAIN_TEXT
from jobs.ledger import IdempotencyKey, Ledger
from jobs.ledger.jobs import Submission
from jobs.model.department import Department
from jobs.model.ids import new_callback_id, new_job_id
from jobs.model.job import NewDocument, NewJob
from jobs.model.problems import ProblemError
from jobs.model.quotas import QuotaLeft
from jobs.model.states import JobStatus
from jobs.submit.checks import CheckedOptions, check_kind, check_task
from jobs.submit.documents import Documents, Upload
from jobs.submit.references import no_such_library
from jobs.submit.requests import JobInput, JobRequest
from jobs.submit.targets import check_callback
from jobs.views import new_job_view
from tasks.references import DocumentRef, references_in
from tasks.registry import TASKS


@dataclass(frozen=True, slots=True)
class SubmissionReply:
    """The reply to the submission of a job or batch with this `id`.

    `body` is its JSON. `replayed`: it is the reply to an earlier request with the same idempotency
    key. `quotas`: what is left of the department's quotas.
    """

    id: str
    body: bytes
    replayed: bool
    quotas: Sequence[QuotaLeft]


@dataclass(frozen=True, slots=True)
class _Input:
    """The job's document. `unrecorded` is set if the ledger records it together with the job."""

    document_id: str
    unrecorded: NewDocument | None = None


class Submissions:
    """Accepts jobs from departments."""

    def __init__(self, ledger: Ledger, documents: Documents) -> None:
        self._ledger = ledger
        self._documents = documents

    async def submit(
        self,
        department: Department,
        request: JobRequest,
        *,
        upload: Upload | None = None,
        idempotency: IdempotencyKey | None = None,
        traceparent: str | None = None,
    ) -> SubmissionReply:
        """Keep a job and queue it. `upload` is the file that came with the request, if any; it is
        stored only after every other check passes. A repeated idempotency key gets the first
        response, even if the request would be refused now. `traceparent`: the step of a trace that
        submits the job.

        Raises `ProblemError`: `unknown-task`, `invalid-request` with `errors`, `document-empty`,
        `text-too-long`, `secrecy-marked`, `document-not-accepted`, `callback-not-allowed`,
        `not-found`, and the problems of `Documents.keep` and of the ledger.
        """
        if idempotency is not None:
            earlier = await self._ledger.jobs.earlier(department.name, idempotency)
            if earlier is not None:
                return replayed_reply(earlier.body, earlier.quotas)
        checked = await self._check(department, request, upload)
        options, references = await self._keep_option_texts(department, request, checked)
        job_input = await self._keep_input(department, request, upload)
        job = _new_job(
            department,
            request,
            options,
            references,
            document_id=job_input.document_id,
            traceparent=traceparent,
        )
        return await self._keep_job(job, job_input.unrecorded, idempotency)

    async def _check(
        self, department: Department, request: JobRequest, upload: Upload | None
    ) -> CheckedOptions:
        with self._documents.computing(department.name):
            checked = await check_task(request.task, request.options, department.name)
        _check_input(request, upload)
        if request.input is not None:
            await self._check_kind(department, request.task, request.input)
        await check_callback(department, request.callback_url)
        own_text = request.input.text if request.input else None
        for text in (*checked.references.texts, *([own_text] if own_text is not None else [])):
            await self._documents.check_text(department, text)
        libraries = checked.references.libraries
        for name in await self._ledger.libraries.missing(department.name, libraries):
            raise no_such_library(name)
        return checked

    async def _check_kind(self, department: Department, task: str, job_input: JobInput) -> None:
        """An uploaded document that does not exist is refused when the job is kept."""
        if job_input.document_id is None:
            check_kind(task, PLAIN_TEXT)
        elif TASKS[task].accepts is not None:
            document = await self._ledger.documents.get(department.name, job_input.document_id)
            if document is not None:
                check_kind(task, document.media_type)

    async def _keep_option_texts(
        self, department: Department, request: JobRequest, checked: CheckedOptions
    ) -> tuple[Mapping[str, Any], Sequence[str]]:
        """The options with their texts replaced by ids of documents, and all ids they refer to."""
        document_ids = set(checked.references.document_ids)
        if not checked.references.texts or checked.model is None:
            return request.options, sorted(document_ids)
        options = checked.model.model_copy(deep=True)
        for reference in references_in(options):
            if isinstance(reference, DocumentRef) and reference.text is not None:
                kept = await self._documents.keep_text(department.name, reference.text)
                reference.text, reference.document_id = None, kept.id
                document_ids.add(kept.id)
        options_json = options.model_dump(mode="json", by_alias=True, exclude_unset=True)
        return options_json, sorted(document_ids)

    async def _keep_input(
        self, department: Department, request: JobRequest, upload: Upload | None
    ) -> _Input:
        if upload is not None:
            document = await self._documents.keep(department, upload, task=request.task)
            return _Input(document.id)
        if request.input is not None and request.input.document_id is not None:
            return _Input(request.input.document_id)
        text = (request.input.text if request.input else None) or ""
        stored = await self._documents.store_text(department.name, text)
        return _Input(stored.id, stored)

    async def _keep_job(
        self, job: NewJob, document: NewDocument | None, idempotency: IdempotencyKey | None
    ) -> SubmissionReply:
        now = datetime.now(UTC)
        created_at = now.replace(microsecond=now.microsecond // 1000 * 1000)  # Redis keeps ms
        waits = job.not_before is not None and job.not_before > created_at
        view = new_job_view(job, created_at, JobStatus.scheduled if waits else JobStatus.queued)
        body = view.model_dump_json().encode()
        try:
            kept = await self._ledger.jobs.submit(
                Submission(job, created_at, document, body, idempotency)
            )
        except ProblemError as error:
            # If Redis did not respond it may have kept the job, which then needs the text.
            if document is not None and error.problem.code != "unavailable":
                await self._documents.discard(document)
            raise
        if document is not None and kept.blob != document.blob:
            await self._documents.discard(document)
        if kept.replayed:
            return replayed_reply(kept.body, kept.quotas)
        return SubmissionReply(job.id, body, False, kept.quotas)


def _check_input(request: JobRequest, upload: Upload | None) -> None:
    if (request.input is None) == (upload is None):
        raise ProblemError(
            "invalid-request",
            "Give `input` with `text` or `document_id`, or send a file with the job.",
            errors=[{"pointer": "#/input", "detail": "Exactly one input is required."}],
        )


def _new_job(
    department: Department,
    request: JobRequest,
    options: Mapping[str, Any],
    references: Sequence[str],
    *,
    document_id: str,
    traceparent: str | None,
) -> NewJob:
    return NewJob(
        id=new_job_id(),
        callback_id=new_callback_id() if request.callback_url else None,
        department=department.name,
        task=request.task,
        lane=request.lane,
        model=request.model,
        options=options,
        document_id=document_id,
        references=references,
        callback_url=request.callback_url,
        not_before=request.not_before,
        deadline=request.deadline,
        metadata=request.metadata,
        traceparent=traceparent,
    )


def replayed_reply(body: bytes, quotas: Sequence[QuotaLeft]) -> SubmissionReply:
    return SubmissionReply(from_json(body)["id"], body, True, quotas)
