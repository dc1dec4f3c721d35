"""JSON bodies: bounded in depth and number of values before they are parsed."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from itertools import accumulate
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from starlette.requests import Request

from api.requests.bodies import media_type, read_body, unsupported_media_type
from jobs.model.problems import ProblemError
from jobs.submit.checks import invalid_field, invalid_request

MAX_DEPTH = 64
MAX_VALUES = 200_000

Model = TypeVar("Model", bound=BaseModel)

_JSON = re.compile(r"(application|text)/([\w.-]+\+)?json")
_NOT_STRUCTURAL = bytes(set(range(256)) - set(b"[]{}"))
_STEP = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


async def read_json(request: Request, max_bytes: int, *, accepts: Sequence[str] = ()) -> bytes:
    """The body, a JSON text. A body without a `Content-Type` is taken for JSON.

    `accepts`: further types that the caller handles itself, for the error's text. Raises
    `ProblemError`: `unsupported-media-type`, `too-large`, `request-timeout`.
    """
    declared = media_type(request)
    if declared and not _JSON.fullmatch(declared):
        raise unsupported_media_type(declared, ("application/json", *accepts))
    return without_mark(await read_body(request, max_bytes))


def without_mark(body: bytes) -> bytes:
    """`body` without a byte order mark, which a receiver may ignore (RFC 8259, 8.1)."""
    return body.removeprefix(codecs.BOM_UTF8)


def parse(model: type[Model], body: bytes, *, max_values: int = MAX_VALUES) -> Model:
    """The model in `body`. Raises `ProblemError("invalid-request")`, with the errors in `errors`.

    Also for a text that is nested deeper than 64 levels, or has more than `max_values` values and
    names of members.
    """
    check_bounds(body, max_values)
    try:
        value = from_json(body, allow_inf_nan=False)  # not in RFC 8259
    except ValueError as error:
        raise invalid_field("#", f"Invalid JSON: {error}") from error
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise invalid_request(error.errors(), value, model) from error


def check_bounds(body: bytes, max_values: int = MAX_VALUES) -> None:
    """Raises `ProblemError("invalid-request")` for a JSON text that is too deep or too long.

    Takes some 10 ms a MiB at most; a text with few brackets and commas a fraction of that.
    """
    openings = body.count(b"[") + body.count(b"{")
    if openings <= MAX_DEPTH and openings + _separators(body) < max_values:
        return
    plain = body.replace(b"\\\\", b"").replace(b'\\"', b"")  # quotes that are left delimit
    strings = plain.count(b'"') // 2
    if strings > max_values:
        raise _too_many(strings, max_values)
    outside = b"".join(plain.split(b'"')[::2])
    openings = outside.count(b"[") + outside.count(b"{")
    values = openings + _separators(outside) + 1
    if values > max_values:
        raise _too_many(values, max_values)
    if openings > MAX_DEPTH and _depth(outside) > MAX_DEPTH:
        raise _invalid(f"It is nested deeper than {MAX_DEPTH} levels, the limit.")


def _separators(text: bytes) -> int:
    return text.count(b",") + text.count(b":")


def _depth(outside: bytes) -> int:
    brackets = outside.translate(None, _NOT_STRUCTURAL)
    return max(accumulate(map(_STEP.__getitem__, brackets)), default=0)


def _too_many(values: int, most: int) -> ProblemError:
    return _invalid(
        f"It has at least {values} values and names of members, {values - most} more than the "
        f"limit of {most}."
    )


def _invalid(detail: str) -> ProblemError:
    return ProblemError(
        "invalid-request",
        f"The JSON text is too large. {detail}",
        errors=[{"pointer": "#", "detail": detail}],
    )
