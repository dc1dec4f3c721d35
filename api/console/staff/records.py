"""What people submitted: their records, groups of jobs, and each job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated

from fastapi import Query, Request
from pydantic_core import to_json
from starlette.responses import Response

from api.console.forms import read_form_of
from api.console.pages import language, page, redirect
from api.console.routing import router as new_router
from api.console.services import Console, ConsoleDep
from api.console.session import Person, PersonDep
from api.responses.content import document_response
from api.services import Services, ServicesDep
from jobs.model.account import Role
from jobs.model.ids import is_group_id
from jobs.model.job import Job, StoredDocument
from jobs.model.problems import ProblemError
from jobs.model.states import ENDINGS, JobStatus
from jobs.reading.reading import PagePicture
from jobs.reading.view import ResultView
from jobs.texts import texts

router = new_router()
_PER_PAGE = 50
_MOST_OF_GROUP = 10_000


@router.get("/records")
async def records(
    request: Request,
    services: ServicesDep,
    console: ConsoleDep,
    person: PersonDep,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
) -> Response:
    """The jobs that the person submitted, the newest first."""
    found = await console.ledger.accounts.records(
        f"account:{person.account.name}", limit=_PER_PAGE, cursor=cursor
    )
    jobs = await services.ledger.jobs.get_all(person.department.name, found.items)
    return page(
        request, "staff/records.html", person=person, jobs=jobs, next_cursor=found.next_cursor,
        is_first=cursor is None,
    )  # fmt: skip


@router.get("/groups/{group_id}")
async def group(
    request: Request, group_id: str, services: ServicesDep, console: ConsoleDep, person: PersonDep
) -> Response:
    jobs = await _jobs_of_group(services, console, person, group_id)
    counts = Counter(job.status for job in jobs)
    open_ = [job for job in jobs if job.status not in ENDINGS]
    return page(
        request,
        "staff/group.html",
        person=person,
        group_id=group_id,
        jobs=jobs,
        counts=counts,
        ended=len(jobs) - len(open_),
        estimate=await console.group_eta.of(open_),
    )


@router.get("/jobs/{job_id}")
async def job(
    request: Request,
    job_id: str,
    *,
    services: ServicesDep,
    console: ConsoleDep,
    person: PersonDep,
    section: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
) -> Response:
    found = await _job(services, person, job_id)
    document = await document_of(services, found)
    view = await _result(services, console, found, document, section)
    return page(
        request,
        "staff/job.html",
        person=person,
        job=found,
        document=document,
        ended=found.status in ENDINGS,
        state=await _state(request, services, found),
        view=view,
        picture=await page_size(console, document, view),
    )


@router.get("/jobs/{job_id}/state")
async def state(
    request: Request, job_id: str, services: ServicesDep, person: PersonDep
) -> Response:
    """For the script that keeps the page of a job up to date."""
    found = await _job(services, person, job_id)
    body = {
        "ended": found.status in ENDINGS,
        "text": await _state(request, services, found),
        "done": found.progress.done,
        "total": found.progress.total,
    }
    headers = {"Cache-Control": "no-store"}
    return Response(to_json(body), HTTPStatus.OK, headers, "application/json")


@router.get("/jobs/{job_id}/pages/{number}")
async def page_picture(
    job_id: str, number: int, services: ServicesDep, console: ConsoleDep, person: PersonDep
) -> Response:
    document = await document_of(services, await _job(services, person, job_id))
    if document is None:
        raise ProblemError("not-found", "The document no longer exists.")
    picture = await console.reading.page_picture(document, number)
    return Response(picture.png, headers={"Cache-Control": "no-store"}, media_type="image/png")


@router.get("/jobs/{job_id}/files/{document_id}")
async def download(
    request: Request,
    job_id: str,
    document_id: str,
    *,
    services: ServicesDep,
    console: ConsoleDep,
    person: PersonDep,
) -> Response:
    """A file that the job created, or its document."""
    found = await _job(services, person, job_id)
    files = await console.reading.files(found.department, await _result_json(services, found))
    if document_id not in {found.document_id, *(file.document_id for file in files)}:
        raise ProblemError("not-found", "The job has no such file.")
    document = await services.ledger.documents.get(found.department, document_id)
    if document is None:
        raise ProblemError("not-found", "The file is deleted, or its retention period is over.")
    return await document_response(request, services.store, document)


@router.get("/jobs/{job_id}/result.json")
async def result_json(job_id: str, services: ServicesDep, person: PersonDep) -> Response:
    """The whole result, as software gets it."""
    body = await _result_json(services, await _job(services, person, job_id))
    headers = {
        "Content-Disposition": f"attachment; filename={job_id}.json",
        "Cache-Control": "no-store",
    }
    return Response(body, HTTPStatus.OK, headers, "application/json")


@router.post("/jobs/{job_id}/cancel")
async def cancel(
    request: Request, job_id: str, services: ServicesDep, person: PersonDep
) -> Response:
    await read_form_of(request, person)
    found = await _job(services, person, job_id)
    await services.ledger.jobs.cancel(found.department, job_id)
    return redirect(request, f"/jobs/{job_id}")


async def _job(services: Services, person: Person, job_id: str) -> Job:
    """A job that the person may see: staff see their own, reviewers those of the department."""
    found = await services.ledger.jobs.get(person.department.name, job_id)
    if found is None or not may_see(person, found):
        raise ProblemError("not-found", "You have no such record, or its retention period is over.")
    return found


def may_see(person: Person, job: Job) -> bool:
    """Staff see the jobs that they submitted, reviewers all of their department."""
    if job.department != person.account.department:
        return False
    return person.role is Role.reviewer or job.metadata.get("submitted_by") == person.account.name


async def _jobs_of_group(
    services: Services, console: Console, person: Person, group_id: str
) -> Sequence[Job]:
    if not is_group_id(group_id):
        raise ProblemError("not-found", "There is no such group of jobs.")
    found = await console.ledger.accounts.records(f"group:{group_id}", limit=_MOST_OF_GROUP)
    jobs = await services.ledger.jobs.get_all(person.department.name, found.items)
    seen = [job for job in reversed(jobs) if may_see(person, job)]
    if not seen:
        raise ProblemError("not-found", "There is no such group of jobs.")
    return seen


async def document_of(services: Services, job: Job) -> StoredDocument | None:
    if job.document_id is None:
        return None
    return await services.ledger.documents.get(job.department, job.document_id)


async def _result_json(services: Services, job: Job) -> bytes:
    """Raises `ProblemError`: `not-ended`, `no-result`, `file-missing`."""
    if job.status not in ENDINGS:
        raise ProblemError("not-ended", "The job has not ended.")
    if job.status is not JobStatus.succeeded:
        raise ProblemError("no-result", f"The job ended as {job.status.value}.")
    if job.result_blob is None:
        return to_json(job.result)
    try:
        return await services.store.read(job.result_blob)
    except FileNotFoundError as error:
        raise ProblemError("file-missing", "The result is missing in the store.") from error


async def _result(
    services: Services, console: Console, job: Job, document: StoredDocument | None, section: int
) -> ResultView | None:
    if job.status is not JobStatus.succeeded:
        return None
    result = await _result_json(services, job)
    return await console.reading.view(job.department, job.task, result, document, section)


async def page_size(
    console: Console, document: StoredDocument | None, view: ResultView | None
) -> PagePicture | None:
    """The size of the page that is shown, if pages are shown as pictures."""
    if document is None or view is None or not view.is_paged:
        return None
    return await console.reading.page_picture(document, view.section)


async def _state(request: Request, services: Services, job: Job) -> str:
    """What happens to the job now, and how many are before it."""
    t = texts(language(request))
    status = t.of("status", job.status)
    if job.awaiting_until is not None:
        return t("console.approvals.waits")
    if job.status is JobStatus.queued:
        ahead = await services.ledger.jobs.ahead(job)
        if ahead is not None:
            return t("console.job.ahead", status=status, count=ahead)
    if job.status is JobStatus.running and job.progress.total:
        done, total = job.progress.done, job.progress.total
        return t("console.job.progress", status=status, done=done, total=total)
    return status
