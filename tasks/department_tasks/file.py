"""Reads and validates task files. Reports all of their problems, each with its line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from tasks.department_tasks.checks import CHECK_NAMES
from tasks.department_tasks.consistency import consistency_flaws
from tasks.department_tasks.definition import TaskFile
from tasks.department_tasks.problems import FileProblem, Flaw, Steps, TaskFilesRefused
from tasks.department_tasks.yaml_text import MOST_BYTES, YamlFile, read_yaml
from tasks.model.schema_parts import SchemaRejected

# A batch's index has eight bits for the task of a line, shared with the built-in tasks.
MOST_TASKS = 150
# Used by Celery messages of other kinds.
RESERVED = frozenset({"callback", "chat"})
_ENDINGS = (".yaml", ".yml")


def _adapter(field: FieldInfo) -> TypeAdapter[Any]:
    """A validator for one field, with the rules of the whole file."""
    kind = field.rebuild_annotation()
    try:
        return TypeAdapter(kind, config=ConfigDict(strict=True))
    except PydanticUserError:  # a model has its own configuration
        return TypeAdapter(kind)


_FIELDS: Mapping[str, TypeAdapter[Any]] = {
    name: _adapter(field) for name, field in TaskFile.model_fields.items()
}
_IN_QUOTES = 'must be text: put it in quotes, "{}"'
_MESSAGES: Mapping[str, str] = {
    "missing": "is missing: add it",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "list_type": "must be a list: start each line with `- `",
    "dict_type": "must be `name: value` lines",
    "model_type": "must be `name: value` lines",
    "model_attributes_type": "must be `name: value` lines",
}


@dataclass(frozen=True, slots=True)
class OwnFile:
    """A valid task file. `digest` changes with everything that a result depends on."""

    path: Path
    definition: TaskFile
    digest: str
    yaml: YamlFile

    def problem(self, flaw: Flaw) -> FileProblem:
        return _problem(self.path, self.yaml, flaw)


def read_file(path: Path) -> OwnFile:
    """Raises `TaskFilesRefused` with every problem of the file."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        detail = f"cannot be read: {error.strerror or type(error).__name__}"
        raise TaskFilesRefused([FileProblem(path.name, 1, 1, "", detail)]) from error
    if len(data) > MOST_BYTES:
        detail = f"larger than {MOST_BYTES // 1024} KiB: put the texts of cases in files"
        raise TaskFilesRefused([FileProblem(path.name, 1, 1, "", detail)])
    yaml = read_yaml(data)
    problems = [
        FileProblem(path.name, position.line, position.column, yaml.path_of(flaw), flaw.detail)
        for position, flaw in yaml.flaws
    ]
    fields, flaws = _valid_fields(yaml) if isinstance(yaml.value, dict) else ({}, [])
    flaws += consistency_flaws(fields, path.parent)
    problems += [_problem(path, yaml, flaw) for flaw in flaws]
    if problems:
        raise TaskFilesRefused(problems)
    definition = TaskFile.model_validate(yaml.value)
    return OwnFile(path, definition, _digest(definition), yaml)


def _valid_fields(yaml: YamlFile) -> tuple[dict[str, Any], list[Flaw]]:
    """The valid fields, with defaults for absent ones, and the flaws of the others."""
    fields: dict[str, Any] = {}
    flaws = [
        Flaw((name,), f"unknown field: remove it, or use one of {', '.join(_FIELDS)}", of_key=True)
        for name in yaml.value
        if name not in _FIELDS
    ]
    for name, adapter in _FIELDS.items():
        field = TaskFile.model_fields[name]
        if name not in yaml.value:
            if field.is_required():
                flaws.append(Flaw((name,), _MESSAGES["missing"]))
            else:
                fields[name] = field.default
            continue
        try:
            fields[name] = adapter.validate_python(yaml.value[name])
        except ValidationError as error:
            flaws += [_flaw(yaml, name, one) for one in error.errors(include_url=False)]
    return fields, flaws


def _flaw(yaml: YamlFile, name: str, error: ErrorDetails) -> Flaw:
    # Pydantic's path contains the tag of a check, which is not a step in the file.
    steps: Steps = tuple(
        step
        for n, step in enumerate((name, *error["loc"]))
        if not (name == "checks" and n == 2 and step in CHECK_NAMES)
    )
    kind, cause = error["type"], error["ctx"].get("error") if "ctx" in error else None
    if isinstance(cause, SchemaRejected):
        return Flaw((*steps, *_steps_to(yaml, steps, cause.pointer)), str(cause))
    if kind == "extra_forbidden":
        return Flaw(steps, "unknown field: remove it, or check its spelling", of_key=True)
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return Flaw((*steps, "check"), f"must be one of {', '.join(CHECK_NAMES)}")
    if kind == "string_type" and steps in yaml.written:
        return Flaw(steps, _IN_QUOTES.format(yaml.written[steps]))
    detail = _MESSAGES.get(kind) or error["msg"].removeprefix("Value error, ")
    return Flaw(steps, detail[:1].lower() + detail[1:])


def _steps_to(yaml: YamlFile, before: Steps, pointer: str) -> Steps:
    """The steps of a JSON pointer below `before`; a step into a list is an index."""
    steps: Steps = ()
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        in_list = name.isdecimal() and (*before, *steps, int(name)) in yaml.spans
        steps = (*steps, int(name) if in_list else name)
    return steps


def _problem(path: Path, yaml: YamlFile, flaw: Flaw) -> FileProblem:
    position = yaml.position(flaw)
    return FileProblem(path.name, position.line, position.column, yaml.path_of(flaw), flaw.detail)


def _digest(definition: TaskFile) -> str:
    """Eight hexadecimal digits over everything that a result depends on."""
    relevant = definition.model_dump(mode="json", exclude={"cases", "departments", "description"})
    # A file without it keeps the version that it had before the field existed.
    if not definition.reasons:
        del relevant["reasons"]
    text = json.dumps(relevant, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def read_folder(folder: Path, built_in: Collection[str]) -> Sequence[OwnFile]:
    """Read the `*.yaml` and `*.yml` files in the folder itself, except hidden ones, by name.

    Raises `TaskFilesRefused` with every problem of every file, including a task name that is in
    `built_in` or in two files.
    """
    try:
        paths = sorted(
            path
            for path in folder.iterdir()
            if path.suffix.lower() in _ENDINGS and not path.name.startswith(".")
        )
    except OSError as error:
        detail = f"the folder cannot be read: {error.strerror}: check CHANCERY_TASKS_DIR"
        raise TaskFilesRefused([FileProblem(str(folder), 1, 1, "", detail)]) from error
    if len(paths) > MOST_TASKS:
        detail = f"{len(paths)} files: a folder can have at most {MOST_TASKS} tasks"
        raise TaskFilesRefused([FileProblem(str(folder), 1, 1, "", detail)])
    return read_files(paths, built_in)


def read_files(paths: Sequence[Path], built_in: Collection[str]) -> Sequence[OwnFile]:
    """As `read_folder`, for the given files."""
    files: list[OwnFile] = []
    problems: list[FileProblem] = []
    for path in paths:
        try:
            file = read_file(path)
        except TaskFilesRefused as refused:
            problems += refused.problems
            continue
        problems += _name_problems(file, files, built_in)
        files.append(file)
    if problems:
        raise TaskFilesRefused(problems)
    return files


def _name_problems(
    file: OwnFile, others: Sequence[OwnFile], built_in: Collection[str]
) -> list[FileProblem]:
    name = file.definition.name
    twin = next((other for other in others if other.definition.name == name), None)
    if name in built_in or name in RESERVED:
        return [file.problem(Flaw(("name",), f"`{name}` is a built-in name: choose another name"))]
    if twin is not None:
        detail = f"`{name}` is also the task in {twin.path.name}: choose another name"
        return [file.problem(Flaw(("name",), detail))]
    return []
