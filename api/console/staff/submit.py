"""Submitting documents: choose a task, give files and options."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from secrets import token_hex
from typing import Annotated

from fastapi import Query, Request
from pydantic_core import to_json
from starlette.responses import Response

from api.console.pages import page, redirect
from api.console.routing import router as new_router
from api.console.services import ConsoleDep, console_of
from api.console.session import Person, PersonDep
from api.console.staff.option_fields import PREFIX, option_fields, options_in
from api.console.staff.uploads import FileForm, RefusedFile, receive_files
from api.services import Services, ServicesDep
from jobs.ledger import IdempotencyKey
from jobs.model.ids import new_group_id
from jobs.model.job import StoredDocument
from jobs.model.lanes import Lane
from jobs.model.problems import PROBLEM_TYPES, ProblemError
from jobs.model.quotas import OverQuotaError
from jobs.submit.checks import check_task
from jobs.submit.documents import Upload
from jobs.submit.requests import JobInput, JobRequest
from tasks.registry import TASKS, tasks_for

router = new_router()

# Those that most people need, in this order; the others follow.
COMMON = (
    "format_fix", "redact", "summarize", "proofread", "disclosure_review", "format_check",
    "minutes", "compare",
)  # fmt: skip
FILES = "files"
_DOCUMENT = "document"
_RATE_WAIT_SECONDS = 60.0
_LONGEST_NAME = 255
_LONGEST_FORM_ID = 64


@dataclass(slots=True)
class _Kept:
    """The documents that a form brought, and the ids of those that options refer to."""

    documents: list[StoredDocument] = field(default_factory=list)
    options: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Order:
    """What every document of a submission gets. `group`: None for a single one. `form`: the id of
    the form that was sent.
    """

    task: str
    options: Mapping[str, object]
    lane: Lane
    group: str | None
    form: str

    def once(self, document: StoredDocument) -> IdempotencyKey:
        """The form is sent once, even if the person loads the answer again."""
        meaning = to_json([document.id, self.task, self.options, self.lane])
        return IdempotencyKey(
            key=f"console:{self.form}:{document.id}", body_sha256=sha256(meaning).hexdigest()
        )

    def job(self, person: Person, document: StoredDocument) -> JobRequest:
        metadata = {"submitted_by": person.account.name}
        if document.filename:
            metadata["filename"] = document.filename[-_LONGEST_NAME:]
        if self.group:
            metadata["group"] = self.group
        return JobRequest(
            task=self.task,
            input=JobInput(document_id=document.id),
            options=dict(self.options),
            lane=self.lane,
            metadata=metadata,
        )


@router.get("/submit")
async def choose(
    request: Request,
    person: PersonDep,
    document: Annotated[str, Query(max_length=128, pattern="^[a-z0-9_]*$")] = "",
) -> Response:
    """`document`: one that was uploaded before."""
    known = tasks_for(person.department.name)
    names = [name for name in COMMON if name in known]
    others = [name for name in known if name not in COMMON]
    return page(
        request,
        "staff/tasks.html",
        person=person,
        common=names,
        others=others,
        known=known,
        document=document,
    )


@router.get("/submit/{task}")
async def form(
    request: Request,
    task: str,
    services: ServicesDep,
    person: PersonDep,
    document: Annotated[Sequence[str], Query(max_length=20)] = (),
) -> Response:
    kept = [await _document(services, person, each) for each in document]
    return _form_page(request, person, task, kept, sent=FileForm())


@router.post("/submit/{task}")
async def submit(
    request: Request, task: str, services: ServicesDep, console: ConsoleDep, person: PersonDep
) -> Response:
    department, kept = person.department, _Kept()
    _check_task(person, task)

    async def keep(name: str, upload: Upload) -> None:
        document = await services.documents.keep(department, upload)
        if name == FILES:
            kept.documents.append(document)
        else:
            kept.options.setdefault(name, []).append(document.id)

    async with services.refusals.counted(department):
        sent = await receive_files(
            request,
            services.store,
            person,
            max_bytes=services.limits.max_document_bytes,
            max_files=console.settings.console_max_files,
            keep=keep,
        )
        for each in sent.fields.get(_DOCUMENT, ()):
            kept.documents.append(await _document(services, person, each))
        try:
            order = await _order(services, person, task, kept, sent)
        except ProblemError as error:
            if PROBLEM_TYPES[error.problem.code].status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                raise
            return _form_page(request, person, task, kept.documents, sent=sent, error=error)
        ids = await _submit_all(services, person, order, kept.documents, sent.refused)
    request.state.target, request.state.task = order.group or ids[0], task
    if order.group:
        request.state.detail = {"jobs": ids}
    if not sent.refused:
        return redirect(request, f"/groups/{order.group}" if order.group else f"/jobs/{ids[0]}")
    return page(
        request,
        "staff/submitted.html",
        person=person,
        ids=ids,
        group=order.group,
        refused=sent.refused,
    )


async def _order(
    services: Services, person: Person, task: str, kept: _Kept, sent: FileForm
) -> _Order:
    """What the form asks for. Raises `ProblemError` for what is wrong with it."""
    options = options_in(task, {**sent.fields, **kept.options})
    if not kept.documents:
        if sent.refused:
            raise sent.refused[0].error
        raise ProblemError("document-empty", "Choose at least one file.")
    if sent.one("no_secrets") != "yes":
        raise ProblemError("invalid-request", "Confirm that no file is a state secret.")
    with services.documents.computing(person.department.name):
        await check_task(task, options, person.department.name)
    return _Order(
        task,
        options,
        Lane.bulk if sent.one("lane") == Lane.bulk else Lane.interactive,
        new_group_id() if len(kept.documents) > 1 else None,
        sent.one("form")[:_LONGEST_FORM_ID] or token_hex(16),
    )


async def _submit_all(
    services: Services,
    person: Person,
    order: _Order,
    documents: Sequence[StoredDocument],
    refused: list[RefusedFile],
) -> Sequence[str]:
    """The ids of the jobs. A document whose job is refused is added to `refused`.

    Raises the problem if the first one is refused: the others would be too.
    """
    ids: list[str] = []
    owners = [f"account:{person.account.name}", *([f"group:{order.group}"] if order.group else [])]
    for document in documents:
        try:
            job_id = await _submit_patiently(services, person, order, document)
        except ProblemError as error:
            if not ids:
                raise
            refused.append(RefusedFile(document.filename or document.id, error))
        else:
            ids.append(job_id)
            await services.ledger.accounts.add_record(job_id, *owners)
    return ids


async def _submit_patiently(
    services: Services, person: Person, order: _Order, document: StoredDocument
) -> str:
    """Submit a job, more slowly if the department's rate asks for it. Returns its id."""
    job, once = order.job(person, document), order.once(document)
    loop = asyncio.get_running_loop()
    until = loop.time() + _RATE_WAIT_SECONDS
    while True:
        try:
            reply = await services.submissions.submit(person.department, job, idempotency=once)
        except OverQuotaError as error:
            seconds = error.retry_after or 0.0
            if error.problem.code != "rate-limited" or loop.time() + seconds > until:
                raise
            await asyncio.sleep(seconds)
        else:
            return reply.id


def _form_page(
    request: Request,
    person: Person,
    task: str,
    documents: Sequence[StoredDocument],
    *,
    sent: FileForm,
    error: ProblemError | None = None,
) -> Response:
    _check_task(person, task)
    if error is not None:
        request.state.problem = error.problem.code
    return page(
        request,
        "staff/submit.html",
        person=person,
        status=PROBLEM_TYPES[error.problem.code].status if error else HTTPStatus.OK,
        task=TASKS[task],
        fields=option_fields(task),
        values={name: values for name, values in sent.fields.items() if name.startswith(PREFIX)},
        form_id=token_hex(16),
        lane=sent.one("lane") or Lane.interactive.value,
        documents=documents,
        refused=sent.refused,
        error=error.problem.to_dict() if error else None,
        most_files=console_of(request).settings.console_max_files,
    )


def _check_task(person: Person, task: str) -> None:
    if task not in tasks_for(person.department.name):
        raise ProblemError("not-found", f"There is no task {task}.")


async def _document(services: Services, person: Person, document_id: str) -> StoredDocument:
    document = await services.ledger.documents.get(person.department.name, document_id)
    if document is None:
        raise ProblemError(
            "not-found", "The department has no such document, or its retention period is over."
        )
    return document
