"""Documents: uploaded once and used by any number of jobs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.access.authentication import DepartmentDep
from api.requests.bodies import declared_filename, is_multipart, plain_filename, receive_raw
from api.requests.idempotency import GivenKey, answer_once, idempotency
from api.requests.multipart import receive_file
from api.responses.content import document_response
from api.responses.json_responses import as_json, json, problems
from api.services import Services, ServicesDep
from jobs.ledger import Reply
from jobs.model.department import Department
from jobs.model.job import StoredDocument
from jobs.model.problems import ProblemError
from jobs.store import Incoming
from jobs.submit.documents import Upload
from jobs.views import DeletedView, DocumentView, document_view

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
    description="The document is the raw body, with its name in Content-Disposition or "
    "`?filename=`, or part `file` of a multipart form. Sending the same bytes again returns the "
    "same document and extends its retention.",
    responses={
        201: {"model": DocumentView},
        **problems(
            "invalid-request", "too-large", "request-timeout", "unsupported-coding",
            "document-empty",
            "document-unsupported", "document-encrypted", "document-corrupt", "secrecy-marked",
            "secrecy-unchecked", "storage-full",
            "storage-unavailable", "rate-limited", "quota-storage", "quota-records",
            "idempotency-mismatch", "idempotency-in-progress",
        ),
    },
    openapi_extra=_BODY,
)  # fmt: skip
async def upload_document(
    request: Request,
    services: ServicesDep,
    department: DepartmentDep,
    key: GivenKey = None,
    filename: Annotated[str | None, Query(description="The document's file name.")] = None,
) -> Response:
    async with (
        services.refusals.counted(department),
        services.store.incoming(services.limits.max_document_bytes) as incoming,
    ):
        received_name = await _receive(request, incoming, services)
        name = plain_filename(filename) or received_name

        async def keep() -> Reply:
            document = await services.documents.keep(department, Upload(incoming, name))
            return Reply(201, document_view(document).model_dump_json().encode(), {})

        once = idempotency(key, incoming.sha256, name or "")
        return await answer_once(services.ledger, department, "documents", once, keep)


@router.get(
    "/{document_id}",
    summary="Get a document",
    responses={200: {"model": DocumentView}, **problems("not-found")},
)
async def get_document(
    document_id: str, services: ServicesDep, department: DepartmentDep
) -> Response:
    document = await _find(services, department, document_id)
    return as_json(document_view(document).model_dump_json().encode())


@router.get(
    "/{document_id}/content",
    summary="Download a document",
    description="The bytes as uploaded or as written by a task. A byte range is supported.",
    responses={
        200: {"content": {_BYTES: {}}, "description": "The whole document."},
        206: {"content": {_BYTES: {}}, "description": "The requested range."},
        **problems(
            "not-found",
            "file-missing",
            "storage-locked",
            "storage-unavailable",
            "range-not-satisfiable",
        ),
    },
)
async def get_document_content(
    request: Request, document_id: str, services: ServicesDep, department: DepartmentDep
) -> Response:
    document = await _find(services, department, document_id)
    return await document_response(request, services.store, document)


@router.delete(
    "/{document_id}",
    summary="Delete a document",
    description="Its bytes are removed at once. Jobs that ended keep their results: delete them "
    "too. Lines of batches that name it fail.",
    responses={200: {"model": DeletedView}, **problems("not-found", "document-in-use")},
)
async def delete_document(
    document_id: str, services: ServicesDep, department: DepartmentDep
) -> Response:
    if not await services.deletions.document(department.name, document_id):
        raise _no_such_document()
    return json(DeletedView(id=document_id, object="document"))


async def _find(services: Services, department: Department, document_id: str) -> StoredDocument:
    document = await services.ledger.documents.get(department.name, document_id)
    if document is None:
        raise _no_such_document()
    return document


def _no_such_document() -> ProblemError:
    return ProblemError(
        "not-found", "The department has no such document, or its retention period is over."
    )


async def _receive(request: Request, incoming: Incoming, services: Services) -> str | None:
    if is_multipart(request):
        return await receive_file(request, incoming, services.limits)
    await receive_raw(request, incoming, services.limits.max_document_bytes)
    return declared_filename(request)
