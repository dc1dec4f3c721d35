"""Result paths: JSON pointers (RFC 6901) in which `*` stands for any item or any name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tasks.model.schema_parts import Schema, as_schema, pointer, resolve

PATTERN = r"^(?:/(?:[^/~]|~[01])*)*$"
_ANY = "*"
_BRANCHES = ("anyOf", "oneOf", "allOf")


def values_at(data: Any, path: str) -> Iterator[tuple[str, Any]]:
    """The values at `path`, each with its own JSON pointer. Empty where there are none."""
    yield from _values(data, steps_of(path), ())


def _values(
    data: Any, steps: list[str], before: tuple[str | int, ...]
) -> Iterator[tuple[str, Any]]:
    if not steps:
        yield pointer(*before), data
        return
    first, rest = steps[0], steps[1:]
    if isinstance(data, dict):
        for name in data if first == _ANY else [first] if first in data else []:
            yield from _values(data[name], rest, (*before, name))
    elif isinstance(data, list):
        for index, item in enumerate(data):
            if first in (_ANY, str(index)):
                yield from _values(item, rest, (*before, index))


def texts_in(value: Any) -> Iterator[str]:
    """Every text in a value, and every number as text."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for child in value.values():
            yield from texts_in(child)
    elif isinstance(value, list):
        for child in value:
            yield from texts_in(child)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def is_possible(schema: Schema, path: str) -> bool:
    """Whether a value that fits `schema` can have something at `path`."""
    reached: dict[int, Schema] = {0: schema}
    for step in steps_of(path):
        children = (child for one in reached.values() for child in _children(one, step, schema))
        reached = {id(child): child for child in children}
    return bool(reached)


def _children(schema: Schema, step: str, root: Schema) -> Iterator[Schema]:
    for one in _alternatives(schema, root):
        properties = one.get("properties", {})
        if step in properties:
            yield as_schema(properties[step])
            continue
        if step == _ANY:
            yield from map(as_schema, properties.values())
        yield from _unnamed(one, step)


def _alternatives(schema: Schema, root: Schema) -> Iterator[Schema]:
    """The schema and the alternatives that it refers to, each once."""
    waiting, visited = [schema], set()
    while waiting:
        one = waiting.pop()
        if id(one) in visited or one == {"not": {}}:
            continue
        visited.add(id(one))
        yield one
        waiting += [resolve(one["$ref"], root)] if "$ref" in one else []
        waiting += [as_schema(part) for key in _BRANCHES for part in one.get(key, [])]


def _unnamed(schema: Schema, step: str) -> Iterator[Schema]:
    """The schemas of items and of additional properties."""
    is_index = step == _ANY or re.fullmatch("0|[1-9][0-9]*", step)
    if is_index and ("items" in schema or "prefixItems" in schema):
        yield as_schema(schema.get("items", True))
        yield from map(as_schema, schema.get("prefixItems", []))
    if schema.get("additionalProperties") not in (None, False):
        yield as_schema(schema["additionalProperties"])
    yield from map(as_schema, schema.get("patternProperties", {}).values())
    if not schema.keys() & {"type", "properties", "items", "prefixItems", "$ref", *_BRANCHES}:
        yield {}


def steps_of(path: str) -> list[str]:
    """The steps of a path, unescaped."""
    return [step.replace("~1", "/").replace("~0", "~") for step in path.split("/")[1:]]
