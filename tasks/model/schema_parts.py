"""The parts of a JSON Schema: references, pointers and subschemas."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

Schema = Mapping[str, Any]

_MAPS = frozenset({"properties", "$defs", "definitions", "patternProperties", "dependentSchemas"})
_LISTS = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
_SINGLE = frozenset(
    {
        "items",
        "additionalProperties",
        "unevaluatedItems",
        "unevaluatedProperties",
        "not",
        "if",
        "then",
        "else",
        "contains",
        "propertyNames",
    }
)
_INDEX = re.compile("0|[1-9][0-9]{0,5}", re.ASCII)


class SchemaRejected(ValueError):
    """A schema cannot be used; `pointer` is the JSON pointer of the faulty part."""

    def __init__(self, detail: str, pointer: str = "") -> None:
        super().__init__(detail)
        self.pointer = pointer


def pointer(*steps: str | int) -> str:
    """The JSON pointer (RFC 6901) for a sequence of names and indexes."""
    path = "/".join(str(step).replace("~", "~0").replace("/", "~1") for step in steps)
    return f"/{path}" if steps else ""


def resolve(ref: str, root: Schema) -> Schema:
    """The schema that the local reference `ref` names: `#`, or `#` and a JSON pointer.

    Raises `LookupError`, `TypeError` or `ValueError` where there is none.
    """
    path = unquote(ref.removeprefix("#"), errors="strict")
    if path and not path.startswith("/"):
        raise ValueError("not a JSON pointer")
    target: Any = root
    for step in path.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(target, list):
            if not _INDEX.fullmatch(name):
                raise ValueError("not the index of an item")
            target = target[int(name)]
        else:
            target = target[name]
    return as_schema(target)


def as_schema(value: object) -> Schema:
    """A schema as an object, also a boolean one. Raises `TypeError` for anything else."""
    if isinstance(value, bool):
        return ANYTHING if value else NOTHING
    if not isinstance(value, Mapping):
        raise TypeError("not a schema")
    return value


ANYTHING: Schema = {}
NOTHING: Schema = {"not": {}}


def subschemas(schema: Schema) -> Iterator[tuple[str, str | int | None, Schema]]:
    """The objects among the schemas directly in `schema`: keyword, name or index, schema."""
    for keyword, value in schema.items():
        if keyword in _SINGLE:
            if isinstance(value, dict):
                yield keyword, None, value
        elif keyword in _MAPS:
            yield from ((keyword, name, one) for name, one in value.items() if type(one) is dict)
        elif keyword in _LISTS:
            yield from ((keyword, n, one) for n, one in enumerate(value) if type(one) is dict)


def parts_of(schema: Schema, where: str = "") -> Iterator[tuple[str, Schema]]:
    """Every schema within `schema`, itself included, with its JSON pointer."""
    waiting = [(where, schema)]
    while waiting:
        where, part = waiting.pop()
        yield where, part
        for keyword, step, one in subschemas(part):
            steps = (keyword,) if step is None else (keyword, step)
            waiting.append((where + pointer(*steps), one))


def is_nested_deeper(value: object, most: int) -> bool:
    """Whether lists and objects are nested deeper than `most` levels."""
    deepest, waiting = 0, [(value, 1)]
    while waiting and deepest <= most:
        item, depth = waiting.pop()
        deepest = max(deepest, depth)
        if isinstance(item, dict):
            waiting += [(child, depth + 1) for child in item.values()]
        elif isinstance(item, list):
            waiting += [(child, depth + 1) for child in item]
    return deepest > most
