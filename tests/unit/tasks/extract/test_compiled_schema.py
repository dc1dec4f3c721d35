from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.extract.compiled_schema import SchemaCache
from tasks.model.schema_parts import SchemaRejected


def schema_of(*names: str, kind: str = "string") -> dict[str, Any]:
    return {"type": "object", "properties": {name: {"type": kind} for name in names}}


def form(size: int, **other: Any) -> dict[str, Any]:
    return schema_of(*(f"field_{n}" for n in range(size)), **other)


def test_a_schema_is_compiled_once() -> None:
    cache = SchemaCache()
    assert cache.compiled(schema_of("a")) is cache.compiled(schema_of("a"))


def test_a_schema_with_its_names_in_another_order_is_asked_for_in_that_order() -> None:
    cache = SchemaCache()
    cache.compiled(schema_of("a", "b"))
    assert list(cache.compiled(schema_of("b", "a")).guided["properties"]) == ["b", "a"]


def test_changing_a_schema_afterwards_does_not_change_what_was_compiled() -> None:
    cache, schema = SchemaCache(), schema_of("a")
    compiled = cache.compiled(schema)
    schema["properties"]["b"] = {"type": "string"}
    assert list(compiled.schema["properties"]) == ["a"]


def test_a_rejected_schema_is_rejected_again_with_the_same_words() -> None:
    cache, schema = SchemaCache(), form(40, kind="text")
    with pytest.raises(SchemaRejected) as first:
        cache.compiled(schema)
    with pytest.raises(SchemaRejected) as second:
        cache.compiled(schema)
    assert (str(second.value), second.value.pointer) == (str(first.value), first.value.pointer)


def test_the_cache_drops_the_schemas_that_were_used_longest_ago() -> None:
    cache = SchemaCache(most_characters=3_000)
    first, second, third = (form(40, kind=kind) for kind in ("string", "number", "integer"))
    compiled = {"first": cache.compiled(first), "second": cache.compiled(second)}
    cache.compiled(first)
    cache.compiled(third)
    assert cache.compiled(first) is compiled["first"]
    assert cache.compiled(second) is not compiled["second"]


REFS = st.sampled_from(["#", "#/x", "#/$defs/a", "#/$defs/b", "#/properties/a", "#/x/items", "y"])
LEAVES = st.one_of(
    st.booleans(),
    st.integers(-9, 9),
    st.none(),
    st.sampled_from(["object", "array", "string", "a"]),
)
KEYWORDS = st.sampled_from(
    ["type", "properties", "$defs", "a", "b", "x", "items", "prefixItems", "anyOf", "allOf", "not",
     "required", "enum", "const", "additionalProperties", "patternProperties", "minItems",
     "maxLength", "pattern", "minimum", "dependentSchemas", "if"]
)  # fmt: skip
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(KEYWORDS, inner, max_size=4),
        st.builds(lambda ref, rest: {**rest, "$ref": ref}, REFS, st.dictionaries(KEYWORDS, inner)),
        st.builds(lambda a, b: {"properties": {"a": a, "b": b}}, inner, inner),
        st.builds(lambda a, b: {"allOf": [a, {"anyOf": [b, {"type": "string"}]}]}, inner, inner),
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(KEYWORDS, VALUES, max_size=5), VALUES, VALUES)
def test_any_object_is_compiled_or_rejected_and_never_crashes(
    schema: dict[str, Any], first: Any, second: Any
) -> None:
    whole = {**schema, "type": "object", "$defs": {"a": first, "b": second}, "x": second}
    try:
        compiled = SchemaCache().compiled(whole)
    except SchemaRejected:
        return
    compiled.validator.is_valid({"a": {"b": 1}, "x": []})
