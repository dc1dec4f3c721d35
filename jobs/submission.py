"""Submission: a request is checked, its document kept, its job kept and queued."""

from __future__ import annotations

import asyncio
import hashlib
import socket
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from jobs.department import Department
from jobs.ids import document_id, new_callback_id, new_job_id
from jobs.job import NewJob, StoredDocument
from jobs.ledger import IdempotencyKey, Ledger
from jobs.ledger.jobs import Submission
from jobs.problems import ProblemError
from jobs.requests import JobRequest
from jobs.settings import LimitSettings, RetentionSettings
from jobs.states import JobStatus
from jobs.store import Incoming, Store
from jobs.targets import Address, AllowList, Target, check_target, literal, parse_target
from jobs.views import new_job_view
from tasks.errors import DocumentError
from tasks.readers import detect
from tasks.readers import text as plain_text
from tasks.registry import TASKS


@dataclass(frozen=True, slots=True)
class Submitted:
    """`body` is the JSON of the job as first answered."""

    job_id: str
    body: bytes
    replayed: bool


class Submissions:
    """Takes documents and jobs from departments."""

    def __init__(
        self, ledger: Ledger, store: Store, limits: LimitSettings, retention: RetentionSettings
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._limits = limits
        self._keep = timedelta(hours=retention.document_retention_hours)

    async def keep_document(
        self, department: Department, incoming: Incoming, filename: str | None
    ) -> StoredDocument:
        """Keep what was written to `incoming`. The same bytes again are the same document.

        Raises `ProblemError`: `document-empty`, `document-unsupported` or what else shows from
        the first bytes, `storage-full`.
        """
        if incoming.bytes == 0:
            raise ProblemError("document-empty", "The document has no bytes. Send it whole.")
        incoming.flush()
        try:
            media_type = await asyncio.to_thread(detect, incoming.path)
        except DocumentError as error:
            raise ProblemError(error.code, str(error)) from error
        blob = await self._store.keep(incoming, department.name)
        document = self._document(
            department.name, incoming.sha256, incoming.bytes, media_type, blob
        )
        kept = await self._ledger.documents.keep(replace(document, filename=filename))
        if kept.blob != blob:
            await self._store.delete(blob)
        return kept

    async def submit(
        self,
        department: Department,
        request: JobRequest,
        *,
        document: StoredDocument | None = None,
        idempotency: IdempotencyKey | None = None,
    ) -> Submitted:
        """Keep a job and queue it. `document` is the file that came with the request, if any.

        Raises `ProblemError`: `unknown-task`, `invalid-request` with `errors`, `document-empty`,
        `text-too-long`, `callback-not-allowed`, `not-found`, and the ledger's.
        """
        self._check_task(request)
        await self._check_callback(department, request)
        text = self._text_of(request, document)
        new_document = await self._keep_text(department, text) if text is not None else None
        job = _new_job(department, request, self._document_id(request, document, new_document))
        created_at = datetime.now(UTC)
        waits = request.not_before is not None and request.not_before > created_at
        view = new_job_view(job, created_at, JobStatus.scheduled if waits else JobStatus.queued)
        try:
            kept = await self._ledger.jobs.submit(
                Submission(
                    job=job,
                    created_at=created_at,
                    document=new_document,
                    body=view.model_dump_json().encode(),
                    idempotency=idempotency,
                    rate=department.rate,
                )
            )
        except ProblemError as error:
            # While the ledger is away it may have kept the job: then the blob is needed.
            if new_document and error.problem.code != "unavailable":
                await self._store.delete(new_document.blob)
            raise
        if new_document and kept.blob != new_document.blob:
            await self._store.delete(new_document.blob)
        return Submitted(job_id=job.id, body=kept.body, replayed=kept.replayed)

    def _check_task(self, request: JobRequest) -> None:
        task = TASKS.get(request.task)
        if task is None:
            raise ProblemError(
                "unknown-task",
                f"The tasks are: {', '.join(sorted(TASKS))}. GET /v1/tasks describes them.",
            )
        try:
            task.options.model_validate(request.options)
        except ValidationError as error:
            raise invalid_request(error.errors(), prefix=("options",)) from error

    async def _check_callback(self, department: Department, request: JobRequest) -> None:
        if request.callback_url is None:
            return
        allow = AllowList(department.callback_allow)
        target = parse_target(request.callback_url)
        if literal(target.host) is not None or not allow.names(target):
            # An address, or a name inside an allowed block; the courier looks at each delivery.
            check_target(request.callback_url, allow, await resolve(target))

    def _text_of(self, request: JobRequest, document: StoredDocument | None) -> str | None:
        if (request.input is None) == (document is None):
            raise ProblemError(
                "invalid-request",
                "Give `input` with `text` or `document_id`, or send a file with the job.",
                errors=[{"pointer": "#/input", "detail": "Exactly one input is needed."}],
            )
        text = request.input.text if request.input else None
        if text is None:
            return None
        if not text.strip():
            raise ProblemError("document-empty", "The text is empty. Send some.")
        if len(text) > self._limits.max_text_chars:
            raise ProblemError(
                "text-too-long",
                f"The text has {len(text)} characters; {self._limits.max_text_chars} are taken.",
                max_text_chars=self._limits.max_text_chars,
            )
        return text

    async def _keep_text(self, department: Department, text: str) -> StoredDocument:
        data = text.encode("utf-8", "replace")
        sha256 = hashlib.sha256(data).hexdigest()
        blob = await self._store.put(data, department.name)
        return self._document(department.name, sha256, len(data), plain_text.MEDIA_TYPE, blob)

    @staticmethod
    def _document_id(
        request: JobRequest, document: StoredDocument | None, new_document: StoredDocument | None
    ) -> str:
        given = document or new_document
        if given is not None:
            return given.id
        assert request.input is not None  # noqa: S101 - _text_of has seen to it
        assert request.input.document_id is not None  # noqa: S101 - JobInput has seen to it
        return request.input.document_id

    def _document(
        self, department: str, sha256: str, size: int, media_type: str, blob: str
    ) -> StoredDocument:
        return StoredDocument(
            id=document_id(sha256),
            department=department,
            sha256=sha256,
            bytes=size,
            media_type=media_type,
            filename=None,
            expires_at=datetime.now(UTC) + self._keep,
            blob=blob,
        )


async def resolve(target: Target) -> Sequence[Address]:
    """Every address of the target's host; none where it has none."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # the latter where a part of the name is too long
        return ()
    return [address for *_, where in found if (address := literal(str(where[0]))) is not None]


def invalid_request(
    errors: Sequence[ErrorDetails], *, prefix: tuple[str, ...] = ()
) -> ProblemError:
    """Pydantic's findings as a problem, each with a JSON pointer into the request."""
    listed: list[dict[str, Any]] = [
        {
            "pointer": "#" + "".join(f"/{part}" for part in (*prefix, *error["loc"])),
            "detail": error["msg"],
        }
        for error in errors
    ]
    return ProblemError(
        "invalid-request",
        "Something in the request does not fit; `errors` says what.",
        errors=listed,
    )


def _new_job(department: Department, request: JobRequest, document: str) -> NewJob:
    return NewJob(
        id=new_job_id(),
        callback_id=new_callback_id() if request.callback_url else None,
        department=department.name,
        task=request.task,
        lane=request.lane,
        options=request.options,
        document_id=document,
        callback_url=request.callback_url,
        not_before=request.not_before,
        deadline=request.deadline,
        metadata=request.metadata,
    )
