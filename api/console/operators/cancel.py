"""Cancelling a job or a batch of any department, for operators."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from api.console.forms import read_form_of
from api.console.pages import page, redirect
from api.console.routing import router as new_router
from api.console.session import Person, PersonDep
from api.services import Services, ServicesDep
from jobs.batches.batch import Batch, BatchStatus
from jobs.model.ids import is_batch_id
from jobs.model.job import Job
from jobs.model.problems import ProblemError
from jobs.model.states import ENDINGS, JobStatus

router = new_router()
_OPEN_BATCHES = frozenset({BatchStatus.validating, BatchStatus.in_progress})


@dataclass(frozen=True, slots=True)
class _Work:
    """A job or a batch, without anything of its documents."""

    id: str
    department: str
    task: str | None
    status: JobStatus | BatchStatus
    created_at: datetime
    done: int
    total: int
    can_cancel: bool


@router.get("/cancel")
async def confirm(
    request: Request,
    services: ServicesDep,
    person: PersonDep,
    id: Annotated[str, Query(max_length=64)] = "",  # noqa: A002 - the field
) -> Response:
    """Shows the job or batch and asks, because it cannot be undone. Without `id`: asks for it."""
    wanted = id.strip()
    request.state.target = wanted or None
    work = await _find(services, wanted) if wanted else None
    found = await services.ledger.departments.get(work.department) if work else None
    return page(
        request,
        "operators/cancel.html",
        person=person,
        wanted=wanted,
        work=work,
        department=found.title if found else (work.department if work else ""),
    )


@router.post("/cancel/job")
async def cancel_job(request: Request, services: ServicesDep, person: PersonDep) -> Response:
    work = await _wanted(request, services, person)
    await services.ledger.jobs.cancel(work.department, work.id)
    return redirect(request, f"/cancel?id={work.id}")


@router.post("/cancel/batch")
async def cancel_batch(request: Request, services: ServicesDep, person: PersonDep) -> Response:
    work = await _wanted(request, services, person)
    await services.ledger.batches.cancel(work.department, work.id)
    return redirect(request, f"/cancel?id={work.id}")


async def _wanted(request: Request, services: Services, person: Person) -> _Work:
    """What the form names. Raises `ProblemError`: `not-found`, `form-expired`."""
    wanted = (await read_form_of(request, person)).get("id", "")
    request.state.target = wanted[:64]
    work = await _find(services, wanted)
    if work is None:
        raise ProblemError("not-found", "There is no such job or batch.")
    request.state.detail = {"department": work.department}
    return work


async def _find(services: Services, wanted: str) -> _Work | None:
    if is_batch_id(wanted):
        batches = services.ledger.batches
        department = await batches.department_of(wanted)
        batch = await batches.get(department, wanted) if department else None
        return _of_batch(batch) if batch else None
    jobs = services.ledger.jobs
    department = await jobs.department_of(wanted)
    job = await jobs.get(department, wanted) if department else None
    return _of_job(job) if job else None


def _of_job(job: Job) -> _Work:
    done, total = job.progress.done, job.progress.total
    return _Work(
        id=job.id,
        department=job.department,
        task=job.task,
        status=job.status,
        created_at=job.created_at,
        done=done,
        total=total,
        can_cancel=job.status not in ENDINGS,
    )


def _of_batch(batch: Batch) -> _Work:
    return _Work(
        id=batch.id,
        department=batch.department,
        task=None,
        status=batch.status,
        created_at=batch.created_at,
        done=batch.completed + batch.failed,
        total=batch.total,
        can_cancel=batch.status in _OPEN_BATCHES,
    )
