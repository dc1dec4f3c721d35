"""Places in a result: JSON pointers (RFC 6901) in which `*` is any item of a list or any name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tasks.model.caller_schema import Schema, as_schema, pointer, resolve

PATTERN = r"^(?:/(?:[^/~]|~[01])*)*$"
_ANY = "*"
_BRANCHES = ("anyOf", "oneOf", "allOf")


def values_at(data: Any, pattern: str) -> Iterator[tuple[str, Any]]:
    """What stands at `pattern`, each with its own pointer; nothing where there is no such place."""
    yield from _values(data, steps_of(pattern), ())


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
    """Every text and number in a value, as texts."""
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


def may_be(schema: Schema, pattern: str) -> bool:
    """Whether a value that fits `schema` may have such a place."""
    found: dict[int, Schema] = {0: schema}
    for step in steps_of(pattern):
        children = (child for one in found.values() for child in _children(one, step, schema))
        found = {id(child): child for child in children}
    return bool(found)


def _children(schema: Schema, step: str, root: Schema) -> Iterator[Schema]:
    for one in _alternatives(schema, root):
        properties = one.get("properties", {})
        if step in properties:
            yield as_schema(properties[step])
            continue
        if step == _ANY:
            yield from map(as_schema, properties.values())
        yield from _others(one, step)


def _alternatives(schema: Schema, root: Schema) -> Iterator[Schema]:
    """The schema and all that it may stand for, each once."""
    waiting, seen = [schema], set()
    while waiting:
        one = waiting.pop()
        if id(one) in seen or one == {"not": {}}:
            continue
        seen.add(id(one))
        yield one
        waiting += [resolve(one["$ref"], root)] if "$ref" in one else []
        waiting += [as_schema(part) for key in _BRANCHES for part in one.get(key, [])]


def _others(schema: Schema, step: str) -> Iterator[Schema]:
    """The schemas of what has no name of its own: items, and further names."""
    is_index = step == _ANY or re.fullmatch("0|[1-9][0-9]*", step)
    if is_index and ("items" in schema or "prefixItems" in schema):
        yield as_schema(schema.get("items", True))
        yield from map(as_schema, schema.get("prefixItems", []))
    if schema.get("additionalProperties") not in (None, False):
        yield as_schema(schema["additionalProperties"])
    yield from map(as_schema, schema.get("patternProperties", {}).values())
    if not schema.keys() & {"type", "properties", "items", "prefixItems", "$ref", *_BRANCHES}:
        yield {}


def steps_of(pattern: str) -> list[str]:
    """The steps of a pattern, as they are called in the data."""
    return [step.replace("~1", "/").replace("~0", "~") for step in pattern.split("/")[1:]]
