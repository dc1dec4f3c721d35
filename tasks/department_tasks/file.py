"""A task's file, read and validated: all that is wrong with it, each with its line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from tasks.department_tasks.check_rules import CHECK_NAMES
from tasks.department_tasks.definition import TaskFile
from tasks.department_tasks.meaning import flaws_of_meaning
from tasks.department_tasks.problems import FileProblem, Flaw, Steps, TaskFilesRefused
from tasks.department_tasks.yaml_text import MOST_BYTES, Marked, read_yaml
from tasks.model.caller_schema import SchemaRejected


def _adapter(field: FieldInfo) -> TypeAdapter[Any]:
    """Validates one field as the whole file does."""
    kind = field.rebuild_annotation()
    try:
        return TypeAdapter(kind, config=ConfigDict(strict=True))
    except PydanticUserError:  # a model has its own configuration
        return TypeAdapter(kind)


_FIELDS: Mapping[str, TypeAdapter[Any]] = {
    name: _adapter(field) for name, field in TaskFile.model_fields.items()
}
_IN_QUOTES = 'must be a text: put it in quotes, "{}"'
_MESSAGES: Mapping[str, str] = {
    "missing": "is missing: add it",
    "string_type": "must be a text",
    "int_type": "must be a whole number",
    "list_type": "must be a list: one `- ` a line",
    "dict_type": "must be `name: value` lines",
    "model_type": "must be `name: value` lines",
    "model_attributes_type": "must be `name: value` lines",
}


@dataclass(frozen=True, slots=True)
class OwnFile:
    """A task's file that can be used. `digest` tells apart what gives other results."""

    path: Path
    definition: TaskFile
    digest: str
    places: Marked

    def problem(self, flaw: Flaw) -> FileProblem:
        return _problem(self.path, self.places, flaw)


def read_file(path: Path) -> OwnFile:
    """Raises `TaskFilesRefused` with everything that is wrong with the file."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        detail = f"cannot be read: {error.strerror or type(error).__name__}"
        raise TaskFilesRefused([FileProblem(path.name, 1, 1, "", detail)]) from error
    if len(data) > MOST_BYTES:
        detail = f"larger than {MOST_BYTES // 1024} KiB: put the texts of cases in files"
        raise TaskFilesRefused([FileProblem(path.name, 1, 1, "", detail)])
    marked = read_yaml(data)
    problems = [
        FileProblem(path.name, place.line, place.column, marked.named(flaw), flaw.detail)
        for place, flaw in marked.flaws
    ]
    sound, flaws = _sound_fields(marked) if isinstance(marked.value, dict) else ({}, [])
    flaws += flaws_of_meaning(sound, path.parent)
    problems += [_problem(path, marked, flaw) for flaw in flaws]
    if problems:
        raise TaskFilesRefused(problems)
    definition = TaskFile.model_validate(marked.value)
    return OwnFile(path, definition, _digest(definition), marked)


def _sound_fields(marked: Marked) -> tuple[dict[str, Any], list[Flaw]]:
    """The fields that are as they should be or may be left out; what is wrong with the others."""
    sound: dict[str, Any] = {}
    flaws = [
        Flaw((name,), f"is not known: remove it, or it is one of {', '.join(_FIELDS)}", of_key=True)
        for name in marked.value
        if name not in _FIELDS
    ]
    for name, adapter in _FIELDS.items():
        field = TaskFile.model_fields[name]
        if name not in marked.value:
            if field.is_required():
                flaws.append(Flaw((name,), _MESSAGES["missing"]))
            else:
                sound[name] = field.default
            continue
        try:
            sound[name] = adapter.validate_python(marked.value[name])
        except ValidationError as error:
            flaws += [_flaw(marked, name, one) for one in error.errors(include_url=False)]
    return sound, flaws


def _flaw(marked: Marked, name: str, error: ErrorDetails) -> Flaw:
    # The tag of a check stands in pydantic's path and not in the file.
    steps: Steps = tuple(
        step
        for n, step in enumerate((name, *error["loc"]))
        if not (name == "checks" and n == 2 and step in CHECK_NAMES)
    )
    kind, given = error["type"], error["ctx"].get("error") if "ctx" in error else None
    if isinstance(given, SchemaRejected):
        return Flaw((*steps, *_steps_to(marked, steps, given.pointer)), str(given))
    if kind == "extra_forbidden":
        return Flaw(steps, "is not known here: remove it, or check its spelling", of_key=True)
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return Flaw((*steps, "check"), f"must be one of {', '.join(CHECK_NAMES)}")
    if kind == "string_type" and steps in marked.written:
        return Flaw(steps, _IN_QUOTES.format(marked.written[steps]))
    detail = _MESSAGES.get(kind) or error["msg"].removeprefix("Value error, ")
    return Flaw(steps, detail[:1].lower() + detail[1:])


def _steps_to(marked: Marked, before: Steps, place: str) -> Steps:
    """The steps of a JSON pointer, its numbers as numbers where a list stands there."""
    steps: Steps = ()
    for part in place.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        in_list = name.isdecimal() and (*before, *steps, int(name)) in marked.spans
        steps = (*steps, int(name) if in_list else name)
    return steps


def _problem(path: Path, marked: Marked, flaw: Flaw) -> FileProblem:
    place = marked.place(flaw)
    return FileProblem(path.name, place.line, place.column, marked.named(flaw), flaw.detail)


def _digest(definition: TaskFile) -> str:
    """Of all that a result depends on, in 8 hexadecimal digits."""
    kept = definition.model_dump(mode="json", exclude={"cases", "departments", "description"})
    text = json.dumps(kept, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
