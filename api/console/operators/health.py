"""The health of the whole system, for operators."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from fastapi import Request
from starlette.responses import Response

from api.console.pages import language, page
from api.console.routing import router as new_router
from api.console.services import ConsoleDep
from api.console.session import Person, person_of
from api.services import Services, ServicesDep
from jobs.health.builds import mixed_since
from jobs.health.problem_types import area_of, problem
from jobs.health.report import Health, HealthProblem
from jobs.model.problems import PROBLEM_TYPES, ProblemError
from jobs.texts.translation import Translation, translation

router = new_router()
_DATA_DIR = "CHANCERY_DATA_DIR"
# Problems whose subject is a department.
_OF_DEPARTMENTS = frozenset({"approvals-overdue", "callbacks-dead", "receiver-gone"})


@router.get("/health")
async def health(request: Request, services: ServicesDep, console: ConsoleDep) -> Response:
    """Sessions are in Redis. Without Redis no account can be checked: the page says only what is
    wrong with Redis and the disk, which is no secret.
    """
    try:
        person = await person_of(request, console)
    except ProblemError as error:
        if error.problem.code != "unavailable":
            raise
        request.state.problem = error.problem.code  # for the audit record
        found = await services.health.read_after(error)
        status = PROBLEM_TYPES[error.problem.code].status
        return _page(request, None, found, status)
    found = await services.health.read()
    return _page(request, person, found, 200, await _titles(services, found))


async def _titles(services: Services, found: Health) -> Mapping[str, str]:
    """The departments' names for people, where the ledger can be read."""
    if found.redis.version is None:
        return {}
    try:
        departments = await services.ledger.departments.all()
    except ProblemError:  # Redis went away since: the page is complete without the names
        return {}
    return {one.name: one.title for one in departments}


def for_anyone(problems: Sequence[HealthProblem]) -> Iterator[HealthProblem]:
    """Those of Redis and of this machine's disk, without its name and paths."""
    for found in problems:
        if found.subject == "redis":
            yield found
        elif area_of(found) == "disk":
            yield problem(found.code, _DATA_DIR, since=found.since, **found.values)


def shown(found: HealthProblem, texts: Translation, titles: Mapping[str, str]) -> HealthProblem:
    """The problem in the language of the texts. Its detail has the departments' names for people;
    its advice has commands, which need their other names. Its subject is a sentence, a code of
    `console.health.subject`, or a name.
    """
    values = {**found.values, "subject": found.subject}
    with_departments = ("department", *(("subject",) if found.code in _OF_DEPARTMENTS else ()))
    named = values | {
        name: titles[values[name]] for name in with_departments if values.get(name) in titles
    }
    own, advice = texts.health(found.code, named), texts.health(found.code, values)
    if own is None or advice is None:
        return replace(found, detail=problem(found.code, **named).detail)
    return replace(found, detail=own[0], advice=advice[1], subject=texts.sentence(found.subject))


def _page(
    request: Request,
    person: Person | None,
    found: Health,
    status: int,
    titles: Mapping[str, str] | None = None,
) -> Response:
    texts, known_titles = translation(language(request)), titles or {}
    problems = [
        (one, shown(one, texts, known_titles))
        for one in (found.problems if person is not None else for_anyone(found.problems))
    ]
    codes = {one.code: texts.title(one.code) for one in found.failures if one.code in PROBLEM_TYPES}
    return page(
        request,
        "operators/health.html",
        person=person,
        status=status,
        health=found,
        problems=problems,
        titles=codes,
        title_of=lambda name: known_titles.get(name, name),
        mixed_since=mixed_since(found.processes),
        known=person is not None and found.redis.version is not None,
    )
