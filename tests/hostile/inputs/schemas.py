"""JSON Schemas and patterns for `extract` that are small and expensive."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.hostile.sender import TEXT, Input, job

Schema = dict[str, Any]


def _extract(schema: Schema) -> dict[str, Any]:
    return {"task": "extract", "input": TEXT, "options": {"schema": schema}}


def _object(value: Schema, **more: Any) -> Schema:
    return {"type": "object", "properties": {"x": value}, **more}


def _doubling(keyword: str, length: int = 60) -> Schema:
    """`$defs` of which each applies the next one twice."""
    parts: Schema = {f"a{length}": {"type": "string"}}
    for at in range(length):
        following = {"$ref": f"#/$defs/a{at + 1}"}
        if keyword == "dependentSchemas":
            parts[f"a{at}"] = {keyword: {"p": following, "q": following}}
        elif keyword == "properties":
            parts[f"a{at}"] = {"type": "object", "properties": {"p": following, "q": following}}
        elif keyword == "prefixItems":
            parts[f"a{at}"] = {"type": "array", "prefixItems": [following, following]}
        elif keyword == "if":
            parts[f"a{at}"] = {"if": following, "then": following, "else": following}
        else:
            parts[f"a{at}"] = {keyword: [following, following]}
    return _object({"$ref": "#/$defs/a0"}, **{"$defs": parts})


def _chain(length: int) -> Schema:
    parts: Schema = {f"a{at}": {"$ref": f"#/$defs/a{at + 1}"} for at in range(length)}
    return _object({"$ref": "#/$defs/a0"}, **{"$defs": parts | {f"a{length}": {"type": "string"}}})


def _nested(levels: int) -> bytes:
    """As text: Python's encoder does not nest so deep."""
    schema = '{"type":"object","properties":{"x":' * levels + "{}" + "}}" * levels
    body = json.dumps(_extract({})).replace('"schema": {}', f'"schema": {schema}')
    return body.encode()


def _pattern(pattern: str, name: str = "a" * 40 + "!") -> Schema:
    return {
        "type": "object",
        "properties": {name: {"type": "string"}},
        "required": [name],
        "propertyNames": {"pattern": pattern},
    }


def _schema(name: str, make: Callable[[], Schema], *, short: bool = False, times: int = 1) -> Input:
    return job(f"schema: {name}", lambda: _extract(make()), short=short, times=times)


INPUTS = (
    _schema("allOf doubled 60 times", lambda: _doubling("allOf"), short=True),
    _schema("anyOf doubled 60 times", lambda: _doubling("anyOf")),
    _schema("oneOf doubled 60 times", lambda: _doubling("oneOf")),
    _schema("dependentSchemas doubled 60 times", lambda: _doubling("dependentSchemas")),
    _schema("properties doubled 60 times", lambda: _doubling("properties")),
    _schema("prefixItems doubled 60 times", lambda: _doubling("prefixItems")),
    _schema("if, then and else tripled 60 times", lambda: _doubling("if")),
    _schema("allOf doubled 9 times, four jobs", lambda: _doubling("allOf", 9), times=4),
    _schema("properties doubled 8 times, four jobs", lambda: _doubling("properties", 8), times=4),
    _schema("a chain of 900 references, twenty jobs", lambda: _chain(900), times=20, short=True),
    job("schema: nested 2,000 levels deep", lambda: _nested(2_000)),
    job("schema: nested 40 levels deep, four jobs", lambda: _nested(40), times=4),
    _schema("refers to itself", lambda: _object({"$ref": "#"})),
    _schema(
        "two definitions that refer to each other",
        lambda: _object(
            {"$ref": "#/$defs/a"},
            **{"$defs": {"a": {"allOf": [{"$ref": "#/$defs/b"}]}, "b": {"$ref": "#/$defs/a"}}},
        ),
    ),
    _schema(
        "1,200 properties",
        lambda: {"type": "object", "properties": {f"p{at}": {} for at in range(1_200)}},
    ),
    _schema(
        "an enum of 5,000 values", lambda: _object({"enum": [f"v{at}" for at in range(5_000)]})
    ),
    _schema(
        "uniqueItems of a billion",
        lambda: _object({"type": "array", "uniqueItems": True, "minItems": 10**9}),
    ),
    _schema("multipleOf 1e-300", lambda: _object({"type": "number", "multipleOf": 1e-300})),
    _schema(
        "a string of at least a billion characters",
        lambda: _object({"type": "string", "minLength": 10**9}),
    ),
    _schema("pattern with alternatives alike", lambda: _pattern("^(a|a)*$"), short=True),
    _schema("pattern with nested repetition", lambda: _pattern("^(a+)+$")),
    _schema("pattern with spread repetition", lambda: _pattern("^" + "a*" * 30 + "$")),
    _schema("pattern with counted repetition", lambda: _pattern("^((a{0,99}){0,99}){0,99}$")),
    _schema("pattern with look-ahead", lambda: _pattern("^(?=(a+))*a*$")),
    _schema("pattern with a back-reference", lambda: _pattern(r"^(a*)\1*\1*\1*$")),
    _schema(
        "patternProperties with nested repetition",
        lambda: {
            "type": "object",
            "patternProperties": {"^(a+)+$": {"type": "string"}},
            "required": ["a" * 40 + "!"],
        },
    ),
)
