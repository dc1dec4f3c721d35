"""Open addresses: whether the service lives and is ready, its figures, and its problems."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from api.answers import ListView, as_json, json, page
from api.auth import check_token
from api.metrics import exposition
from api.parts import TheParts
from api.readiness import checks
from jobs.model.problems import PROBLEM_TYPES, ProblemError

router = APIRouter(tags=["service"])


class CheckView(BaseModel):
    name: str
    ok: bool
    detail: str


class ReadinessView(BaseModel):
    status: str
    checks: list[CheckView]


class ExplanationView(BaseModel):
    """A kind of problem: its stable `type`, its status, and what to do about it."""

    type: str
    title: str
    status: int
    what_to_do: str


@router.get("/healthz", summary="Whether the api lives")
async def healthz() -> Response:
    return as_json(b'{"status":"ok"}')


@router.get(
    "/readyz",
    summary="Whether the system can do work",
    responses={200: {"model": ReadinessView}, 503: {"model": ReadinessView}},
)
async def readyz(parts: TheParts) -> Response:
    found = await checks(parts.ledger)
    ready = all(check.ok for check in found)
    status = "ready" if ready else "not-ready"
    return json({"status": status, "checks": found}, 200 if ready else 503)


@router.get("/metrics", summary="Figures for Prometheus", response_class=Response)
async def metrics(request: Request, parts: TheParts) -> Response:
    check_token(request.headers.get("authorization"), parts.settings.metrics_token)
    body, media_type = await exposition(request.app.state.registry, parts.ledger)
    return Response(body, media_type=media_type)


@router.get(
    "/problems",
    summary="Every kind of problem",
    responses={200: {"model": ListView[ExplanationView]}},
)
async def list_problems() -> Response:
    return page([_explanation(code) for code in PROBLEM_TYPES], None)


@router.get(
    "/problems/{code}",
    summary="What a kind of problem means and what to do",
    responses={200: {"model": ExplanationView}},
)
async def get_problem(code: str) -> Response:
    if code not in PROBLEM_TYPES:
        raise ProblemError("not-found", "There is no such kind of problem. See GET /problems.")
    return json(_explanation(code))


def _explanation(code: str) -> ExplanationView:
    status, title, advice = PROBLEM_TYPES[code]
    return ExplanationView(type=f"/problems/{code}", title=title, status=status, what_to_do=advice)
