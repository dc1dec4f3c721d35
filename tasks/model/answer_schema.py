"""Building blocks for the JSON Schema of a model's answer."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def object_of(**fields: Schema) -> Schema:
    """An object with exactly these fields, all required."""
    return {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }


def text_of(longest: int, *, least: int = 0) -> Schema:
    """A string of `least` to `longest` characters."""
    bounds = {"minLength": least} if least else {}
    return {"type": "string", **bounds, "maxLength": longest}


def number_to(most: int) -> Schema:
    """A whole number from 1 to `most`."""
    return {"type": "integer", "minimum": 1, "maximum": most}


def list_of(items: Schema, most: int, *, least: int = 0) -> Schema:
    """A list of `least` to `most` items."""
    bounds = {"minItems": least} if least else {}
    return {"type": "array", "items": items, **bounds, "maxItems": most}
