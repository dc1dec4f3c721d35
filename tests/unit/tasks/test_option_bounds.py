"""Every text, list and number in a task's options is bounded, and so is every mapping."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tasks.registry import TASKS

# What bounds a value of a type, by JSON Schema; several are alternatives.
BOUNDS: dict[str, tuple[set[str], ...]] = {
    "string": ({"maxLength"}, {"enum"}, {"const"}, {"format"}),
    "array": ({"maxItems"}, {"const"}),
    "integer": ({"minimum", "maximum"}, {"enum"}, {"const"}),
    "number": ({"minimum", "maximum"}, {"exclusiveMinimum", "maximum"}, {"enum"}, {"const"}),
}
# A caller's own schema: its length and depth are bounded where it is checked.
OPEN_OBJECTS = {("extract", "schema")}


def unbounded(schema: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The paths of the parts that have no bound."""
    if not isinstance(schema, dict):
        return
    if _has_no_bound(schema, path):
        yield path
    for name, part in schema.get("properties", {}).items():
        yield from unbounded(part, (*path, name))
    for name, part in schema.get("$defs", {}).items():
        yield from unbounded(part, (*path[:1], f"${name}"))
    for name in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for part in schema.get(name, []):
            yield from unbounded(part, path)
    for name in ("items", "additionalProperties", "propertyNames"):
        yield from unbounded(schema.get(name), (*path, name))


def _has_no_bound(schema: dict[str, Any], path: tuple[str, ...]) -> bool:
    kind = schema.get("type")
    if kind == "object" and "properties" not in schema:
        closed = schema.get("additionalProperties") is False or "maxProperties" in schema
        # Keys of an enumeration are no more than its values.
        closed = closed or bool({"enum", "$ref"} & set(schema.get("propertyNames", {})))
        return not closed and path not in OPEN_OBJECTS
    return kind in BOUNDS and not any(bound <= set(schema) for bound in BOUNDS[kind])


@pytest.mark.parametrize("task", sorted(TASKS))
def test_the_options_of_every_task_are_bounded(task: str) -> None:
    schema = TASKS[task].options.model_json_schema()
    assert list(dict.fromkeys(unbounded(schema, (task,)))) == []


def test_the_walk_finds_what_has_no_bound() -> None:
    schema = {
        "properties": {
            "text": {"type": "string"},
            "either": {"anyOf": [{"type": "string", "maxLength": 5}, {"type": "array"}]},
            "list": {"type": "array", "maxItems": 3, "items": {"type": "integer", "minimum": 1}},
            "map": {"type": "object", "additionalProperties": {"type": "boolean"}},
            "good": {"type": "number", "minimum": 0, "maximum": 1},
        },
        "$defs": {"Part": {"properties": {"name": {"type": "string"}}}},
    }
    assert set(unbounded(schema, ("t",))) == {
        ("t", "text"),
        ("t", "either"),
        ("t", "list", "items"),
        ("t", "map"),
        ("t", "$Part", "name"),
    }
