"""A result as a form: one field for each text, number and truth value, and the whole as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote_plus

from pydantic_core import from_json

from api.requests.json_bodies import check_bounds
from jobs.model.problems import ProblemError

MOST_FIELDS = 120
# Of a result in a form: it is there three times, and has to fit `MAX_FORM_BYTES` with a reason.
MOST_ENCODED_BYTES = 500_000
MAX_FORM_BYTES = 2 * 1024 * 1024
_PREFIX = "value"
_LONG = 60
_TRUTH = {"true": True, "false": False}

Steps = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class ResultField:
    """`steps` lead to the value; `name` is that of its field in the form."""

    name: str
    steps: Steps
    kind: Literal["text", "long", "number", "truth"]
    value: str


@dataclass(frozen=True, slots=True)
class Edit:
    """What a person entered. `errors` have JSON pointers into a decision, as the api's errors."""

    result: Any
    changed: bool
    errors: Sequence[Mapping[str, str]] = ()


def fields_of(result: Any) -> Sequence[ResultField]:
    """The fields; none for a result with more than `MOST_FIELDS` values."""
    fields: list[ResultField] = []
    for steps, value in _leaves(result, ()):
        if len(fields) == MOST_FIELDS:
            return ()
        fields.append(_field(steps, value))
    return fields


def json_of(result: Any) -> str | None:
    """The whole result as text; None if it is too long for a form."""
    text = json.dumps(result, ensure_ascii=False, indent=2)
    return text if len(quote_plus(text)) <= MOST_ENCODED_BYTES else None


def edit_of(result: Any, form: Mapping[str, str]) -> Edit:
    """The result as it was edited: the whole, if its JSON was changed, else its fields.

    `json` in the form is the whole result as edited, `shown` as it was when the form was shown,
    which may be with earlier edits. A form without them has no edit.
    """
    if "json" not in form:
        return Edit(result, changed=False)
    try:
        shown, whole = _parsed(form.get("shown", "")), _parsed(form["json"])
    except (ValueError, ProblemError) as error:
        detail = error.problem.detail if isinstance(error, ProblemError) else f"Not JSON: {error}"
        return Edit(result, changed=True, errors=[{"pointer": "#/result", "detail": detail}])
    if whole != shown:
        return Edit(whole, changed=whole != result)
    errors: list[Mapping[str, str]] = []
    edited = _edited(shown, (), form, errors)
    return Edit(edited, changed=edited != result or bool(errors), errors=errors)


def _parsed(text: str) -> Any:
    """Raises `ValueError`, and `ProblemError` for a text that is nested too deeply."""
    body = text.encode()
    check_bounds(body)
    return from_json(body, allow_inf_nan=False)


def _leaves(value: Any, steps: Steps) -> Iterator[tuple[Steps, Any]]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _leaves(member, (*steps, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, (*steps, index))
    elif value is not None:
        yield steps, value


def _field(steps: Steps, value: Any) -> ResultField:
    name = f"{_PREFIX}{_pointer(steps)}"
    if isinstance(value, bool):
        return ResultField(name, steps, "truth", str(value).lower())
    if isinstance(value, int | float):
        return ResultField(name, steps, "number", json.dumps(value))
    text = str(value)
    long = len(text) > _LONG or "\n" in text
    return ResultField(name, steps, "long" if long else "text", text)


def _edited(
    value: Any, steps: Steps, form: Mapping[str, str], errors: list[Mapping[str, str]]
) -> Any:
    if isinstance(value, dict):
        return {name: _edited(each, (*steps, name), form, errors) for name, each in value.items()}
    if isinstance(value, list):
        return [_edited(each, (*steps, n), form, errors) for n, each in enumerate(value)]
    path = _pointer(steps)
    entered = form.get(f"{_PREFIX}{path}")
    if value is None or entered is None:
        return value
    try:
        return _value(value, entered)
    except (ValueError, KeyError):
        kind = "true or false" if isinstance(value, bool) else "a number"
        errors.append({"pointer": f"#/result{path}", "detail": f"{entered!r} is not {kind}."})
        return value


def _value(before: Any, entered: str) -> Any:
    """Raises `ValueError` or `KeyError` for a text of another type."""
    if isinstance(before, bool):
        return _TRUTH[entered]
    if isinstance(before, int | float):
        whole = entered.strip().removeprefix("-").isdecimal()
        number = int(entered) if whole else float(entered)
        if not math.isfinite(number):
            raise ValueError("JSON has no such number")
        return number
    # Browsers send every line break of a form as CRLF.
    return before if _lines(entered) == _lines(str(before)) else _lines(entered)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n")


def _pointer(steps: Steps) -> str:
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)
