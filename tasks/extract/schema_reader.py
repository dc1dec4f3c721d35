"""Reads a caller's JSON Schema as our tasks apply it: references followed, `allOf` merged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tasks.model.schema_parts import NOTHING, Schema, as_schema, resolve


class SchemaReader:
    """Answers questions about the schemas within `root`, each once.

    The schema must be an accepted one: the recursion is as deep as its references.
    """

    def __init__(self, root: Schema) -> None:
        self.root = root
        self._flat: dict[int, tuple[Schema, Schema]] = {}
        self._null: dict[int, tuple[Schema, bool]] = {}
        self._branches: dict[int, tuple[Schema, list[Schema]]] = {}
        self._chosen: dict[tuple[int, frozenset[str] | None], Schema] = {}

    def accepts_null(self, schema: Schema) -> bool:
        """Whether the schema's types allow null."""
        if id(schema) not in self._null:
            self._null[id(schema)] = schema, self._accepts_null(schema)
        return self._null[id(schema)][1]

    def flattened(self, schema: Schema) -> Schema:
        """The schema with its reference resolved and its `allOf` merged, one level deep."""
        if id(schema) not in self._flat:
            self._flat[id(schema)] = schema, self._flattened(schema)
        return self._flat[id(schema)][1]

    def branch(self, node: object, schema: Schema) -> Schema:
        """The flattened schema; of its alternatives, the first that has all of the properties."""
        schema = self.flattened(schema)
        if not isinstance(node, dict | list) or "properties" in schema or "items" in schema:
            return schema
        names = frozenset(node) if isinstance(node, dict) else None
        key = id(schema), names
        if key not in self._chosen:
            fitting = (one for one in self._all_branches(schema) if _fits(one, names))
            self._chosen[key] = next(fitting, schema)
        return self._chosen[key]

    def _all_branches(self, schema: Schema) -> list[Schema]:
        """The flattened alternatives, also those of alternatives."""
        if id(schema) not in self._branches:
            found: list[Schema] = []
            for one in _alternatives(schema):
                flat = self.flattened(one)
                if "properties" in flat or "items" in flat:
                    found.append(flat)
                else:
                    found += self._all_branches(flat) or [flat]
            self._branches[id(schema)] = schema, found
        return self._branches[id(schema)][1]

    def _accepts_null(self, schema: Schema) -> bool:
        if "$ref" in schema:
            return self.accepts_null(resolve(schema["$ref"], self.root))
        if "const" in schema or "enum" in schema:
            return None in [*schema.get("enum", []), schema.get("const", "")]
        if "type" in schema:
            return "null" in types_of(schema)
        if branches := list(_alternatives(schema)):
            return any(map(self.accepts_null, branches))
        if "allOf" in schema:
            return all(self.accepts_null(as_schema(part)) for part in schema["allOf"])
        return not implied_types(schema) and schema != NOTHING

    def _flattened(self, schema: Schema) -> Schema:
        if "$ref" in schema:
            return self.flattened(resolve(schema["$ref"], self.root))
        if "allOf" not in schema:
            return schema
        own = {name: value for name, value in schema.items() if name != "allOf"}
        properties: dict[str, Any] = {}
        required: list[str] = []
        merged: dict[str, Any] = {}
        for part in [own, *(self.flattened(as_schema(part)) for part in schema["allOf"])]:
            properties |= part.get("properties", {})
            required += part.get("required", [])
            merged = {**part, **merged}
        merged |= {"properties": properties, "required": list(dict.fromkeys(required))}
        return {name: value for name, value in merged.items() if value not in ({}, [])}


def types_of(schema: Schema) -> list[str]:
    """The types that the schema names."""
    named = schema.get("type", [])
    return [named] if isinstance(named, str) else list(named)


def implied_types(schema: Schema) -> list[str]:
    """The type that the schema's keywords apply to, where it names none."""
    if {"properties", "additionalProperties", "patternProperties", "required"} & schema.keys():
        return ["object"]
    if {"items", "prefixItems", "minItems", "maxItems"} & schema.keys():
        return ["array"]
    if {"pattern", "minLength", "maxLength", "format"} & schema.keys():
        return ["string"]
    return []


def _alternatives(schema: Schema) -> Iterable[Schema]:
    return (as_schema(part) for key in ("anyOf", "oneOf") for part in schema.get(key, []))


def _fits(schema: Schema, names: frozenset[str] | None) -> bool:
    if names is None:
        return bool({"items", "prefixItems"} & schema.keys())
    properties: Mapping[str, Any] = schema.get("properties", {})
    return names <= properties.keys()
