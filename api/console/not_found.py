"""The page for addresses that do not exist. Its router is the last one of the console."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from api.console.routing import problem_page
from api.console.routing import router as new_router
from jobs.model.problems import ProblemError

router = new_router()


@router.get("/{path:path}")
async def not_found(request: Request) -> Response:
    return problem_page(request, ProblemError("not-found", "There is no such page."))
