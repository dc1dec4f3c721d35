"""Schemas that multiply, and the time to check them and answers to them."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from functools import reduce
from typing import Any

import pytest

from tasks.errors import OutputError
from tasks.extract.compiled_schema import CompiledSchema
from tasks.extract.evidence import missing_values
from tasks.extract.evidence_schema import guided_schema, is_guidable
from tasks.model.caller_schema import MOST_CHARACTERS, check_caller_schema
from tasks.model.schema_parts import Schema, SchemaRejected

# Against minutes and years; the check itself takes some milliseconds.
PATIENCE = 5


def of(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, **more}


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/$defs/{name}"}


def chain(length: int, link: Callable[[dict[str, str]], dict[str, Any]]) -> dict[str, Any]:
    """`length` definitions, each made by `link` of a reference to the next."""
    parts = {f"a{n}": link(ref(f"a{n + 1}")) for n in range(length)}
    return of({"x": ref("a0")}, **{"$defs": {**parts, f"a{length}": {"type": "string"}}})


def circle(*nodes: dict[str, Any]) -> dict[str, Any]:
    """A schema `n` that all of `nodes` apply to."""
    return of({"x": ref("n")}, **{"$defs": {"n": {"allOf": list(nodes)}}})


def nested(link: Callable[[Any], Any], depth: int, start: Any) -> Any:
    return reduce(lambda inner, _: link(inner), range(depth), start)


REFUSED: dict[str, dict[str, Any]] = {
    "allOf twice": chain(60, lambda to: {"allOf": [to, to]}),
    "anyOf twice": chain(60, lambda to: {"anyOf": [to, to]}),
    "oneOf twice": chain(25, lambda to: {"oneOf": [to, to]}),
    "not and if": chain(60, lambda to: {"not": to, "if": to, "then": to, "else": to}),
    "dependentSchemas": chain(60, lambda to: {"dependentSchemas": {"a": to, "b": to}}),
    "properties twice": chain(60, lambda to: of({"a": to, "b": to})),
    "the same member twice": chain(
        30, lambda to: {"allOf": [of({"a": to, "b": {}}), of({"a": to})]}
    ),
    "items twice": chain(60, lambda to: {"type": "array", "prefixItems": [to], "items": to}),
    "contains and items": chain(60, lambda to: {"items": to, "contains": to}),
    "patterns of names twice": chain(
        60, lambda to: {"patternProperties": {"^a": to}, "additionalProperties": to}
    ),
    "unevaluatedProperties": chain(60, lambda to: {"allOf": [to], "unevaluatedProperties": False}),
    "nested unevaluatedProperties": of(
        {"a": nested(lambda s: {"allOf": [s], "unevaluatedProperties": {"maxLength": 3}}, 10, {})}
    ),
    "a long chain": chain(900, dict),
    "a long chain of items": chain(300, lambda to: {"items": {"allOf": [to, to]}}),
    "a circle twice": circle(of({"c": ref("n"), "b": {}}), of({"c": ref("n")})),
    "a circle by name and pattern": circle(
        {"properties": {"c": ref("n")}, "patternProperties": {"c": ref("n")}}
    ),
    "a circle by items and contains": circle({"items": ref("n"), "contains": ref("n")}),
    "a circle for other members": circle(
        {"properties": {"c": ref("n")}}, {"additionalProperties": ref("n")}
    ),
    "a circle with unevaluatedProperties": circle(
        {"allOf": [of({"c": ref("n")})], "unevaluatedProperties": {"allOf": [ref("n"), {}]}}
    ),
    "a circle to the same value": of({"x": ref("a")}, **{"$defs": {"a": {"not": ref("a")}}}),
    "itself": {**of({}), "$ref": "#"},
    "many patterns": of({f"p{n}": {"pattern": f"^{n}$"} for n in range(51)}),
    "many patterns of names": of({}, patternProperties={f"^{n}$": {} for n in range(51)}),
    "a long pattern": of({"a": {"pattern": "a" * 201}}),
    "a large pattern": of({"a": {"pattern": "((a{50}){50}){50}"}}),
    "a large class": of({"a": {"pattern": r"(\p{L}{900}){900}"}}),
    "look-around": of({"a": {"pattern": "(?<!a)b"}}),
    "a reference to a group": of({"a": {"propertyNames": {"pattern": r"^(a+)\1$"}}}),
    "an anchor": of({"a": {"$ref": "#a"}}),
    "a negative index": of({"a": {"$ref": "#/allOf/-1"}}, allOf=[{}]),
    "an index of other digits": of({"a": {"$ref": "#/allOf/١"}}, allOf=[{}, {}]),
    "a reference to a list": of({"a": {"$ref": "#/allOf"}}, allOf=[{}]),
    "a reference to a number": of({"a": {"$ref": "#/minProperties"}}, minProperties=1),
    "a reference that is not UTF-8": of({"a": {"$ref": "#/%ff"}}),
    "a file": of({"a": {"$ref": "file:///etc/passwd"}}),
    "a draft-7 keyword": of({}, dependencies={"a": {"type": "string"}}),
    "deep": nested(lambda s: of({"a": s}), 13, {}),
    "very deep": nested(lambda s: {"not": s}, 100_000, {}),
    "long": of({"a": {"enum": ["a" * 40_000]}}),
    "half a character": of({"a": {"const": "\ud800"}}),
}


REASONS = {
    "/$defs/a52: more than 1000 schemas": ["allOf twice", "anyOf twice", "dependentSchemas"],
    "/$defs/a17: more than 1000 schemas": ["oneOf twice"],
    "/$defs/a55: more than 1000 schemas": ["not and if"],
    "/$defs/a54: more than 1000 schemas": ["unevaluatedProperties"],
    "/properties/a: more than 1000 schemas": ["nested unevaluatedProperties"],
    "more than 5000 subschemas": [
        "properties twice",
        "the same member twice",
        "items twice",
        "contains and items",
        "patterns of names twice",
        "a long chain of items",
    ],
    "through over 32 references": ["a long chain", "a circle to the same value", "itself"],
    "leads back to itself more than once": [
        name for name in REFUSED if name.startswith("a circle")
    ],
    "more than 50 patterns": ["many patterns", "many patterns of names"],
    "longer than 200 characters": ["a long pattern"],
    "the pattern cannot be used": [
        "a large pattern",
        "a large class",
        "look-around",
        "a reference to a group",
    ],
    "there is nothing at #": [
        "an anchor",
        "a negative index",
        "an index of other digits",
        "a reference to a list",
        "a reference to a number",
        "a reference that is not UTF-8",
    ],
    "copy it to #/$defs": ["a file"],
    "use dependentSchemas": ["a draft-7 keyword"],
    "deeper than 24 levels": ["deep", "very deep"],
    "longer than 32768 characters": ["long"],
    "half of a surrogate pair": ["half a character"],
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_schema_that_multiplies_is_refused_at_once_with_the_place(name: str) -> None:
    started = time.process_time()
    with pytest.raises(SchemaRejected) as caught:
        check_caller_schema(REFUSED[name])
    assert time.process_time() - started < PATIENCE
    (reason, *_) = (reason for reason, names in REASONS.items() if name in names)
    assert reason in str(caught.value)


def filled(part: Callable[[int], dict[str, Any]]) -> dict[str, Any]:
    """A schema with as many properties as fit the greatest length."""
    one = len(json.dumps(of({"p0000": part(0)}))) - len(json.dumps(of({})))
    return of({f"p{n:04}": part(n) for n in range((MOST_CHARACTERS - 60) // (one + 4))})


def tree(depth: int) -> Any:
    return nested(lambda value: {"c": value}, depth, {})


ACCEPTED: dict[str, tuple[dict[str, Any], Any]] = {
    "many properties": (filled(lambda _: {}), {}),
    "many references": (
        filled(lambda _: ref("a")) | {"$defs": {"a": {"type": "string"}}},
        {"p0001": 3},
    ),
    "many values": (of({"a": {"enum": list(range(5_000))}}), {"a": "x"}),
    "many lists of values": (
        of({"a": {"items": {"enum": [f"v{n}" for n in range(3_000)]}}}),
        {"a": [f"x{n}" for n in range(5_000)]},
    ),
    "many alternatives": (
        of({"a": {"items": {"anyOf": [{"const": n} for n in range(900)]}}}),
        {"a": ["x"] * 20_000},
    ),
    "many patterns": (
        of({}, patternProperties={f"^(a|a)*{n}$": {"type": "null"} for n in range(50)}),
        {"a" * 1_000 + str(n): 1 for n in range(500)},
    ),
    "a pattern of names": (of({}, propertyNames={"pattern": "^(a|a)*$"}), {"a" * 40 + "!": "x"}),
    "a pattern with nested repetitions": (
        of({"a": {"pattern": "^(a+)+$"}}),
        {"a": "a" * 100_000 + "!"},
    ),
    "a circle": (
        of({"x": ref("n")}, **{"$defs": {"n": of({"c": ref("n")}, required=["d"])}}),
        {"x": tree(90)},
    ),
    "a circle of alternatives": (
        of(
            {"x": ref("n")},
            **{
                "$defs": {
                    "n": {
                        "anyOf": [
                            of({"c": ref("n")}, required=["c"]),
                            {"type": "array", "items": ref("n")},
                        ]
                    }
                }
            },
        ),
        {"x": nested(lambda value: {"c": [value]}, 40, 3)},
    ),
    "a circle with unevaluatedProperties": (
        of({"x": ref("n")}, **{"$defs": {"n": of({"c": ref("n")}, unevaluatedProperties=False)}}),
        {"x": tree(90)},
    ),
    "a ring of 300": (
        of(
            {"x": ref("a0")},
            **{
                "$defs": {
                    f"a{n}": {"properties": {"c": ref(f"a{(n + 1) % 300}")}} for n in range(300)
                }
            },
        ),
        {"x": tree(90)},
    ),
    "merged properties": (
        of(
            {"x": ref("a0")},
            **{
                "$defs": {
                    **{
                        f"a{n}": {"allOf": [ref(f"a{n + 1}")], "properties": {f"b{n}": {}}}
                        for n in range(14)
                    },
                    "a14": of({f"c{n}": {} for n in range(300)}),
                }
            },
        ),
        {"x": {}},
    ),
    "large numbers": (
        of(
            {
                "a": {"multipleOf": 1e-300, "maximum": 1e308},
                "b": {"minItems": 1e9, "maxItems": 1e9, "type": "array"},
                "c": {"type": "string", "minLength": 10**30, "maxLength": 10**30},
                "d": {"type": "integer", "minimum": -(10**400), "multipleOf": 10**400},
            }
        ),
        {"a": 1e308, "b": [1], "c": "x", "d": 1},
    ),
    "a large const": (of({"a": {"const": ["a" * 100] * 300}}), {"a": ["a" * 100] * 300}),
    "unique items": (
        of({"a": {"uniqueItems": True, "items": {"type": "object"}}}),
        {"a": [{"n": n} for n in range(20_000)] + [{"n": 0}]},
    ),
    "an encoded reference": (
        of({"a": {"$ref": "#/%24defs/a%20b~1c"}}, **{"$defs": {"a b/c": {"type": "string"}}}),
        {"a": 1},
    ),
    "another dialect": (
        of({"a": {"type": "null"}}, **{"$schema": "http://127.0.0.1:9/x"}),
        {"a": 1},
    ),
    "a remote reference in a value": (
        of({"a": {"const": {"$ref": "http://127.0.0.1:9/x", "$id": "http://127.0.0.1:9/y"}}}),
        {"a": 1},
    ),
}


@pytest.mark.parametrize(("schema", "data"), ACCEPTED.values(), ids=ACCEPTED.keys())
def test_an_accepted_schema_and_an_answer_to_it_are_checked_in_bounded_time(
    schema: Schema, data: Any
) -> None:
    schema = json.loads(json.dumps(schema))
    started = time.process_time()
    compiled = CompiledSchema(schema)
    guided = [compiled.guided, compiled.guided_part, guided_schema(compiled.reader, quoted=False)]
    with suppress(OutputError):
        missing_values(data, compiled)
    assert time.process_time() - started < PATIENCE
    assert len(json.dumps(guided)) < 5_000_000


def test_nothing_is_fetched_for_a_schema() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/schema"
        value = {"$ref": url, "$schema": url, "$id": url}
        schema = of(
            {"a": {"const": value, "x": value, "$schema": url}}, **{"$schema": url, "$id": url}
        )
        validator = check_caller_schema(schema)
        assert validator.is_valid({"a": value})
        for remote in ({"$ref": url}, {"$ref": "#/x"}):
            with pytest.raises(SchemaRejected):
                check_caller_schema(of({"a": remote}, x={"$ref": url}))
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.mark.parametrize(
    ("pattern", "guides"),
    [
        (r"^\d{4}-\d{2}-\d{2}$", True),
        ("^(?:ab)*c{1,200}$", True),
        ("^(a|b)?[0-9]+$", True),
        ("^(a+)+$", False),
        ("^(a|a)*$", False),
        ("^((ab)*c)*$", False),
        ("a{2000}", False),
        ("(a{100}){100}", False),
        ("(ab){40}(cd){40}", False),
        (r"^\p{L}+$", False),
    ],
)
def test_a_pattern_guides_the_model_only_where_its_grammar_stays_small(
    pattern: str,
    guides: bool,  # noqa: FBT001 - a case's outcome
) -> None:
    assert is_guidable(pattern) is guides
