"""Files, compatible with OpenAI's Files API: uploaded for batches, or written by batches."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import Response

from api.access.authentication import DepartmentDep
from api.requests.bodies import is_multipart, media_type, unsupported_media_type
from api.requests.idempotency import GivenKey, answer_once, idempotency
from api.requests.multipart import FileForm, receive_file_form
from api.responses.content import content_response
from api.responses.json_responses import AfterId, OpenAIListView, json, openai_page, problems
from api.services import Services, ServicesDep
from jobs.batches.file import FilePurpose, StoredFile
from jobs.batches.files import FileUpload
from jobs.batches.views import FileView, file_view
from jobs.ledger import Reply
from jobs.ledger.page import Order
from jobs.model.department import Department
from jobs.model.problems import ProblemError
from jobs.store import Incoming
from jobs.submit.checks import invalid_request
from jobs.views import DeletedView

router = APIRouter(prefix="/v1/files", tags=["files"])

MAX_PAGE_SIZE = 1_000
MEDIA_TYPE = "application/jsonl"
_ANCHOR, _SECONDS = "expires_after[anchor]", "expires_after[seconds]"
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", "purpose"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "purpose": {"type": "string", "enum": ["batch"]},
                        _ANCHOR: {"type": "string", "enum": ["created_at"]},
                        _SECONDS: {"type": "integer", "minimum": 3_600, "maximum": 2_592_000},
                    },
                }
            }
        },
    }
}


class _Fields(BaseModel):
    """The form fields. The limits of `seconds`, an hour and 30 days, are OpenAI's."""

    model_config = ConfigDict(hide_input_in_errors=True)

    purpose: Literal["batch"]
    anchor: Literal["created_at"] | None = Field(None, alias=_ANCHOR)
    seconds: int | None = Field(None, alias=_SECONDS, ge=3_600, le=2_592_000)


@router.post(
    "",
    summary="Upload a file for a batch",
    description="As in OpenAI's API: a multipart form with JSON lines in part `file` and `batch` "
    "in part `purpose`. `expires_after[seconds]` can shorten the retention period of the file, but "
    "not extend it.",
    responses={
        200: {"model": FileView},
        **problems(
            "invalid-request", "too-large", "request-timeout", "storage-full",
            "storage-unavailable", "quota-storage",
            "quota-records", "rate-limited", "unsupported-coding", "unsupported-media-type",
            "idempotency-mismatch", "idempotency-in-progress",
        ),
    },
    openapi_extra=_BODY,
)  # fmt: skip
async def upload_file(
    request: Request, services: ServicesDep, department: DepartmentDep, key: GivenKey = None
) -> Response:
    limit = services.batches.max_bytes
    async with (
        services.refusals.counted(department),
        services.store.incoming(limit) as incoming,
    ):
        if not is_multipart(request):
            declared = media_type(request) or "application/octet-stream"
            raise unsupported_media_type(declared, ["multipart/form-data"])
        form = await receive_file_form(request, incoming, ("purpose", _ANCHOR, _SECONDS), limit)
        upload = _upload(incoming, form)

        async def keep() -> Reply:
            file = await services.files.keep(department.name, upload)
            return Reply(200, file_view(file).model_dump_json().encode(), {})

        fingerprint = (incoming.sha256, form.filename or "", str(upload.keep))
        once = idempotency(key, *fingerprint)
        return await answer_once(services.ledger, department, "files", once, keep)


def _upload(incoming: Incoming, form: FileForm) -> FileUpload:
    try:
        fields = _Fields.model_validate(form.fields)
    except ValidationError as error:
        raise invalid_request(error.errors(), form.fields, _Fields) from error
    keep = timedelta(seconds=fields.seconds) if fields.seconds is not None else None
    return FileUpload(incoming, form.lines, form.filename, keep)


@router.get(
    "",
    summary="List files, newest first",
    description=f"A page has at most {MAX_PAGE_SIZE} files, also with a larger `limit`.",
    responses={200: {"model": OpenAIListView[FileView]}, **problems("invalid-request")},
)
async def list_files(
    *,
    services: ServicesDep,
    department: DepartmentDep,
    purpose: FilePurpose | None = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 100,
    order: Order = Order.desc,
    after: AfterId = None,
) -> Response:
    files = await services.ledger.files.list(
        department.name,
        purpose=purpose,
        after=after,
        limit=min(limit, MAX_PAGE_SIZE),
        order=order,
    )
    views = [file_view(file) for file in files.items]
    return openai_page(views, has_more=files.next_cursor is not None)


@router.get(
    "/{file_id}",
    summary="Get a file",
    responses={200: {"model": FileView}, **problems("not-found")},
)
async def get_file(file_id: str, services: ServicesDep, department: DepartmentDep) -> Response:
    return json(file_view(await _find(services, department, file_id)))


@router.get(
    "/{file_id}/content",
    summary="Download a file",
    description="The bytes of the file. The output file of a running batch contains the lines "
    "finished so far; `Range: bytes=N-` gets the lines added since.",
    responses={
        200: {"content": {MEDIA_TYPE: {}}, "description": "The whole file."},
        206: {"content": {MEDIA_TYPE: {}}, "description": "The requested range."},
        **problems(
            "not-found",
            "file-missing",
            "storage-locked",
            "storage-unavailable",
            "range-not-satisfiable",
        ),
    },
)
async def get_file_content(
    request: Request, file_id: str, services: ServicesDep, department: DepartmentDep
) -> Response:
    file = await _find(services, department, file_id)
    return await content_response(
        request, services.store, file.blobs, filename=file.filename, media_type=MEDIA_TYPE
    )


@router.delete(
    "/{file_id}",
    summary="Delete a file",
    responses={200: {"model": DeletedView}, **problems("not-found", "file-in-use")},
)
async def delete_file(file_id: str, services: ServicesDep, department: DepartmentDep) -> Response:
    if not await services.files.delete(department.name, file_id):
        raise _no_such_file()
    return json(DeletedView(id=file_id, object="file"))


async def _find(services: Services, department: Department, file_id: str) -> StoredFile:
    file = await services.ledger.files.get(department.name, file_id)
    if file is None:
        raise _no_such_file()
    return file


def _no_such_file() -> ProblemError:
    return ProblemError(
        "not-found", "The department has no such file, or its retention period is over."
    )
