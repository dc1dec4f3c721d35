"""Routes without authentication: liveness, readiness, metrics, explanations of problems."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from api.access.authentication import check_token
from api.metrics.exposition import exposition
from api.readiness import audit_check, checks
from api.requests.language import translation_for
from api.responses.json_responses import ListView, as_json, json, page
from api.services import ServicesDep
from jobs.model.problems import PROBLEM_TYPES, ProblemError
from jobs.process.watchdog import PROCESS_HEADER, process_label
from jobs.texts.translation import Translation

router = APIRouter(tags=["service"])


class CheckView(BaseModel):
    name: str
    ok: bool
    detail: str


class ReadinessView(BaseModel):
    status: str
    checks: list[CheckView]


class ExplanationView(BaseModel):
    """A type of problem: its stable `type`, its status, and how to resolve it."""

    type: str
    title: str
    status: int
    what_to_do: str


@router.get("/healthz", summary="Liveness of the api")
async def healthz(services: ServicesDep) -> Response:
    answer = as_json(b'{"status":"ok"}')
    if services.settings.processes > 1:  # any of them answers
        answer.headers[PROCESS_HEADER] = process_label("api")
    return answer


@router.get(
    "/readyz",
    summary="Readiness of the system",
    responses={200: {"model": ReadinessView}, 503: {"model": ReadinessView}},
)
async def readyz(request: Request, services: ServicesDep) -> Response:
    results = [*await checks(services.ledger), await audit_check(request.app.state.audit)]
    ready = all(check.ok for check in results)
    status = "ready" if ready else "not-ready"
    return json({"status": status, "checks": results}, 200 if ready else 503)


@router.get("/metrics", summary="Metrics for Prometheus", response_class=Response)
async def metrics(request: Request, services: ServicesDep) -> Response:
    check_token(request.headers.get("authorization"), services.settings.metrics_token)
    health = await services.health.read()
    body, media_type = await exposition(request.app.state.registry, services.ledger, health)
    return Response(body, media_type=media_type)


@router.get(
    "/problems",
    summary="List the types of problems",
    responses={200: {"model": ListView[ExplanationView]}},
)
async def list_problems(request: Request) -> Response:
    texts = translation_for(request)
    return page([_explanation(code, texts) for code in PROBLEM_TYPES], None)


@router.get(
    "/problems/{code}",
    summary="Explain a type of problem",
    responses={200: {"model": ExplanationView}},
)
async def get_problem(request: Request, code: str) -> Response:
    if code not in PROBLEM_TYPES:
        raise ProblemError("not-found", "There is no such type of problem. See GET /problems.")
    return json(_explanation(code, translation_for(request)))


def _explanation(code: str, texts: Translation) -> ExplanationView:
    return ExplanationView(
        type=f"/problems/{code}",
        title=texts.title(code),
        status=PROBLEM_TYPES[code].status,
        what_to_do=texts.advice(code),
    )
