"""Reads urlencoded forms in the charset of a mapping."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from starlette.requests import Request

from api.requests.bodies import read_body
from api.requests.multipart import FieldsForm, field_text, unknown_field
from jobs.model.problems import ProblemError
from jobs.submit.form_mapping import FormMapping, field_problem

_MOST_FIELDS = 1_000


async def read_urlencoded(request: Request, max_bytes: int, mapping: FormMapping) -> FieldsForm:
    """Raises `ProblemError`: `invalid-request`, `too-large`, `request-timeout`."""
    body = await read_body(request, max_bytes)
    if body.count(b"&") >= _MOST_FIELDS:
        detail = f"The form has more than {_MOST_FIELDS} fields."
        errors = [{"pointer": "#", "detail": detail}]
        raise ProblemError("invalid-request", detail, errors=errors)
    fields: dict[str, str] = {}
    for pair in filter(None, body.split(b"&")):
        encoded, _, value = pair.replace(b"+", b" ").partition(b"=")
        name = field_text("?", unquote_to_bytes(encoded), mapping.charset)
        if name not in mapping.names:
            if mapping.others == "ignore":
                continue
            raise unknown_field(name, mapping.names)
        if name in fields:
            raise field_problem(name, "The field occurs twice.")
        fields[name] = field_text(name, unquote_to_bytes(value), mapping.charset)
    return FieldsForm(fields, has_file=False, filename=None)
