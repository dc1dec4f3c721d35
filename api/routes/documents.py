"""Documents: uploaded once, used by any number of jobs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.answers import as_json, problems
from api.auth import TheDepartment
from api.content import content_answer
from api.idempotency import GivenKey, answer_once, idempotency
from api.multipart import receive_file
from api.parts import Parts, TheParts
from api.uploads import declared_filename, is_multipart, plain_filename, receive_raw
from jobs.ledger import Reply
from jobs.model.department import Department
from jobs.model.job import StoredDocument
from jobs.model.problems import ProblemError
from jobs.store import Incoming
from jobs.submit.documents import Upload
from jobs.views import DocumentView, document_view

router = APIRouter(prefix="/v1/documents", tags=["documents"])

_BYTES = "application/octet-stream"
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
            "document-unsupported", "document-encrypted", "document-corrupt", "secrecy-marked",
            "storage-full",
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
            kept = await parts.documents.keep(department, Upload(incoming, name))
            return Reply(201, document_view(kept).model_dump_json().encode(), {})

        once = idempotency(key, incoming.sha256, name or "")
        return await answer_once(parts.ledger, department, "documents", once, keep)


@router.get(
    "/{document_id}",
    summary="Look at a document",
    responses={200: {"model": DocumentView}, **problems("not-found")},
)
async def get_document(document_id: str, parts: TheParts, department: TheDepartment) -> Response:
    document = await _find(parts, department, document_id)
    return as_json(document_view(document).model_dump_json().encode())


@router.get(
    "/{document_id}/content",
    summary="Download a document",
    description="The bytes as they were sent, or as a task made them; a range where one is asked "
    "for.",
    responses={
        200: {"content": {_BYTES: {}}, "description": "The whole document."},
        206: {"content": {_BYTES: {}}, "description": "The range asked for."},
        **problems("not-found", "file-missing", "range-not-satisfiable"),
    },
)
async def get_document_content(
    request: Request, document_id: str, parts: TheParts, department: TheDepartment
) -> Response:
    document = await _find(parts, department, document_id)
    return await content_answer(
        request,
        parts.store,
        [document.blob],
        filename=document.filename or document.id,
        media_type=document.media_type,
    )


async def _find(parts: Parts, department: Department, document_id: str) -> StoredDocument:
    document = await parts.ledger.documents.get(department.name, document_id)
    if document is None:
        raise ProblemError(
            "not-found",
            "The department has no such document, or it was kept as long as documents are kept.",
        )
    return document


async def _receive(request: Request, incoming: Incoming, parts: Parts) -> str | None:
    if is_multipart(request):
        return await receive_file(request, incoming, parts.limits)
    await receive_raw(request, incoming, parts.limits.max_document_bytes)
    return declared_filename(request)
