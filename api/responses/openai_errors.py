"""The member `error` of a problem, which OpenAI's clients print."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from jobs.model.problems import PROBLEM_TYPES

_OUTSIDE_BODY = re.compile("^#/(?:query|header|path)/")
_TYPES = {
    HTTPStatus.UNAUTHORIZED: "authentication_error",
    HTTPStatus.FORBIDDEN: "permission_error",
    HTTPStatus.NOT_FOUND: "not_found_error",
    HTTPStatus.TOO_MANY_REQUESTS: "rate_limit_error",
}


def openai_error(code: str, problem: Mapping[str, Any]) -> dict[str, str | None]:
    """`{message, type, param, code}`. `message` has the detail and the first error; `param` is the
    first error's member, as a path with dots, or its parameter.
    """
    status = PROBLEM_TYPES[code].status
    error_type = _TYPES.get(HTTPStatus(status), "invalid_request_error")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        error_type = "server_error"
    message, param = str(problem["detail"]), None
    errors = problem.get("errors")
    if errors:
        first = errors[0]
        message += f" {first['pointer']}: {first['detail']}"
        path = _OUTSIDE_BODY.sub("", first["pointer"]).removeprefix("#").strip("/")
        param = path.replace("/", ".") or None
    return {"message": message, "type": error_type, "param": param, "code": code}
