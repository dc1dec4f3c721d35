"""What a model gave for a caller's schema: values with quotes, merged, checked and taken apart."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from tasks.errors import OutputError
from tasks.extract.evidence_schema import accepts_null, flattened
from tasks.model.caller_schema import Schema, as_schema, pointer
from tasks.text.quotes import Match, Quote, QuoteFinder


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value and the words that the model says show it."""

    value: Any
    quote: Quote


Node: TypeAlias = "Leaf | dict[str, Node] | list[Node] | None"


def read_node(answer: object, finder: QuoteFinder, start: int = 0, end: int | None = None) -> Node:
    """The answer to a guided schema, its quotes looked up, first between `start` and `end`.

    Raises `OutputError` where a value has no quote beside it.
    """
    if answer is None:
        return None
    if isinstance(answer, list):
        return [read_node(item, finder, start, end) for item in answer]
    if not isinstance(answer, dict):
        raise OutputError("The model gave a value without a quote. Check guided decoding.")
    if answer.keys() == {"quote", "value"} and isinstance(answer["quote"], str):
        if answer["value"] is None:
            return None
        return Leaf(answer["value"], _shown_by(answer, finder, start, end))
    return {name: read_node(value, finder, start, end) for name, value in answer.items()}


def values_node(answer: object) -> Node:
    """The answer to a schema that asks for no quotes: each value is shown by nothing."""
    if answer is None:
        return None
    if isinstance(answer, list):
        return [values_node(item) for item in answer]
    if isinstance(answer, dict):
        return {name: values_node(value) for name, value in answer.items()}
    return Leaf(answer, Quote(text="", match=Match.none))


def _shown_by(answer: Mapping[str, Any], finder: QuoteFinder, start: int, end: int | None) -> Quote:
    """The model's quote; where it is not in the source but the value's own words are, those."""
    quote, value = finder.find(answer["quote"], start, end), answer["value"]
    if quote.match is Match.none and isinstance(value, str) and len(value.strip()) > 1:
        own = finder.find(value, start, end)
        return quote if own.match is Match.none else own
    return quote


def merge(first: Node, second: Node) -> Node:
    """Of two parts of a document: the first value whose quote was found; arrays put together."""
    if isinstance(first, dict) and isinstance(second, dict):
        names = [*first, *(name for name in second if name not in first)]
        return {name: merge(first.get(name), second.get(name)) for name in names}
    if isinstance(first, list) and isinstance(second, list):
        return _without_repeats([*first, *second])
    return second if _found(second) and not _found(first) else first if _says(first) else second


def _found(node: Node) -> bool:
    return any(leaf.quote.match is not Match.none for leaf in _leaves(node))


def _says(node: Node) -> bool:
    """Whether the model gave anything: an empty array is something, it says that there are none."""
    if isinstance(node, dict):
        return any(_says(child) for child in node.values())
    return node is not None


def _leaves(node: Node) -> Iterator[Leaf]:
    if isinstance(node, Leaf):
        yield node
    elif isinstance(node, dict):
        for child in node.values():
            yield from _leaves(child)
    elif isinstance(node, list):
        for child in node:
            yield from _leaves(child)


def _without_repeats(items: list[Node]) -> list[Node]:
    kept: dict[str, Node] = {}
    for item in items:
        key = json.dumps(plain(item), sort_keys=True, ensure_ascii=False)
        if key not in kept or (_found(item) and not _found(kept[key])):
            kept[key] = item
    return list(kept.values())


def plain(node: Node) -> Any:
    """The values alone."""
    if isinstance(node, Leaf):
        return node.value
    if isinstance(node, dict):
        return {name: plain(child) for name, child in node.items()}
    if isinstance(node, list):
        return [plain(child) for child in node]
    return None


def fitted(node: Node, schema: Schema, root: Schema) -> Node:
    """Without what the schema has no place for: nulls that it does not take, items too many."""
    schema = _branch(node, flattened(schema, root), root)
    if isinstance(node, dict):
        return _fitted_object(node, schema, root)
    if isinstance(node, list):
        return _fitted_array(node, schema, root)
    return node


def _fitted_object(node: Mapping[str, Node], schema: Schema, root: Schema) -> dict[str, Node]:
    required = schema.get("required", [])
    kept: dict[str, Node] = {}
    for name, given in node.items():
        part = _part(schema, name)
        child = fitted(given, part, root)
        if _belongs(child, part, root, required=name in required):
            kept[name] = child
    return kept


def _belongs(child: Node, schema: Schema, root: Schema, *, required: bool) -> bool:
    """Not a null that is not taken, an optional object without values, or too short an array."""
    if child is None:
        return accepts_null(schema, root)
    if isinstance(child, list):
        least: int = flattened(schema, root).get("minItems", 0)
        return len(child) >= least
    return required or not isinstance(child, dict) or _says(child)


def _fitted_array(node: list[Node], schema: Schema, root: Schema) -> list[Node]:
    first = schema.get("prefixItems", [])
    parts = [as_schema(part) for part in first]
    rest = as_schema(schema.get("items", True))
    placed = [(item, parts[i] if i < len(parts) else rest) for i, item in enumerate(node)]
    items = [
        fitted(item, part, root)
        for item, part in placed
        if item is not None or accepts_null(part, root)
    ]
    if schema.get("uniqueItems"):
        items = _without_repeats(items)
    return items[: schema.get("maxItems", len(items))]


def _part(schema: Schema, name: str) -> Schema:
    if name in schema.get("properties", {}):
        return as_schema(schema["properties"][name])
    others = schema.get("additionalProperties", True)
    patterns = list(schema.get("patternProperties", {}).values())
    return as_schema(patterns[0] if isinstance(others, bool) and patterns else others)


def _branch(node: Node, schema: Schema, root: Schema) -> Schema:
    """Of alternatives, the first that has a place for all that the node has."""
    if "properties" in schema or "items" in schema:
        return schema
    branches = [*schema.get("anyOf", []), *schema.get("oneOf", [])]
    flat = [_branch(node, flattened(as_schema(branch), root), root) for branch in branches]
    if isinstance(node, list):
        flat = [branch for branch in flat if {"items", "prefixItems"} & branch.keys()]
    if isinstance(node, dict):
        flat = [branch for branch in flat if node.keys() <= branch.get("properties", {}).keys()]
    return flat[0] if flat else schema


def leaves_by_pointer(node: Node, *steps: str | int) -> Iterator[tuple[str, Leaf]]:
    """Every value that is there, with the JSON pointer of its place in the data."""
    if isinstance(node, Leaf):
        yield pointer(*steps), node
    elif isinstance(node, dict):
        for name, child in node.items():
            yield from leaves_by_pointer(child, *steps, name)
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from leaves_by_pointer(child, *steps, index)


def missing_values(data: object, schema: Schema) -> list[str]:
    """JSON pointers of what the schema requires and the data lacks.

    Raises `OutputError` where the data does not fit the schema for any other reason.
    """
    missing: list[str] = []
    for error in Draft202012Validator(schema).iter_errors(data):
        lacking = _lacking(error)
        if lacking is None:
            place = pointer(*error.absolute_schema_path)
            raise OutputError(f"The model's answer does not fit the schema's rule at {place}.")
        missing += lacking
    return list(dict.fromkeys(missing))


def _lacking(error: ValidationError) -> list[str] | None:
    """What is lacking where that is all that the error is about, else None."""
    if error.validator == "required":
        required: list[str] = error.schema["required"]  # type: ignore[index]
        data: Any = error.instance
        return [pointer(*error.absolute_path, name) for name in required if name not in data]
    if error.validator not in {"anyOf", "oneOf"}:
        return None
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context or []:
        branches.setdefault(inner.schema_path[0], []).append(inner)
    for errors in branches.values():
        lacking = [_lacking(inner) for inner in errors]
        if all(found is not None for found in lacking):
            return [place for found in lacking if found for place in found]
    return None
