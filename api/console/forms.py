"""Reads short forms: `application/x-www-form-urlencoded`."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.requests import Request

from api.console.session import Person, check_form_token
from api.requests.bodies import read_body
from jobs.model.problems import ProblemError

TOKEN = "csrf"  # noqa: S105 - the name of the field
MAX_BYTES = 256 * 1024
_MAX_FIELDS = 200


async def read_form(request: Request, max_bytes: int = MAX_BYTES) -> Mapping[str, str]:
    """The fields; of equal names the last one. Raises `ProblemError`: `invalid-request`,
    `too-large`, `request-timeout`.
    """
    body = await read_body(request, max_bytes)
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, max_num_fields=_MAX_FIELDS, errors="replace"
        )
    except ValueError as error:  # too many fields, or no UTF-8
        raise ProblemError("invalid-request", "The form is malformed.") from error
    return dict(pairs)


async def read_form_of(
    request: Request, person: Person, max_bytes: int = MAX_BYTES
) -> Mapping[str, str]:
    """The fields of a form of the person's session. Raises `ProblemError("form-expired")` too."""
    form = await read_form(request, max_bytes)
    check_form_token(form.get(TOKEN), person.form_token)
    return form
