from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tasks.extract.evidence import EvidenceReader, fitted, plain
from tasks.extract.evidence_schema import guided_schema as guided_by
from tasks.extract.schema_reader import SchemaReader
from tasks.model.caller_schema import check_caller_schema
from tasks.text.quotes import QuoteFinder
from tests.unit.tasks.documents import document

NAMES = st.sampled_from(["quote", "value", "a/b", "~", "名称", "properties", "$ref"])
TEXTS = st.text(st.sampled_from('ab 政府"\n'), max_size=8)
Case = tuple[dict[str, Any], Any]


def guided_schema(schema: dict[str, Any], *, relaxed: bool = False) -> dict[str, Any]:
    return guided_by(SchemaReader(schema), relaxed=relaxed)


def scalar_cases() -> st.SearchStrategy[Case]:
    """A schema of one value, and a value that fits it."""

    def case(schema: dict[str, Any], values: st.SearchStrategy[Any]) -> st.SearchStrategy[Case]:
        return st.tuples(st.just(schema), values)

    return st.one_of(
        case({"type": "string"}, TEXTS),
        case({"type": "string", "maxLength": 8, "description": "d"}, TEXTS),
        case({"type": "string", "pattern": "^a+$"}, st.just("aa")),
        case({"type": "string", "format": "date", "maxLength": 10}, st.just("2024-03-05")),
        case({"type": "integer", "minimum": 3, "maximum": 9}, st.integers(3, 9)),
        case({"type": "number", "multipleOf": 0.5}, st.integers(-9, 9).map(lambda n: n / 2)),
        case({"type": "boolean"}, st.booleans()),
        case({"type": ["string", "null"]}, st.one_of(TEXTS, st.none())),
        case({"enum": ["x", 3, None, {"quote": 1}]}, st.sampled_from(["x", 3, None, {"quote": 1}])),
        case({"const": "fixed"}, st.just("fixed")),
        case({}, st.one_of(TEXTS, st.integers(-9, 9), st.booleans(), st.none())),
        case({"anyOf": [{"type": "integer"}, {"type": "null"}]}, st.one_of(st.none(), st.just(4))),
        case({"$ref": "#/$defs/word"}, st.just("word")),
    )


def array_cases(children: st.SearchStrategy[Case]) -> st.SearchStrategy[Case]:
    return children.flatmap(
        lambda case: st.integers(0, 3).map(
            lambda count: ({"type": "array", "items": case[0], "maxItems": 3}, [case[1]] * count)
        )
    )


@st.composite
def object_cases(draw: st.DrawFn, children: st.SearchStrategy[Case]) -> Case:
    named = draw(st.dictionaries(NAMES, children, min_size=1, max_size=4))
    required = [name for name in named if draw(st.booleans())]
    schema = {name: case[0] for name, case in named.items()}
    data = {
        name: case[1] for name, case in named.items() if name in required or case[1] is not None
    }
    return {"type": "object", "properties": schema, "required": required}, data


def union_cases(children: st.SearchStrategy[Case]) -> st.SearchStrategy[Case]:
    return children.map(lambda case: ({"oneOf": [case[0], {"type": "null"}]}, case[1]))


NESTED = st.recursive(
    scalar_cases(),
    lambda children: st.one_of(array_cases(children), object_cases(children)),
    max_leaves=8,
)


def answered(data: Any, schema: Any) -> Any:
    """`data` as a model guided by the schema would give it: leaves with quotes, absent as null."""
    if isinstance(schema, dict) and "properties" in schema and isinstance(data, dict):
        return {name: answered(data.get(name), part) for name, part in schema["properties"].items()}
    if isinstance(schema, dict) and "items" in schema and isinstance(data, list):
        return [answered(item, schema["items"]) for item in data]
    return None if data is None else {"quote": "", "value": data}


@given(case=object_cases(NESTED))
def test_valid_data_comes_back_as_it_was(case: Case) -> None:
    schema, data = case
    schema = {**schema, "$defs": {"word": {"type": "string", "enum": ["word"]}}}
    check_caller_schema(schema)
    answer = answered(data, schema)
    for relaxed in (False, True):
        guided = guided_schema(schema, relaxed=relaxed)
        Draft202012Validator.check_schema(guided)
        Draft202012Validator(guided).validate(answer)
    reader = EvidenceReader(QuoteFinder(document("x")), 100)
    node = fitted(reader.read(answer), schema, SchemaReader(schema))
    Draft202012Validator(schema).validate(plain(node))
    assert without_nulls(plain(node), schema) == without_nulls(data, schema)


def without_nulls(data: Any, schema: Any) -> Any:
    """Without optional nulls and objects that have no values: these equal absent ones."""
    if isinstance(data, dict) and "properties" in schema:
        parts = schema["properties"]
        kept = {name: without_nulls(value, parts[name]) for name, value in data.items()}
        required = schema.get("required", [])
        return {
            name: value for name, value in kept.items() if name in required or not is_nothing(value)
        }
    if isinstance(data, list) and "items" in schema:
        return [without_nulls(item, schema["items"]) for item in data]
    return data


def is_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, dict) and all(map(is_nothing, value.values())))


def test_every_keyword_in_a_guided_schema_is_one_that_guided_decoding_takes() -> None:
    schema = {
        "type": "object",
        "properties": {
            "n": {"type": "number", "multipleOf": 2},
            "s": {"type": "string", "pattern": r"^\p{L}x$", "maxLength": 5, "minLength": 2},
            "d": {"type": "string", "format": "date", "maxLength": 10},
            "f": {"type": "string", "format": "idn-email"},
            "l": {
                "type": "array",
                "items": {"type": "integer", "minimum": 0.5},
                "uniqueItems": True,
            },
            "m": {"type": "object", "patternProperties": {"^x": {"type": "integer"}}},
        },
        "patternProperties": {"^y": {"type": "integer"}},
        "propertyNames": {"maxLength": 5},
        "if": {"required": ["n"]},
        "then": {"required": ["s"]},
        "not": {"required": ["z"]},
    }
    check_caller_schema({**schema, "properties": {**schema["properties"], "s": {}}})  # type: ignore[dict-item]
    guided = guided_schema(schema)["properties"]
    leaves = {name: place["anyOf"][0] for name, place in guided.items()}
    assert leaves["n"]["properties"]["value"].keys() == {"type", "minimum", "maximum"}
    assert leaves["s"]["properties"]["value"] == {"type": "string", "maxLength": 5, "minLength": 2}
    assert leaves["d"]["properties"]["value"] == {"type": "string", "format": "date"}
    assert leaves["f"]["properties"]["value"] == {"type": "string"}
    assert leaves["l"].keys() == {"type", "items"}
    assert "minimum" in leaves["l"]["items"]["properties"]["value"]
    assert leaves["l"]["items"]["properties"]["value"]["minimum"] < 0
    assert leaves["m"].keys() == {"type", "additionalProperties"}
    assert "patternProperties" not in guided_schema(schema)


def test_a_recursive_schema_is_guided_by_definitions() -> None:
    schema = {
        "type": "object",
        "properties": {"root": {"$ref": "#/$defs/node"}},
        "required": ["root"],
        "$defs": {
            "node": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "children": {"type": "array", "items": {"$ref": "#/$defs/node"}},
                },
                "required": ["name"],
            }
        },
    }
    check_caller_schema(schema)
    leaf = {"quote": "", "value": "a"}
    answer = {"root": {"name": leaf, "children": [{"name": leaf, "children": None}]}}
    Draft202012Validator(guided_schema(schema)).validate(answer)
    Draft202012Validator(guided_schema(schema, relaxed=True)).validate({"root": None})


def test_required_values_are_forced_where_the_document_is_in_one_part() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    assert not Draft202012Validator(guided_schema(schema)).is_valid({"a": None})
    assert Draft202012Validator(guided_schema(schema, relaxed=True)).is_valid({"a": None})
