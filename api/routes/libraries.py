"""Libraries: named sets of documents, kept until they are removed from the library."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from api.access.authentication import DepartmentDep
from api.responses.json_responses import ListView, page, problems
from api.services import ServicesDep
from jobs.model.problems import ProblemError
from jobs.views import DocumentView, LibraryView, document_view
from tasks.references import LIBRARY_NAME

router = APIRouter(prefix="/v1/libraries", tags=["libraries"])

Name = Annotated[
    str,
    Path(
        pattern=LIBRARY_NAME,
        description="Lowercase letters, digits, `-` and `_`; at most 64 characters.",
    ),
]


@router.get(
    "", summary="List libraries", responses={200: {"model": ListView[LibraryView]}, **problems()}
)
async def list_libraries(services: ServicesDep, department: DepartmentDep) -> Response:
    sizes = await services.ledger.libraries.sizes(department.name)
    return page([LibraryView(name=name, documents=size) for name, size in sizes.items()], None)


@router.get(
    "/{name}",
    summary="List a library's documents",
    responses={
        200: {"model": ListView[DocumentView]},
        **problems("not-found", "invalid-request"),
    },
)
async def get_library(name: Name, services: ServicesDep, department: DepartmentDep) -> Response:
    documents = await services.ledger.libraries.documents(department.name, name)
    if not documents:
        raise ProblemError("not-found", "The department has no such library.")
    return page([document_view(document) for document in documents], None)


@router.put(
    "/{name}/documents/{document_id}",
    status_code=204,
    summary="Add a document to a library",
    description="The document must be uploaded before. Adding the first document creates the "
    "library. A document in a library does not expire, even after its `expires_at`.",
    responses={**problems("not-found", "invalid-request", "library-full")},
)
async def add_to_library(
    name: Name, document_id: str, services: ServicesDep, department: DepartmentDep
) -> Response:
    if not await services.ledger.libraries.add(department.name, name, document_id):
        raise ProblemError(
            "not-found", "There is no such document, or it has expired. Upload it first."
        )
    return Response(status_code=204)


@router.delete(
    "/{name}/documents/{document_id}",
    status_code=204,
    summary="Remove a document from a library",
    description="The document is not deleted: it expires like any other. Removing the last "
    "document deletes the library.",
    responses={**problems("not-found", "invalid-request")},
)
async def remove_from_library(
    name: Name, document_id: str, services: ServicesDep, department: DepartmentDep
) -> Response:
    if not await services.ledger.libraries.remove(department.name, name, document_id):
        raise ProblemError("not-found", "The library has no such document.")
    return Response(status_code=204)
