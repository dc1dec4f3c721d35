"""Which members an object of a request may have, and what a right value looks like: read from the
JSON Schema of its model.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

Path = Sequence[str | int]

MAX_EXAMPLE_CHARS = 160
_MAX_DEPTH = 4
_MAX_NESTED_UNIONS = 8
_TIMES = {"date-time": "2026-03-02T18:00:00+08:00", "date": "2026-03-02"}


class SchemaHints:
    """Paths lead from the request's model through objects and lists to one value."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema
        self._definitions: Mapping[str, Any] = schema.get("$defs", {})

    def members(self, path: Path) -> list[str]:
        """The names of the members of the object at `path`; empty if they are not known."""
        found: dict[str, None] = {}
        for schema in self._at(path):
            found |= dict.fromkeys(schema.get("properties", {}))
        return list(found)

    def parents(self, path: Path, name: str) -> list[str]:
        """The members of the object at `path` that are objects with a member `name`."""
        return [each for each in self.members(path) if name in self.members([*path, each])]

    def example(self, path: Path) -> str | None:
        """The JSON of a value that fits at `path`. None: none is known, or it is long."""
        for value in (*self._written_examples(path), *self._made_examples(path)):
            example = json.dumps(value, ensure_ascii=False)
            if len(example) <= MAX_EXAMPLE_CHARS:
                return example
        return None

    def _written_examples(self, path: Path) -> Iterator[Any]:
        """What the examples of the models around `path` have there."""
        for length in range(len(path), -1, -1):
            for schema in self._at(path[:length]):
                value = schema.get("example")
                for part in path[length:]:
                    value = value.get(part) if isinstance(value, Mapping) else None
                if value is not None:
                    yield value

    def _made_examples(self, path: Path) -> Iterator[Any]:
        for schema in self._at(path):
            if schema.get("type") != "null":
                yield self._value(schema, _MAX_DEPTH)

    def _at(self, path: Path) -> list[Mapping[str, Any]]:
        """The schemas of the value at `path`: several for a union."""
        schemas = list(self._branches(self._schema))
        for part in path:
            schemas = [
                branch
                for schema in schemas
                for step in _steps(schema, part)
                for branch in self._branches(step)
            ]
        return schemas

    def _branches(
        self, schema: Mapping[str, Any], depth: int = _MAX_NESTED_UNIONS
    ) -> Iterator[Mapping[str, Any]]:
        """`schema` without references and unions."""
        if "$ref" in schema:
            name = str(schema["$ref"]).rpartition("/")[2]
            schema = {**self._definitions.get(name, {}), **_without(schema, "$ref")}
        alternatives = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
        if not alternatives or not depth:
            yield schema
        for each in alternatives if depth else ():
            yield from self._branches(each, depth - 1)

    def _value(self, schema: Mapping[str, Any], depth: int) -> Any:
        schema = next(self._branches(schema))
        known = [schema[key] for key in ("example", "const") if key in schema]
        known += [schema[key][0] for key in ("examples", "enum") if schema.get(key)]
        if known:
            return known[0]
        match schema.get("type"):
            case "object":
                value: Any = self._object(schema, depth)
            case "array":
                value = [self._value(schema.get("items", {}), depth - 1)] if depth else []
            case "integer" | "number":
                value = schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
            case "boolean":
                value = True
            case _:
                value = _TIMES.get(str(schema.get("format")), "…")
        return value

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        properties: Mapping[str, Any] = schema.get("properties", {})
        names = schema.get("required") or list(properties)[:1]
        return {name: self._value(properties[name], depth - 1) for name in names if depth}


@lru_cache(64)
def hints_of(model: type[BaseModel]) -> SchemaHints:
    return SchemaHints(model.model_json_schema())


def _steps(schema: Mapping[str, Any], part: str | int) -> Iterator[Mapping[str, Any]]:
    if isinstance(part, int):
        if isinstance(items := schema.get("items"), Mapping):
            yield items
        return
    properties = schema.get("properties", {})
    if part in properties:
        yield properties[part]
    elif isinstance(others := schema.get("additionalProperties"), Mapping):
        yield others


def _without(schema: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name != key}
