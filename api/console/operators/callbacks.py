"""Callbacks of all departments, for operators: what became of them, and sending them again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Query, Request
from starlette.responses import Response

from api.console.forms import read_form_of
from api.console.pages import page, redirect
from api.console.routing import router as new_router
from api.console.services import Console, ConsoleDep
from api.console.session import PersonDep
from api.services import Services, ServicesDep
from jobs.model.callback import Callback
from jobs.model.department import Department
from jobs.model.problems import ProblemError
from jobs.model.states import CallbackStatus

router = new_router()
_PER_PAGE = 50


@router.get("/callbacks")
async def callbacks(
    request: Request,
    services: ServicesDep,
    person: PersonDep,
    *,
    department: Annotated[str, Query(max_length=64)] = "",
    status: CallbackStatus = CallbackStatus.dead,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
    sent: Annotated[int | None, Query(ge=0)] = None,
) -> Response:
    """Callbacks of one department, the newest first; without one, a choice of departments.

    `sent`: how many are sent again, after a form.
    """
    departments = await services.ledger.departments.all()
    chosen = next((one for one in departments if one.name == department), None)
    items: Sequence[Callback] = ()
    next_cursor: str | None = None
    if chosen:
        found = await services.ledger.callbacks.list(
            chosen.name, status=status, limit=_PER_PAGE, cursor=cursor
        )
        items, next_cursor = found.items, found.next_cursor
    statistics = await services.ledger.statistics.read([one.name for one in departments])
    return page(
        request,
        "operators/callbacks.html",
        person=person,
        departments=departments,
        dead={one.name: statistics.callbacks[one.name, CallbackStatus.dead] for one in departments},
        host=_host,
        chosen=chosen,
        status_chosen=status,
        statuses=tuple(CallbackStatus),
        callbacks=items,
        next_cursor=next_cursor,
        sent=sent,
    )


@router.post("/callbacks/{callback_id}")
async def redeliver(
    request: Request, callback_id: str, services: ServicesDep, person: PersonDep
) -> Response:
    """Send one callback again. Receivers know a repeated event by its id."""
    await read_form_of(request, person)
    department = await services.ledger.callbacks.department_of(callback_id)
    if department is None:
        raise ProblemError("not-found", "There is no such callback.")
    request.state.detail = {"department": department}
    if await services.ledger.callbacks.redeliver(department, callback_id) is None:
        raise ProblemError("not-found", "There is no such callback.")
    return redirect(request, f"/callbacks?department={department}&sent=1")


def _host(callback: Callback) -> str:
    """Where it goes. The rest of the URL may be a secret of the department."""
    return urlsplit(callback.url).netloc.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class _Dead:
    """The dead callbacks of a department since a time."""

    department: Department
    since: datetime


@router.get("/redeliver")
async def confirm(
    request: Request,
    services: ServicesDep,
    console: ConsoleDep,
    person: PersonDep,
    *,
    department: Annotated[str, Query(max_length=64)] = "",
    since: Annotated[str, Query(max_length=32)] = "",
) -> Response:
    """Asks before all dead callbacks of a department since a time are sent again."""
    dead = await _dead(services, console, department, since)
    return page(request, "operators/redeliver.html", person=person, dead=dead, since=since)


@router.post("/redeliver")
async def redeliver_dead(
    request: Request, services: ServicesDep, console: ConsoleDep, person: PersonDep
) -> Response:
    form = await read_form_of(request, person)
    dead = await _dead(services, console, form.get("department", ""), form.get("since", ""))
    name = dead.department.name
    request.state.target = name
    until = await services.ledger.health.time()
    sent = await services.ledger.callbacks.redeliver_all_dead(name, dead.since, until)
    request.state.detail = {"since": dead.since.isoformat(), "count": sent}
    return redirect(request, f"/callbacks?department={name}&sent={sent}")


async def _dead(services: Services, console: Console, department: str, since: str) -> _Dead:
    """`since`: a time without a zone, in the console's zone."""
    found = await services.ledger.departments.get(department)
    if found is None:
        raise ProblemError("not-found", "There is no such department.")
    try:
        moment = datetime.fromisoformat(since)
    except ValueError as error:
        raise ProblemError("invalid-request", "Enter the date and the time.") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=console.zone)
    return _Dead(found, moment)
