"""Sign-off: reviewers read results that wait, correct them, and approve or reject them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Query, Request
from pydantic_core import from_json, to_json
from starlette.responses import Response

from api.console.approvals.labels import Labels
from api.console.approvals.result_fields import MAX_FORM_BYTES, Edit, edit_of, fields_of, json_of
from api.console.forms import read_form_of
from api.console.pages import language, page, redirect
from api.console.routing import router as new_router
from api.console.services import Console, ConsoleDep
from api.console.session import PersonDep
from api.console.staff.records import document_of, page_size
from api.requests.json_bodies import parse
from api.responses.content import document_response
from api.services import Services, ServicesDep
from jobs.approval.approvals import Review
from jobs.approval.requests import ApprovalRequest
from jobs.model.approval import Reviewer
from jobs.model.problems import PROBLEM_TYPES, ProblemError
from jobs.texts import texts

router = new_router()
_PAGE = 50


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the page shows of a decision that was refused: what was entered, and why."""

    result: Any
    reason: str = ""
    errors: Sequence[Mapping[str, Any]] = ()
    section: int = 1


@router.get("/approvals")
async def approvals(
    request: Request, services: ServicesDep, person: PersonDep, cursor: str | None = None
) -> Response:
    waiting = await services.ledger.approvals.waiting(
        person.department.name, task=None, limit=_PAGE, cursor=cursor
    )
    return page(
        request,
        "approvals/approvals.html",
        person=person,
        jobs=waiting.items,
        next_cursor=waiting.next_cursor,
    )


@router.get("/approvals/{job_id}")
async def approval(
    request: Request,
    job_id: str,
    *,
    services: ServicesDep,
    console: ConsoleDep,
    person: PersonDep,
    section: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
) -> Response:
    review = await services.approvals.review(person.department.name, job_id)
    shown = _Shown(from_json(review.result), section=section)
    return await _page(request, services, console, review, shown)


@router.get("/approvals/{job_id}/source")
async def source(
    request: Request, job_id: str, services: ServicesDep, person: PersonDep
) -> Response:
    """The document of a job that waits, as a download."""
    review = await services.approvals.review(person.department.name, job_id)
    document_id = review.source.document_id
    department = person.department.name
    document = await services.ledger.documents.get(department, document_id or "")
    if document is None:
        raise ProblemError("not-found", "The job's document is no longer stored.")
    return await document_response(request, services.store, document)


@router.get("/approvals/{job_id}/files/{document_id}")
async def file(
    request: Request,
    job_id: str,
    document_id: str,
    *,
    services: ServicesDep,
    console: ConsoleDep,
    person: PersonDep,
) -> Response:
    """A file that the task made and that the result names, as a download."""
    department = person.department.name
    review = await services.approvals.review(department, job_id)
    files = await console.reading.files(department, review.result)
    document = await services.ledger.documents.get(department, document_id)
    if document is None or document_id not in {one.document_id for one in files}:
        raise ProblemError("not-found", "The job has no such file.")
    return await document_response(request, services.store, document)


@router.post("/approvals/{job_id}")
async def decide(
    request: Request, job_id: str, services: ServicesDep, console: ConsoleDep, person: PersonDep
) -> Response:
    form = await read_form_of(request, person, MAX_FORM_BYTES)
    department, name = person.department.name, person.account.name
    decision = {
        "decision": form.get("decision"),
        "by": name,
        "reason": form.get("reason", "").strip() or None,
    }
    review = await _waiting(services, department, job_id)
    edit = edit_of(from_json(review.result), form) if review else Edit(None, changed=False)
    try:
        if edit.changed and decision["decision"] == "approve":
            _check(edit)
            decision["result"] = edit.result
        checked = parse(ApprovalRequest, to_json(decision))
        reviewer = Reviewer(name, account=name)
        await services.approvals.decide(department, job_id, checked, reviewer)
    except ProblemError as error:
        if error.problem.code != "invalid-request" or review is None:
            raise
        request.state.problem = error.problem.code  # for the audit record
        shown = _Shown(
            edit.result, form.get("reason", ""), tuple(error.problem.extra.get("errors", ()))
        )
        return await _page(request, services, console, review, shown)
    return redirect(request, "/approvals")


async def _waiting(services: Services, department: str, job_id: str) -> Review | None:
    """None if the result does not wait any more: the decision then tells the reviewer why."""
    try:
        return await services.approvals.review(department, job_id)
    except ProblemError as error:
        if error.problem.code != "not-awaiting-approval":
            raise
        return None


def _check(edit: Edit) -> None:
    if edit.errors:
        raise ProblemError("invalid-request", "Correct the values.", errors=list(edit.errors))


async def _page(
    request: Request,
    services: Services,
    console: Console,
    review: Review,
    shown: _Shown,
) -> Response:
    job, provenance = review.job, review.job.provenance
    document = await document_of(services, job)
    view = await console.reading.view(
        job.department, job.task, review.result, document, shown.section
    )
    return page(
        request,
        "approvals/approval.html",
        person=request.state.person,
        status=PROBLEM_TYPES["invalid-request"].status if shown.errors else 200,
        job=job,
        source=review.source,
        view=view,
        picture=await page_size(console, document, view),
        doubts=provenance.doubts if provenance else (),
        fields=fields_of(shown.result),
        labels=Labels.of_job(texts(language(request)), job.task, review.options),
        whole=json_of(shown.result),
        reason=shown.reason,
        errors=shown.errors,
    )
