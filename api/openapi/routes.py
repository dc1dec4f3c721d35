"""The OpenAPI document, and `/docs` with Swagger UI served from here (no internet access)."""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.openapi.document import openapi_document
from api.requests.path_prefix import root_path
from jobs.model.problems import ProblemError

router = APIRouter(include_in_schema=False)

DESCRIPTION = """Submit documents as jobs for language models on the government's own machines.
Results are delivered by signed callback or fetched by polling.

Every path under `/v1` requires `Authorization: Bearer KEY`. Errors are `application/problem+json`
(RFC 9457): `type` is stable, and its address explains what to do."""

TAGS = [
    {"name": "documents", "description": "Files sent by a department, identified by SHA-256."},
    {"name": "libraries", "description": "Named sets of documents that do not expire."},
    {
        "name": "tasks",
        "description": "The kinds of processing, with the schemas of options and results.",
    },
    {"name": "jobs", "description": "One task on one document."},
    {
        "name": "approvals",
        "description": "Results that wait for a person, where the department requires it.",
    },
    {
        "name": "files",
        "description": "As OpenAI's Files API: the input and output files of batches.",
    },
    {
        "name": "batches",
        "description": "As OpenAI's Batch API: many jobs in one request.",
    },
    {
        "name": "callbacks",
        "description": "Events posted to the department's URLs when jobs and batches end.",
    },
    {"name": "events", "description": "The bodies of callbacks."},
    {"name": "usage", "description": "Documents, tokens, time, energy and cost of a department."},
    {"name": "service", "description": "For operators and load balancers, without authentication."},
]

_ASSETS = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}
_INLINE_SCRIPT = re.compile(rb"<script>([^<]*)</script>")


def describe(app: FastAPI) -> None:
    """Make `openapi_document` the OpenAPI document of `app`."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = openapi_document(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign] # documented by FastAPI


@router.get("/openapi.json")
async def document(request: Request) -> Response:
    """FastAPI's own route would add the path prefix as a further server."""
    servers = [{"url": root_path(request) or "/"}]
    return JSONResponse({**request.app.openapi(), "servers": servers})


@router.get("/docs")
async def docs(request: Request) -> Response:
    root = root_path(request)
    page = get_swagger_ui_html(
        openapi_url=f"{root}/openapi.json",
        title="Chancery",
        swagger_js_url=f"{root}/docs/swagger-ui-bundle.js",
        swagger_css_url=f"{root}/docs/swagger-ui.css",
        swagger_favicon_url="data:,",
    )
    page.headers["Content-Security-Policy"] = _page_policy(bytes(page.body))
    return page


def _page_policy(page: bytes) -> str:
    """Allow what the page consists of: its own files, and its inline scripts by their hashes.

    Swagger UI sets inline styles and shows pictures from `data:` addresses.
    """
    scripts = [
        f"'sha256-{b64encode(sha256(script).digest()).decode()}'"
        for script in _INLINE_SCRIPT.findall(page)
    ]
    return (
        f"default-src 'none'; script-src 'self' {' '.join(scripts)}; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )


@router.get("/docs/{name}")
async def asset(name: str) -> Response:
    if name not in _ASSETS:
        raise ProblemError("not-found", "This file does not exist in /docs.")
    headers = {"Cache-Control": "max-age=86400"}
    return Response(_asset(name), media_type=_ASSETS[name], headers=headers)


@cache
def _asset(name: str) -> bytes:
    # Of this package, only the files of Swagger UI are used.
    return (files("fastapi_offline") / "static" / name).read_bytes()
