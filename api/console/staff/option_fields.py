"""Forms for the options of a task, derived from the JSON schema of its options model."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any

from jobs.submit.checks import invalid_field
from tasks.registry import TASKS

PREFIX = "option."
_LONG_TEXT = 200
_FEW = 40


class FieldKind(StrEnum):
    """`lines`: a list of texts, one in each line. `pairs`, `labels`: lines `NAME=VALUE`. `members`:
    the names of values to extract, or a JSON schema. `document`, `documents`: files. `value`: JSON.
    """

    text = "text"
    long_text = "long_text"
    number = "number"
    yes_no = "yes_no"
    choice = "choice"
    choices = "choices"
    lines = "lines"
    pairs = "pairs"
    labels = "labels"
    members = "members"
    document = "document"
    documents = "documents"
    value = "value"


@dataclass(frozen=True, slots=True)
class OptionField:
    """One option. `default` and `example` are as a form shows them."""

    name: str
    kind: FieldKind
    hint: str
    required: bool
    default: str = ""
    example: str = ""
    choices: Sequence[str] = ()
    limits: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The name of the field in the form."""
        return f"{PREFIX}{self.name}"


@lru_cache(64)
def option_fields(task: str) -> Sequence[OptionField]:
    """The options of a task: required ones first, those that need JSON last."""
    schema = TASKS[task].options.model_json_schema(by_alias=True)
    required, example = set(schema.get("required", ())), schema.get("example", {})
    fields = [
        _field(name, value, schema, required=name in required, example=example.get(name))
        for name, value in schema.get("properties", {}).items()
    ]
    return sorted(fields, key=lambda one: (not one.required, one.kind is FieldKind.value))


def options_in(task: str, form: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The options in a form. What is empty is left out, so that the default applies.

    Raises `ProblemError("invalid-request")` for a number or JSON that is none; the rest is checked
    with the job.
    """
    options = {}
    for one in option_fields(task):
        value = _value(one, [text for text in form.get(one.key, ()) if text.strip()])
        if value is not None:
            options[one.name] = value
    return options


def _value(one: OptionField, texts: Sequence[str]) -> Any:
    if not texts:
        return None
    text = texts[-1].strip()
    if one.kind in _OF_LINES and not (one.kind is FieldKind.members and text.startswith("{")):
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return _OF_LINES[one.kind](lines)
    match one.kind:
        case FieldKind.choices:
            value: Any = list(texts)
        case FieldKind.documents:
            value = [{"document_id": each} for each in texts]
        case FieldKind.document:
            value = {"document_id": text}
        case FieldKind.yes_no:
            value = text == "yes"
        case FieldKind.number | FieldKind.value | FieldKind.members:
            value = _parsed(one.name, text)
        case _:
            value = text
    return value


def _labels(lines: Sequence[str]) -> Any:
    return [{"name": name, "description": value} for name, value in map(_pair, lines)]


def _members(lines: Sequence[str]) -> Any:
    members = {line: {"type": "string"} for line in lines}
    return {"type": "object", "properties": members}


def _pair(line: str) -> tuple[str, str]:
    """A line divided at its first equals sign, which may be as wide as a Chinese character."""
    name, _, value = line.replace("＝", "=", 1).partition("=")
    return name.strip(), value.strip()


_OF_LINES: Mapping[FieldKind, Callable[[Sequence[str]], Any]] = {
    FieldKind.lines: list,
    FieldKind.pairs: lambda lines: dict(map(_pair, lines)),
    FieldKind.labels: _labels,
    FieldKind.members: _members,
}


def _parsed(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise invalid_field(f"#/options/{name}", "This is neither a number nor JSON.") from error


def _field(
    name: str, value: Mapping[str, Any], schema: Mapping[str, Any], *, required: bool, example: Any
) -> OptionField:
    kinds = list(_alternatives(value, schema))
    kind, choices = _kind(kinds, schema)
    if name == "schema" and kind is FieldKind.value:
        kind = FieldKind.members
    default = value.get("default")
    only = kinds[0] if kinds else {}
    return OptionField(
        name=name,
        kind=kind,
        hint=str(value.get("description", only.get("description", ""))),
        required=required,
        default=_text(default, kind),
        example=_text(example, kind),
        choices=choices,
        limits={
            attribute: only[keyword]
            for keyword, attribute in (
                ("minimum", "min"), ("maximum", "max"), ("maxLength", "maxlength"),
            )
            if keyword in only
        },
    )  # fmt: skip


def _alternatives(
    value: Mapping[str, Any], schema: Mapping[str, Any]
) -> Iterator[Mapping[str, Any]]:
    """The schemas that a value may have, without null."""
    if "$ref" in value:
        yield from _alternatives(schema["$defs"][value["$ref"].rpartition("/")[2]], schema)
        return
    several = value.get("anyOf", value.get("oneOf"))
    if several is None:
        if value.get("type") != "null":
            yield value
        return
    for one in several:
        yield from _alternatives(one, schema)


def _kind(
    kinds: Sequence[Mapping[str, Any]], schema: Mapping[str, Any]
) -> tuple[FieldKind, Sequence[str]]:
    names = [str(choice) for one in kinds for choice in _names(one)]
    if names and len(names) <= _FEW:
        return FieldKind.choice, names
    if any(one.get("title") == "DocumentRef" for one in kinds):
        return FieldKind.document, ()
    return _single_kind(kinds[0], schema) if len(kinds) == 1 else (FieldKind.value, ())


def _single_kind(
    only: Mapping[str, Any], schema: Mapping[str, Any]
) -> tuple[FieldKind, Sequence[str]]:
    kind = FieldKind.value
    match only.get("type"):
        case "boolean":
            kind = FieldKind.yes_no
        case "integer" | "number":
            kind = FieldKind.number
        case "string":
            is_long = only.get("maxLength", 0) > _LONG_TEXT
            kind = FieldKind.long_text if is_long else FieldKind.text
        case "array":
            return _list_kind(next(_alternatives(only.get("items", {}), schema), {}))
        case "object" if isinstance(only.get("additionalProperties"), dict):
            values = next(_alternatives(only["additionalProperties"], schema), {})
            kind = FieldKind.pairs if values.get("type") == "string" else FieldKind.value
    return kind, ()


def _list_kind(items: Mapping[str, Any]) -> tuple[FieldKind, Sequence[str]]:
    if names := _names(items):
        return FieldKind.choices, [str(choice) for choice in names]
    if items.get("type") == "string":
        return FieldKind.lines, ()
    if items.get("title") == "DocumentRef":
        return FieldKind.documents, ()
    if items.get("required") == ["name"] and "description" in items.get("properties", {}):
        return FieldKind.labels, ()
    return FieldKind.value, ()


def _names(value: Mapping[str, Any]) -> Sequence[Any]:
    """The values of an enumeration."""
    return [value["const"]] if "const" in value else list(value.get("enum", ()))


def _text(value: Any, kind: FieldKind) -> str:
    if value is None or value in ([], {}):
        return ""
    if kind is FieldKind.yes_no:
        return "yes" if value else "no"
    if kind is FieldKind.lines and isinstance(value, list):
        return "\n".join(map(str, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
