"""The first page of each role, the language, and the files of the pages."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from api.console import cookies
from api.console.cookies import Cookie
from api.console.pages import address, local_path, redirect
from api.console.routing import router as new_router
from api.console.session import PersonDep
from jobs.model.account import Role
from jobs.model.problems import ProblemError
from jobs.texts import Language

router = new_router()
_HOMES = {Role.staff: "/submit", Role.reviewer: "/records", Role.operator: "/health"}
_FILES = {
    "console.css": "text/css",
    "console.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
_LANGUAGE_SECONDS = 365 * 86_400


@router.get("")
async def home(request: Request, person: PersonDep) -> Response:
    return redirect(request, _HOMES[person.role])


@router.get("/language")
async def language(request: Request, to: Language, next: str = "") -> Response:  # noqa: A002
    """Choose the language, and return to the page `next`, below `/console`."""
    target = address(request, local_path(next))
    response = RedirectResponse(target, 303, {"Cache-Control": "no-store"})
    cookies.write(request, response, Cookie.language, to.value, max_age=_LANGUAGE_SECONDS)
    return response


@router.get("/static/{name}")
async def static(name: str) -> Response:
    if name not in _FILES:
        raise ProblemError("not-found", "This file does not exist.")
    return Response(_file(name), media_type=_FILES[name], headers={"Cache-Control": "max-age=300"})


@cache
def _file(name: str) -> bytes:
    return (Path(__file__).parent / "static" / name).read_bytes()
