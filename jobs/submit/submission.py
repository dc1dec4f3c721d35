"""Submission: a request is checked, its document kept, its job kept and queued."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import BaseModel
from pydantic_core import from_json

from jobs.ledger import IdempotencyKey, Ledger
from jobs.ledger.jobs import JobReceipt, Submission
from jobs.model.department import Department
from jobs.model.ids import new_callback_id, new_job_id
from jobs.model.job import NewJob, StoredDocument
from jobs.model.problems import ProblemError
from jobs.model.quotas import QuotaLeft
from jobs.model.states import JobStatus
from jobs.submit.checks import check_task
from jobs.submit.documents import Documents, Upload
from jobs.submit.references import Named, no_such_library
from jobs.submit.requests import JobRequest
from jobs.submit.targets import Address, AllowList, Target, check_target, literal, parse_target
from jobs.views import new_job_view
from tasks.references import DocumentRef, references_in


@dataclass(frozen=True, slots=True)
class Submitted:
    """`body` is the JSON of the job as first answered; `quotas`, what the department's leave."""

    job_id: str
    body: bytes
    replayed: bool
    quotas: Sequence[QuotaLeft]


class Submissions:
    """Takes jobs from departments."""

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
    ) -> Submitted:
        """Keep a job and queue it. `upload` is the file that came with the request, if any; it is
        kept only when all else fits. What was kept before is answered as it was, even where it
        would not be taken now.

        Raises `ProblemError`: `unknown-task`, `invalid-request` with `errors`, `document-empty`,
        `text-too-long`, `secrecy-marked`, `callback-not-allowed`, `not-found`, what
        `Documents.keep` raises, and the ledger's.
        """
        if idempotency is not None:
            kept = await self._ledger.jobs.earlier(department.name, idempotency)
            if kept is not None:
                return _submitted(kept)
        options = check_task(request.task, request.options, department.name)
        _check_input(request, upload)
        await check_callback(department, request.callback_url)
        request = await self._keep_references(department, request, options)
        given = request.input
        if upload is not None:
            document_id = (await self._documents.keep(department, upload)).id
        elif given is not None and given.document_id is not None:
            document_id = given.document_id
        else:
            return await self._submit_text(department, request, idempotency)
        kept = await self._keep_job(department, request, document_id, None, idempotency)
        return _submitted(kept)

    async def _keep_references(
        self, department: Department, request: JobRequest, options: BaseModel
    ) -> JobRequest:
        """The request with the texts in its options kept as documents, named by their ids."""
        named = Named.in_options(options)
        for text in named.texts:
            await self._documents.check_text(department, text)
        for name in await self._ledger.libraries.missing(department.name, named.libraries):
            raise no_such_library(name)
        if not named.texts:
            return request
        for one in references_in(options):
            if isinstance(one, DocumentRef) and one.text is not None:
                kept = await self._documents.keep_text(department.name, one.text)
                one.text, one.document_id = None, kept.id
        given = options.model_dump(mode="json", by_alias=True, exclude_unset=True)
        return request.model_copy(update={"options": given})

    async def _submit_text(
        self, department: Department, request: JobRequest, idempotency: IdempotencyKey | None
    ) -> Submitted:
        text = (request.input.text if request.input else None) or ""
        await self._documents.check_text(department, text)
        document = await self._documents.store_text(department.name, text)
        try:
            kept = await self._keep_job(department, request, document.id, document, idempotency)
        except ProblemError as error:
            # While the ledger is away it may have kept the job: then the text is needed.
            if error.problem.code != "unavailable":
                await self._documents.discard(document)
            raise
        if kept.blob != document.blob:
            await self._documents.discard(document)
        return _submitted(kept)

    async def _keep_job(
        self,
        department: Department,
        request: JobRequest,
        document_id: str,
        document: StoredDocument | None,
        idempotency: IdempotencyKey | None,
    ) -> JobReceipt:
        now = datetime.now(UTC)
        created_at = now.replace(microsecond=now.microsecond // 1000 * 1000)  # as it is kept
        named = Named.in_options(check_task(request.task, request.options, department.name))
        job = _new_job(department, request, document_id, sorted(named.document_ids))
        waits = request.not_before is not None and request.not_before > created_at
        view = new_job_view(job, created_at, JobStatus.scheduled if waits else JobStatus.queued)
        return await self._ledger.jobs.submit(
            Submission(
                job=job,
                created_at=created_at,
                document=document,
                body=view.model_dump_json().encode(),
                idempotency=idempotency,
            )
        )


async def resolve(target: Target) -> Sequence[Address]:
    """Every address of the target's host; none where it has none."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # the latter where a part of the name is too long
        return ()
    return [address for *_, where in found if (address := literal(str(where[0]))) is not None]


async def check_callback(department: Department, callback_url: str | None) -> None:
    """Raises `ProblemError`: `callback-not-allowed`."""
    if callback_url is None:
        return
    allow = AllowList(department.callback_allow)
    target = parse_target(callback_url)
    if literal(target.host) is not None or not allow.names(target):
        # An address, or a name inside an allowed block; the courier looks at each delivery.
        check_target(callback_url, allow, await resolve(target))


def _check_input(request: JobRequest, upload: Upload | None) -> None:
    if (request.input is None) == (upload is None):
        raise ProblemError(
            "invalid-request",
            "Give `input` with `text` or `document_id`, or send a file with the job.",
            errors=[{"pointer": "#/input", "detail": "Exactly one input is needed."}],
        )


def _new_job(
    department: Department, request: JobRequest, document_id: str, references: Sequence[str]
) -> NewJob:
    return NewJob(
        id=new_job_id(),
        callback_id=new_callback_id() if request.callback_url else None,
        department=department.name,
        task=request.task,
        lane=request.lane,
        model=request.model,
        options=request.options,
        document_id=document_id,
        references=references,
        callback_url=request.callback_url,
        not_before=request.not_before,
        deadline=request.deadline,
        metadata=request.metadata,
    )


def _submitted(kept: JobReceipt) -> Submitted:
    return Submitted(from_json(kept.body)["id"], kept.body, kept.replayed, kept.quotas)
