"""What the api says of itself: the OpenAPI document, and `/docs`, which needs no other network."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from starlette.responses import Response

from api.answers import ProblemView
from api.examples import EXAMPLES
from jobs.batches.request import BatchRequest
from jobs.model.problems import ProblemError
from jobs.submit.requests import JobRequest, RedeliverRequest

router = APIRouter(include_in_schema=False)

DESCRIPTION = """Send documents, have work done on them by models on the government's own machines,
get results by signed callback or by asking.

Every address under `/v1` asks for `Authorization: Bearer KEY`. Errors are
`application/problem+json` (RFC 9457): `type` is stable and leads to what to do."""

TAGS = [
    {"name": "documents", "description": "Bytes that a department sent."},
    {"name": "libraries", "description": "Documents that are kept, and used by one name."},
    {"name": "tasks", "description": "What can be done to a document."},
    {"name": "jobs", "description": "One task on one document, with a state."},
    {
        "name": "files",
        "description": "As OpenAI's Files API: what batches are made from and leave.",
    },
    {
        "name": "batches",
        "description": "As OpenAI's Batch API: many jobs, submitted and collected as one.",
    },
    {"name": "callbacks", "description": "Endings as they are posted to the department."},
    {"name": "usage", "description": "What a department has used."},
    {"name": "service", "description": "Open addresses for operators and load balancers."},
]

_ASSETS = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}
_REFERENCE = "#/components/schemas/{model}"


def describe(app: FastAPI) -> None:
    """Have `app` tell of the models that its routes read by themselves."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign] # as FastAPI's documentation has it


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        tags=app.openapi_tags,
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    _drop_what_is_never_answered(document, schemas)
    for model in (JobRequest, BatchRequest, RedeliverRequest, ProblemView):
        schema = model.model_json_schema(ref_template=_REFERENCE)
        schemas |= schema.pop("$defs", {})
        schemas[model.__name__] = schema
    for name, example in EXAMPLES.items():
        schemas[name]["example"] = example  # put here: FastAPI would leave out what is null
    return document


def _drop_what_is_never_answered(document: dict[str, Any], schemas: dict[str, Any]) -> None:
    """FastAPI tells of its own form of 422, which is answered nowhere here."""
    for methods in document["paths"].values():
        for call in methods.values():
            if "application/json" in call["responses"].get("422", {}).get("content", {}):
                del call["responses"]["422"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)


@router.get("/docs")
async def docs() -> Response:
    return get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="Chancery",
        swagger_js_url="/docs/swagger-ui-bundle.js",
        swagger_css_url="/docs/swagger-ui.css",
        swagger_favicon_url="data:,",
    )


@router.get("/docs/{name}")
async def asset(name: str) -> Response:
    if name not in _ASSETS:
        raise ProblemError("not-found", "/docs has no such file.")
    headers = {"Cache-Control": "max-age=86400"}
    return Response(_asset(name), media_type=_ASSETS[name], headers=headers)


@cache
def _asset(name: str) -> bytes:
    # The package is used for the files of Swagger UI that it carries, for nothing else.
    return (files("fastapi_offline") / "static" / name).read_bytes()
