"""Departments with their quotas, and the pauses, for operators."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial

from fastapi import Request
from starlette.responses import Response

from api.console.forms import read_form_of
from api.console.pages import page, redirect
from api.console.routing import router as new_router
from api.console.session import PersonDep
from api.services import Services, ServicesDep
from jobs.ledger.pauses import Pause
from jobs.model.lanes import Lane
from jobs.model.problems import ProblemError

router = new_router()


@router.get("/departments")
async def departments(request: Request, services: ServicesDep, person: PersonDep) -> Response:
    ledger = services.ledger
    found = await ledger.departments.all()
    names = [one.name for one in found]
    quotas = await asyncio.gather(*(ledger.departments.quotas(name) for name in names))
    statistics = await ledger.statistics.read(names)
    return page(
        request,
        "operators/departments.html",
        person=person,
        departments=found,
        quotas=dict(zip(names, quotas, strict=True)),
        jobs=statistics.jobs,
        pauses=await ledger.pauses.list(),
        lanes=tuple(Lane),
        title_of=partial(_title_of, {one.name: one.title for one in found}),
    )


@router.post("/departments/pause")
async def pause(request: Request, services: ServicesDep, person: PersonDep) -> Response:
    wanted = _wanted(request, await read_form_of(request, person))
    if wanted.department is not None:
        await _check_department(services, wanted.department)
    await services.ledger.pauses.pause(wanted.department, wanted.lane)
    return redirect(request, "/departments")


@router.post("/departments/resume")
async def resume(request: Request, services: ServicesDep, person: PersonDep) -> Response:
    """End exactly this pause. The department may be deleted: its pause is then still listed."""
    wanted = _wanted(request, await read_form_of(request, person))
    await services.ledger.pauses.resume(wanted.department, wanted.lane)
    return redirect(request, "/departments")


def _title_of(titles: Mapping[str, str], name: str) -> str:
    """A deleted department, whose pause is still listed, has its name alone."""
    return titles.get(name, name)


def _wanted(request: Request, form: Mapping[str, str]) -> Pause:
    """What the form names. Raises `ProblemError("invalid-request")`."""
    department, lane = form.get("department") or None, form.get("lane") or None
    request.state.target = department or lane
    request.state.detail = {"department": department, "lane": lane}
    try:
        return Pause(department, Lane(lane) if lane else None)
    except ValueError as error:
        raise ProblemError("invalid-request", "Choose a department, a lane, or both.") from error


async def _check_department(services: Services, name: str) -> None:
    if await services.ledger.departments.get(name) is None:
        raise ProblemError("not-found", "There is no such department.")
