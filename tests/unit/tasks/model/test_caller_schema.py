from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tasks.extract import ExtractOptions


def of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def nested(depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(depth):
        schema = of(a=schema)
    return schema


def doubled(count: int) -> dict[str, Any]:
    """Definitions that each refer twice to the next one."""
    refs = [{"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(count)]
    return {f"d{n}": schema for n, schema in enumerate([*refs, {"type": "string"}])}


CIRCLE = {"allOf": [{"$ref": "#/$defs/d"}, {"type": "object"}]}


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"type": "objekt"}, "not a JSON Schema"),
        (of(a={"type": "text"}), "at /properties/a/type"),
        ({"type": "array"}, 'must be "object"'),
        ({}, 'must be "object"'),
        (of(a={"$ref": "https://example.org/schema.json"}), "copy it to #/$defs"),
        (of(a={"$ref": "#/$defs/none"}), "there is nothing at #/$defs/none"),
        (of(a={"items": {"$ref": "other.json"}}), "/properties/a/items/$ref"),
        ({**of(), "$defs": {"a": {"$ref": "#/$defs/a"}}}, "leads back to itself"),
        (
            {**of(a={"$ref": "#/x"}), "x": of(b={"$ref": "#/none"})},
            "/x/properties/b/$ref: there is",
        ),
        (
            {**of(a={"$ref": "#/x"}), "x": {"type": "text"}},
            "not a JSON Schema (2020-12) at /x/type",
        ),
        (of(a={"$dynamicRef": "#x"}), "use $ref"),
        (of(a={"pattern": "(("}), "/properties/a/pattern: the pattern cannot be used"),
        (of(a={"pattern": "(?=a)b"}), "without look-around"),
        (
            of(a={"patternProperties": {r"(a)\1": {}}}),
            "/properties/a/patternProperties: the pattern",
        ),
        (nested(30), "deeper than"),
        ({**of(a={"$ref": "#/$defs/d0"}), "$defs": doubled(30)}, "more than 1000 schemas apply"),
        ({**of(a={"$ref": "#/$defs/d"}), "$defs": {"d": CIRCLE}}, "leads back to itself"),
        (of(a={"description": "x" * 40_000}), "longer than"),
    ],
)
def test_a_rejected_schema_says_where_and_what_to_do(schema: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ExtractOptions.model_validate({"schema": schema})
    (error,) = caught.value.errors()
    assert error["loc"] == ("schema",)
    assert reason in error["msg"]


def test_a_schema_is_stored_as_it_was_sent() -> None:
    schema = of(a={"type": "string", "title": "A", "x-own": [1]})
    options = ExtractOptions.model_validate({"schema": schema})
    assert options.model_dump() == {"schema": schema, "instructions": None}


def test_a_reference_may_lead_to_a_schema_under_any_keyword() -> None:
    schema = {**of(a={"$ref": "#/components/b"}), "components": {"b": of(c={"type": "string"})}}
    assert ExtractOptions.model_validate({"schema": schema}).json_schema == schema
