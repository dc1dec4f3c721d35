"""Libraries: documents of a department that jobs use by one name, kept until they are taken out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from api.answers import ListView, page, problems
from api.auth import TheDepartment
from api.parts import TheParts
from jobs.model.problems import ProblemError
from jobs.views import DocumentView, LibraryView, document_view
from tasks.references import LIBRARY_NAME

router = APIRouter(prefix="/v1/libraries", tags=["libraries"])

Name = Annotated[
    str, Path(pattern=LIBRARY_NAME, description="Small letters, digits, `-` and `_`; 64 at most.")
]


@router.get(
    "", summary="List libraries", responses={200: {"model": ListView[LibraryView]}, **problems()}
)
async def list_libraries(parts: TheParts, department: TheDepartment) -> Response:
    sizes = await parts.ledger.libraries.sizes(department.name)
    return page([LibraryView(name=name, documents=size) for name, size in sizes.items()], None)


@router.get(
    "/{name}",
    summary="List a library's documents",
    responses={
        200: {"model": ListView[DocumentView]},
        **problems("not-found", "invalid-request"),
    },
)
async def get_library(name: Name, parts: TheParts, department: TheDepartment) -> Response:
    found = await parts.ledger.libraries.documents(department.name, name)
    if not found:
        raise ProblemError("not-found", "The department has no such library.")
    return page([document_view(one) for one in found], None)


@router.put(
    "/{name}/documents/{document_id}",
    status_code=204,
    summary="Put a document into a library",
    description="One that was uploaded before. The first one makes the library. While a document "
    "is in a library it is kept, whatever its `expires_at` says.",
    responses={**problems("not-found", "invalid-request", "library-full")},
)
async def add_to_library(
    name: Name, document_id: str, parts: TheParts, department: TheDepartment
) -> Response:
    if not await parts.ledger.libraries.add(department.name, name, document_id):
        raise ProblemError(
            "not-found", "There is no such document. Upload it first; it may have expired."
        )
    return Response(status_code=204)


@router.delete(
    "/{name}/documents/{document_id}",
    status_code=204,
    summary="Take a document out of a library",
    description="The document itself stays, for as long as any other. With its last document the "
    "library is gone.",
    responses={**problems("not-found", "invalid-request")},
)
async def take_out_of_library(
    name: Name, document_id: str, parts: TheParts, department: TheDepartment
) -> Response:
    if not await parts.ledger.libraries.remove(department.name, name, document_id):
        raise ProblemError("not-found", "The library has no such document.")
    return Response(status_code=204)
