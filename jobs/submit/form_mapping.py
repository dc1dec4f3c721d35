"""How a form that an older system posts becomes a job: a mapping by department and name.

The operator writes it as TOML (`docs/integration/inbound-forms.md`); it is stored as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from math import isfinite
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic import StringConstraints as Text

from jobs.model.formats.callback_format import Charset
from jobs.model.formats.toml_file import read_toml
from jobs.model.problems import ProblemError
from jobs.submit.checks import invalid_request
from jobs.submit.requests import JobRequest
from tasks.department_tasks.template import names_in, only_name, replaced, stray_dollar

MOST_FIELDS = 100
MOST_PLACEHOLDERS = 100
MOST_DEPTH = 20
_MOST_KEY_CHARS = 255
_MOST_CHARS = 18
_WORDS = {"true": True, "1": True, "false": False, "0": False}
_EXPECTED = {
    "integer": "Expected an integer.",
    "number": "Expected a number.",
    "boolean": "Expected true or false.",
}


class FieldKind(StrEnum):
    """`boolean`: `true`, `1`, `false` or `0`."""

    text = "text"
    integer = "integer"
    number = "number"
    boolean = "boolean"


def _checked_template(template: str) -> str:
    if stray_dollar(template):
        raise ValueError("Write $$ for a dollar, or ${NAME}.")
    return template


FieldName = Annotated[str, Text(pattern=r"^[^{}$\x00-\x1f\"]{1,100}$")]


class FormMapping(BaseModel):
    """The fields of a form, and the job that they make.

    `file`: the name of the part with the document; `text`: that of the field with the text. Where
    both are named, a form without a file needs the text. `others`: what happens to other fields.
    `idempotency_key`: a template, used where the request has no such header. `job`: the request of
    `POST /v1/jobs` without `input`, with `${FIELD}` in its texts.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    charset: Charset = Charset.utf8
    file: FieldName | None = None
    text: FieldName | None = None
    fields: Annotated[dict[FieldName, FieldKind], Field(max_length=MOST_FIELDS)] = {}
    required: list[str] = []
    others: Literal["refuse", "ignore"] = "refuse"
    idempotency_key: Annotated[str, AfterValidator(_checked_template)] | None = None
    job: dict[str, Any]

    @property
    def names(self) -> Sequence[str]:
        """The names of the form's fields, except that of the file."""
        return [*self.fields, *([self.text] if self.text else [])]

    @model_validator(mode="after")
    def _consistent(self) -> FormMapping:
        if self.file is None and self.text is None:
            raise ValueError("Name the part with the document in `file`, or a field in `text`.")
        own = [each for each in (self.file, self.text) if each]
        if len({*own, *self.fields}) < len(own) + len(self.fields):
            raise ValueError("`file`, `text` and `fields` must have different names.")
        if unknown := [name for name in self.required if name not in self.fields]:
            raise ValueError(f"`required` names {unknown[0]}, which is not in `fields`.")
        members = [name for name in JobRequest.model_fields if name != "input"]
        if others := [name for name in self.job if name not in members]:
            raise ValueError(
                f"`job` cannot have {others[0]}: its members are {', '.join(members)}."
            )
        if "task" not in self.job:
            raise ValueError("`job` needs a `task`.")
        templates = list(_texts(self.job))
        names = [name for each in templates for name in names_in(_checked_template(each))]
        if len(names) > MOST_PLACEHOLDERS:
            raise ValueError(f"At most {MOST_PLACEHOLDERS} placeholders are allowed.")
        for name in (*names, *names_in(self.idempotency_key or "")):
            if name not in self.fields:
                raise ValueError(f"${{{name}}} is not in `fields`.")
        return self


def _texts(value: Any, depth: int = 0) -> Iterator[str]:
    if depth > MOST_DEPTH:
        raise ValueError(f"`job` is nested deeper than {MOST_DEPTH} levels.")
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(each, depth + 1)
    elif not isinstance(value, bool | int | float) or not isfinite(value):
        raise ValueError("`job` has a value that JSON does not have: put it in quotes.")


def read_mapping(data: bytes) -> FormMapping:
    """A mapping's file. Raises `FormatError`, and pydantic's `ValidationError`."""
    return FormMapping.model_validate(read_toml(data))


def field_problem(name: str, detail: str, pointer: str = "") -> ProblemError:
    """An error in one field of a form."""
    return ProblemError(
        "invalid-request",
        f"Field `{name}` of the form: {detail}",
        errors=[{"part": name, "pointer": pointer or f"#/{name}", "detail": detail}],
    )


def key_in(mapping: FormMapping, fields: Mapping[str, str]) -> str | None:
    """The idempotency key that the fields make; None without one."""
    key = replaced(mapping.idempotency_key or "", lambda name: fields.get(name, ""))
    if len(key) > _MOST_KEY_CHARS:
        name = next(iter(names_in(mapping.idempotency_key or "")))
        raise field_problem(name, f"The text may have at most {_MOST_KEY_CHARS} characters.")
    return key or None


def job_request(mapping: FormMapping, fields: Mapping[str, str], *, has_file: bool) -> JobRequest:
    """The job that a form asks for. An empty field counts as absent.

    Raises `ProblemError("invalid-request")`.
    """
    for name in mapping.required:
        if not fields.get(name):
            raise field_problem(name, "This field is required.")
    values = {
        name: _typed(name, kind, fields[name])
        for name, kind in mapping.fields.items()
        if fields.get(name)
    }
    request = _filled(mapping.job, values, fields)
    text = fields.get(mapping.text) if mapping.text else None
    if not has_file and not text:
        raise field_problem(mapping.file or mapping.text or "", "This field is required.")
    if text and not has_file:
        request["input"] = {"text": text}
    with errors_by_field(mapping):
        try:
            return JobRequest.model_validate(request)
        except ValidationError as error:
            raise invalid_request(error.errors(), request, JobRequest) from error


@contextmanager
def errors_by_field(mapping: FormMapping) -> Iterator[None]:
    """Name the form's field in each error whose pointer leads to the field's value."""
    try:
        yield
    except ProblemError as error:
        problem = error.problem
        if problem.code != "invalid-request":
            raise
        parts = dict(_pointers(mapping.job, "#")) | {"#/input/text": mapping.text}
        errors = [
            {"part": part, **each} if (part := parts.get(each.get("pointer"))) else each
            for each in problem.extra.get("errors", ())
        ]
        raise ProblemError(
            problem.code, problem.detail, **(dict(problem.extra) | {"errors": errors})
        ) from error


def _pointers(value: Any, pointer: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        if name := only_name(value):
            yield pointer, name
        return
    if isinstance(value, Mapping | list):
        members = value.items() if isinstance(value, Mapping) else enumerate(value)
        for step, each in members:
            escaped = str(step).replace("~", "~0").replace("/", "~1")
            yield from _pointers(each, f"{pointer}/{escaped}")


def _filled(value: Any, values: Mapping[str, Any], fields: Mapping[str, str]) -> Any:
    """A member that is one placeholder has the field's value, and is left out without one."""
    if isinstance(value, Mapping):
        return {
            name: _filled(each, values, fields)
            for name, each in value.items()
            if not _is_absent(each, values)
        }
    if isinstance(value, list):
        return [_filled(each, values, fields) for each in value if not _is_absent(each, values)]
    if not isinstance(value, str):
        return value
    name = only_name(value)
    return values[name] if name else replaced(value, lambda each: fields.get(each, ""))


def _is_absent(value: Any, values: Mapping[str, Any]) -> bool:
    name = only_name(value) if isinstance(value, str) else None
    return name is not None and name not in values


def _typed(name: str, kind: FieldKind, text: str) -> Any:
    if kind is FieldKind.text:
        return text
    try:
        value: Any = (
            _WORDS[text] if kind is FieldKind.boolean else json.loads(text[: _MOST_CHARS + 1])
        )
    except (KeyError, ValueError):
        value = None
    right: tuple[type, ...] = {
        FieldKind.boolean: (bool,),
        FieldKind.integer: (int,),
        FieldKind.number: (int, float),
    }[kind]
    if type(value) not in right or len(text) > _MOST_CHARS or not isfinite(value):
        raise field_problem(name, _EXPECTED[kind])
    return value
