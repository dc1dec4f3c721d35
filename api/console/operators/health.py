"""The health of the whole system, for operators."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from api.console.pages import language, page
from api.console.routing import router as new_router
from api.console.services import ConsoleDep
from api.console.session import Person, person_of
from api.services import ServicesDep
from jobs.health.builds import mixed_since
from jobs.health.report import Health
from jobs.model.problems import PROBLEM_TYPES, ProblemError
from jobs.texts.translation import translation

router = new_router()


@router.get("/health")
async def health(request: Request, services: ServicesDep, console: ConsoleDep) -> Response:
    """Sessions are in Redis. Without Redis no account can be checked: the page says only what is
    wrong with Redis, which is no secret.
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
    return _page(request, person, await services.health.read(), 200)


def _page(request: Request, person: Person | None, found: Health, status: int) -> Response:
    texts = translation(language(request))
    problems = [
        (one, texts.health(one.code, {**one.values, "subject": one.subject}))
        for one in found.problems
        if person is not None or one.subject == "redis"
    ]
    titles = {
        one.code: texts.title(one.code) for one in found.failures if one.code in PROBLEM_TYPES
    }
    return page(
        request,
        "operators/health.html",
        person=person,
        status=status,
        health=found,
        problems=problems,
        titles=titles,
        mixed_since=mixed_since(found.processes),
        known=person is not None and found.redis.version is not None,
    )
