"""Pieces of the JSON Schema that a model's answer has to keep to."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def object_of(**fields: Schema) -> Schema:
    """An object that has all of these fields and no others."""
    return {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }


def text_of(longest: int, *, least: int = 0) -> Schema:
    """A string of so many characters."""
    bounds = {"minLength": least} if least else {}
    return {"type": "string", **bounds, "maxLength": longest}


def number_to(most: int) -> Schema:
    """A number from 1."""
    return {"type": "integer", "minimum": 1, "maximum": most}


def list_of(items: Schema, most: int, *, least: int = 0) -> Schema:
    """A list of so many."""
    bounds = {"minItems": least} if least else {}
    return {"type": "array", "items": items, **bounds, "maxItems": most}
