"""Generates an instance of a JSON Schema, the same one each time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FORMATS = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T08:00:00Z",
    "time": "08:00:00Z",
    "email": "someone@example.org",
    "uri": "http://example.org/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def instance(schema: Mapping[str, Any], text: str) -> Any:
    """An instance of `schema` whose strings are the beginning of `text`.

    Supports the keywords used for guided decoding: types, enumerations, bounds, references and
    alternatives (the first is used). Ignores `pattern`.
    """
    return _value(schema, schema, text)


def _value(schema: Any, root: Mapping[str, Any], text: str) -> Any:
    if not isinstance(schema, Mapping):
        return text
    schema = _resolved(schema, root)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    for word in ("anyOf", "oneOf"):
        if word in schema:
            return _value(schema[word][0], root, text)
    return _typed(schema, root, text)


def _resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Resolve references and merge the schemas in `allOf`."""
    while "$ref" in schema:
        target: Any = root
        for part in schema["$ref"].removeprefix("#").strip("/").split("/"):
            target = target[part] if part else target
        schema = target
    for part in schema.get("allOf", ()):
        schema = {**_resolved(part, root), **{k: v for k, v in schema.items() if k != "allOf"}}
    return schema


def _typed(schema: Mapping[str, Any], root: Mapping[str, Any], text: str) -> Any:
    kind = schema.get("type", "object" if "properties" in schema else "string")
    match kind[0] if isinstance(kind, list) else kind:
        case "object":
            properties = schema.get("properties", {})
            return {name: _value(part, root, text) for name, part in properties.items()}
        case "array":
            number = max(schema.get("minItems", 0), min(1, schema.get("maxItems", 1)))
            return [_value(schema.get("items", {}), root, text) for _ in range(number)]
        case "integer" | "number":
            return _number(schema)
        case "boolean":
            return True
        case "null":
            return None
        case _:
            return _string(schema, text)


def _number(schema: Mapping[str, Any]) -> int | float:
    lowest = schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
    highest = schema.get("maximum", schema.get("exclusiveMaximum", lowest + 2) - 1)
    number: int | float = min(lowest, highest)
    return number


def _string(schema: Mapping[str, Any], text: str) -> str:
    if schema.get("format") in FORMATS:
        return FORMATS[schema["format"]]
    return text[: schema.get("maxLength", len(text))].ljust(schema.get("minLength", 0), "x")
