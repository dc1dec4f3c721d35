"""Documents: uploaded once, used by any number of jobs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.answers import problems
from api.auth import TheDepartment
from api.idempotency import GivenKey, answer_once, idempotency
from api.multipart import receive_file
from api.parts import Parts, TheParts
from api.uploads import declared_filename, is_multipart, plain_filename, receive_raw
from jobs.documents import Upload
from jobs.ledger import Reply
from jobs.store import Incoming
from jobs.views import DocumentView, document_view

router = APIRouter(prefix="/v1/documents", tags=["documents"])

_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
        },
    }
}


@router.post(
    "",
    status_code=201,
    summary="Upload a document",
    description="The document as the raw body, its name in Content-Disposition or `?filename=`; "
    "or as part `file` of a multipart form. The same bytes again are the same document, kept "
    "longer.",
    responses={
        201: {"model": DocumentView},
        **problems(
            "invalid-request", "too-large", "request-timeout", "document-empty",
            "document-unsupported", "document-encrypted", "document-corrupt", "storage-full",
            "idempotency-mismatch", "idempotency-in-progress",
        ),
    },
    openapi_extra=_BODY,
)  # fmt: skip
async def upload_document(
    request: Request,
    parts: TheParts,
    department: TheDepartment,
    key: GivenKey = None,
    filename: Annotated[str | None, Query(description="The document's file name.")] = None,
) -> Response:
    async with parts.store.incoming(parts.limits.max_document_bytes) as incoming:
        sent_name = await _receive(request, incoming, parts)
        name = plain_filename(filename) or sent_name

        async def keep() -> Reply:
            kept = await parts.documents.keep(department.name, Upload(incoming, name))
            return Reply(201, document_view(kept).model_dump_json().encode(), {})

        once = idempotency(key, incoming.sha256, name or "")
        return await answer_once(parts.ledger, department, "documents", once, keep)


async def _receive(request: Request, incoming: Incoming, parts: Parts) -> str | None:
    if is_multipart(request):
        return await receive_file(request, incoming, parts.limits)
    await receive_raw(request, incoming, parts.limits.max_document_bytes)
    return declared_filename(request)
