"""The schema that guides a model to quote the source with every value.

Each scalar of the caller's schema becomes `{"quote": …, "value": …}`; objects and arrays keep their
shape. Every property is required, and an optional one may be null. Only keywords that vLLM's guided
decoding (xgrammar) supports are passed on; the others are checked when the answer is validated.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from tasks.model.answer_schema import object_of, text_of
from tasks.model.caller_schema import Alternatives, Schema, SchemaRejected, as_schema, resolve

MOST_VALUES = 20_000
LONGEST_QUOTE = 200
LONGEST_BOUND = 1_000
LARGEST_NUMBER = 10**15

_NULL = {"type": "null"}
_SCALARS = ("string", "integer", "number", "boolean")
_FORMATS = frozenset({"date", "time", "date-time", "email", "uuid", "ipv4"})
_GUIDABLE_PATTERN = re.compile(
    r"(?:\\[dws.\-/()\[\]+*?^$]|\\u[0-9a-fA-F]{4}|\((?!\?)|\(\?:|[^\\(])*"
)


def guided_schema(schema: Schema, *, relaxed: bool = False, quoted: bool = True) -> dict[str, Any]:
    """The schema for guided decoding that corresponds to the caller's `schema`.

    `relaxed` also allows null for required values outside arrays, for a part of a document.
    Without `quoted`, values stay plain.

    Raises `SchemaRejected` where the schema has no finite expansion, or a very large one.
    """
    guide = _Guide(schema, quoted=quoted)
    try:
        guided = guide.object(schema, relaxed=relaxed)
    except RecursionError:
        raise SchemaRejected("the schema leads back to itself: remove the circle") from None
    return guided | ({"$defs": guide.definitions} if guide.definitions else {})


def accepts_null(schema: Schema, root: Schema) -> bool:
    """Whether the schema's types allow null."""
    if "$ref" in schema:
        return accepts_null(resolve(schema["$ref"], root), root)
    if "const" in schema or "enum" in schema:
        return None in [*schema.get("enum", []), schema.get("const", "")]
    if "type" in schema:
        return "null" in _types(schema)
    branches = [as_schema(part) for key in ("anyOf", "oneOf") for part in schema.get(key, [])]
    if branches:
        return any(accepts_null(branch, root) for branch in branches)
    if "allOf" in schema:
        return all(accepts_null(as_schema(part), root) for part in schema["allOf"])
    return not _implied_types(schema) and schema != {"not": {}}


def flattened(schema: Schema, root: Schema) -> Schema:
    """The schema with its reference resolved and its `allOf` merged, one level deep."""
    while "$ref" in schema:
        schema = resolve(schema["$ref"], root)
    if "allOf" not in schema:
        return schema
    merged: dict[str, Any] = {"properties": {}, "required": []}
    own = {name: value for name, value in schema.items() if name != "allOf"}
    for part in [own, *(flattened(as_schema(part), root) for part in schema["allOf"])]:
        merged["properties"] |= part.get("properties", {})
        merged["required"] = [*merged["required"], *part.get("required", [])]
        merged = {**part, **merged}
    return {name: value for name, value in merged.items() if value not in ({}, [])}


def _types(schema: Schema) -> list[str]:
    named = schema.get("type", [])
    return [named] if isinstance(named, str) else list(named)


def _implied_types(schema: Schema) -> list[str]:
    if {"properties", "additionalProperties", "patternProperties", "required"} & schema.keys():
        return ["object"]
    if {"items", "prefixItems", "minItems", "maxItems"} & schema.keys():
        return ["array"]
    if {"pattern", "minLength", "maxLength", "format"} & schema.keys():
        return ["string"]
    return []


class _Guide:
    """Builds the guided schema for one caller's schema; references become `definitions`."""

    def __init__(self, root: Schema, *, quoted: bool) -> None:
        self._root = root
        self._quoted = quoted
        self._names: dict[tuple[str, bool], str] = {}
        self._alternatives = Alternatives(root)
        self._values = 0
        self.definitions: dict[str, Any] = {}

    def value(self, schema: object, *, relaxed: bool, optional: bool) -> dict[str, Any]:
        """The guided schema of one value: its alternatives, and null where it may be absent."""
        one = as_schema(schema)
        self._values += self._alternatives.count(one)
        if self._values > MOST_VALUES:
            raise SchemaRejected(
                f"the schema has more than {MOST_VALUES} values once its references are resolved: "
                "simplify it"
            )
        choices = self._choices(one, relaxed=relaxed)
        if optional or not choices or accepts_null(one, self._root):
            choices = [*choices, _NULL]
        return choices[0] if len(choices) == 1 else {"anyOf": choices}

    def _choices(self, schema: Schema, *, relaxed: bool) -> list[dict[str, Any]]:
        if "$ref" in schema:
            return [self._reference(schema["$ref"], relaxed=relaxed)]
        if "const" in schema or "enum" in schema:
            values = [schema["const"]] if "const" in schema else schema["enum"]
            known = [value for value in values if value is not None]
            return [self._leaf({"enum": known})] if known else []
        if "allOf" in schema:
            return self._choices(flattened(schema, self._root), relaxed=relaxed)
        types = _types(schema)
        if not types:
            for branches in ("anyOf", "oneOf"):
                if branches in schema:
                    parts = [as_schema(part) for part in schema[branches]]
                    return [c for part in parts for c in self._choices(part, relaxed=relaxed)]
            types = _implied_types(schema) or list(_SCALARS)
        if schema == {"not": {}}:
            return []
        return [self._typed(name, schema, relaxed=relaxed) for name in types if name != "null"]

    def _typed(self, name: str, schema: Schema, *, relaxed: bool) -> dict[str, Any]:
        if name == "object":
            return self.object(schema, relaxed=relaxed)
        if name == "array":
            return self._array(schema, relaxed=relaxed)
        return self._leaf({"type": name} | _bounds(name, schema))

    def _reference(self, ref: str, *, relaxed: bool) -> dict[str, Any]:
        key = (ref, relaxed)
        if key not in self._names:
            self._names[key] = name = f"d{len(self._names)}"
            target = resolve(ref, self._root)
            self.definitions[name] = self.value(target, relaxed=relaxed, optional=False)
        return {"$ref": f"#/$defs/{self._names[key]}"}

    def object(self, schema: Schema, *, relaxed: bool) -> dict[str, Any]:
        required = schema.get("required", [])
        named = {**schema.get("properties", {})}
        named |= {name: True for name in required if name not in named}
        properties = {
            name: self.value(part, relaxed=relaxed, optional=relaxed or name not in required)
            for name, part in named.items()
            if part is not False
        }
        guided: dict[str, Any] = {"type": "object"}
        if properties:
            guided |= {"properties": properties, "required": list(properties)}
        return guided | {"additionalProperties": self._others(schema, relaxed=relaxed)}

    def _others(self, schema: Schema, *, relaxed: bool) -> dict[str, Any] | bool:
        """The schema of additional properties; False where the object allows none."""
        patterns = list(schema.get("patternProperties", {}).values())
        others = schema.get("additionalProperties", not schema.get("properties"))
        if isinstance(others, bool) and patterns:
            others = patterns[0]
        if others is False or (others is True and schema.get("properties")):
            return False
        return self.value(others, relaxed=relaxed, optional=False)

    def _array(self, schema: Schema, *, relaxed: bool) -> dict[str, Any]:
        guided: dict[str, Any] = {"type": "array"}
        first = schema.get("prefixItems", [])
        if first:
            items = [self.value(part, relaxed=False, optional=False) for part in first]
            guided |= {"prefixItems": items, "items": False, "minItems": len(first)}
            return guided
        guided["items"] = self.value(schema.get("items", True), relaxed=False, optional=False)
        if "minItems" in schema and not relaxed:
            guided["minItems"] = schema["minItems"]
        if "maxItems" in schema:
            guided["maxItems"] = schema["maxItems"]
        return guided

    def _leaf(self, value: dict[str, Any]) -> dict[str, Any]:
        if not self._quoted:
            return value
        return object_of(quote=text_of(LONGEST_QUOTE), value=value)


def _bounds(name: str, schema: Schema) -> dict[str, Any]:
    if name == "string":
        return _string_bounds(schema)
    if name not in {"integer", "number"}:
        return {}
    limits = _selected(schema, ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"))
    if any(abs(limit) > LARGEST_NUMBER for limit in limits.values()):
        return {}
    if name == "integer":
        limits = {key: int(limit) for key, limit in limits.items() if limit == int(limit)}
    # Without limits a weak model can generate digits until the token limit.
    if not {"minimum", "exclusiveMinimum"} & limits.keys():
        limits["minimum"] = -LARGEST_NUMBER
    if not {"maximum", "exclusiveMaximum"} & limits.keys():
        limits["maximum"] = LARGEST_NUMBER
    return limits


def _string_bounds(schema: Schema) -> dict[str, Any]:
    """One kind of bound: xgrammar does not combine a pattern or format with a length."""
    if _GUIDABLE_PATTERN.fullmatch(schema.get("pattern", "(?=")):
        return {"pattern": schema["pattern"]}
    if schema.get("format") in _FORMATS:
        return {"format": schema["format"]}
    if schema.get("maxLength", LONGEST_BOUND + 1) > LONGEST_BOUND:
        return {}
    return _selected(schema, ("minLength", "maxLength"))


def _selected(schema: Schema, keywords: Iterable[str]) -> dict[str, Any]:
    return {keyword: schema[keyword] for keyword in keywords if keyword in schema}
