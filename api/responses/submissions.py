"""The response to the submission of a job or batch."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from api.limits.rate_limits import rate_limit_fields
from api.requests.idempotency import REPLAYED
from api.requests.path_prefix import root_path
from jobs.submit.submission import SubmissionReply


def submission_response(
    request: Request, submitted: SubmissionReply, path: str, status: int
) -> Response:
    """The job or batch as JSON, with its address below `path`, and what is left of the quotas."""
    location = f"{root_path(request)}{path}/{submitted.id}"
    headers = {"Location": location, **rate_limit_fields(submitted.quotas)}
    if submitted.replayed:
        headers[REPLAYED] = "true"
    return Response(submitted.body, status, headers, "application/json")
