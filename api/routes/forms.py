"""Forms that older systems post: a department's mapping makes a job of each."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic_core import to_json
from starlette.responses import Response

from api.access.authentication import DepartmentDep
from api.requests.bodies import is_multipart, media_type, unsupported_media_type
from api.requests.idempotency import GivenKey, idempotency
from api.requests.multipart import receive_fields
from api.requests.tracing import traced_submission
from api.requests.urlencoded import read_urlencoded
from api.responses.json_responses import problems
from api.responses.submissions import submission_response
from api.routes.jobs import SUBMISSION_HEADERS, SUBMISSION_PROBLEMS
from api.services import ServicesDep
from jobs.model.problems import ProblemError
from jobs.submit.documents import Upload
from jobs.submit.form_mapping import FormMapping, errors_by_field, job_request, key_in
from jobs.views import JobView

router = APIRouter(prefix="/v1/forms", tags=["jobs"])

URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
_BODY = {
    "requestBody": {
        "required": True,
        "content": {URLENCODED: {"schema": {"type": "object", "additionalProperties": True}}},
    }
}


@router.post(
    "/{name}",
    status_code=202,
    summary="Submit a job as a form",
    description="The fields and the file of the form `name` as the department's mapping, which the "
    "operators set, describes them. The body is urlencoded, or a multipart form, which it must be "
    "for a file.",
    responses={
        202: {"model": JobView, "headers": SUBMISSION_HEADERS},
        **problems(*SUBMISSION_PROBLEMS),
    },
    openapi_extra=_BODY,
)
async def submit_form(
    request: Request,
    name: str,
    services: ServicesDep,
    department: DepartmentDep,
    key: GivenKey = None,
) -> Response:
    stored = await services.ledger.departments.form(department.name, name)
    if stored is None:
        raise ProblemError("not-found", "The department has no form of this name.")
    mapping = FormMapping.model_validate_json(stored)
    limits = services.limits
    async with services.refusals.counted(department):
        with traced_submission(request, "submit job", department) as step:
            async with services.store.incoming(limits.max_document_bytes) as incoming:
                if is_multipart(request):
                    form = await receive_fields(request, incoming, limits, mapping)
                elif media_type(request) == URLENCODED:
                    form = await read_urlencoded(request, limits.max_request_bytes, mapping)
                else:
                    accepts = (MULTIPART, URLENCODED)
                    raise unsupported_media_type(media_type(request) or "(none)", accepts)
                job = job_request(mapping, form.fields, has_file=form.has_file)
                upload = Upload(incoming, form.filename) if form.has_file else None
                sha256 = incoming.sha256 if form.has_file else ""
                once = idempotency(
                    key or key_in(mapping, form.fields), name, to_json(form.fields), sha256
                )
                with errors_by_field(mapping):
                    submitted = await services.submissions.submit(
                        department,
                        job,
                        upload=upload,
                        idempotency=once,
                        traceparent=step.traceparent,
                    )
            step.set({"chancery.job.id": submitted.id})
    return submission_response(request, submitted, "/v1/jobs", 202)
