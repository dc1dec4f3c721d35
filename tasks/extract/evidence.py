"""A model's answer to a caller's schema: reading, merging and checking values with quotes."""

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
    """A value and the quote that the model gives for it."""

    value: Any
    quote: Quote


Node: TypeAlias = "Leaf | dict[str, Node] | list[Node] | None"


def read_node(answer: object, finder: QuoteFinder, start: int = 0, end: int | None = None) -> Node:
    """Read the answer to a guided schema, and look its quotes up, between `start` and `end` first.

    Raises `OutputError` for a value without a quote.
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
        return Leaf(answer["value"], _quote(answer, finder, start, end))
    return {name: read_node(value, finder, start, end) for name, value in answer.items()}


def values_node(answer: object) -> Node:
    """Read the answer to a schema without quotes."""
    if answer is None:
        return None
    if isinstance(answer, list):
        return [values_node(item) for item in answer]
    if isinstance(answer, dict):
        return {name: values_node(value) for name, value in answer.items()}
    return Leaf(answer, Quote(text="", match=Match.none))


def _quote(answer: Mapping[str, Any], finder: QuoteFinder, start: int, end: int | None) -> Quote:
    """The model's quote, or the value's occurrence where only that is in the source."""
    quote, value = finder.find(answer["quote"], start, end), answer["value"]
    if quote.match is Match.none and isinstance(value, str) and len(value.strip()) > 1:
        occurrence = finder.find(value, start, end)
        return quote if occurrence.match is Match.none else occurrence
    return quote


def merge(first: Node, second: Node) -> Node:
    """Merge the answers for two parts: arrays are joined, else the first value with a found quote
    wins.
    """
    if isinstance(first, dict) and isinstance(second, dict):
        names = [*first, *(name for name in second if name not in first)]
        return {name: merge(first.get(name), second.get(name)) for name in names}
    if isinstance(first, list) and isinstance(second, list):
        return _without_repeats([*first, *second])
    if _is_quoted(second) and not _is_quoted(first):
        return second
    return first if _has_value(first) else second


def _is_quoted(node: Node) -> bool:
    return any(leaf.quote.match is not Match.none for leaf in _leaves(node))


def _has_value(node: Node) -> bool:
    """Whether the model gave a value. An empty array is one: it means that there are no items."""
    if isinstance(node, dict):
        return any(_has_value(child) for child in node.values())
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
    unique: dict[str, Node] = {}
    for item in items:
        key = json.dumps(plain(item), sort_keys=True, ensure_ascii=False)
        if key not in unique or (_is_quoted(item) and not _is_quoted(unique[key])):
            unique[key] = item
    return list(unique.values())


def plain(node: Node) -> Any:
    """The values without their quotes."""
    if isinstance(node, Leaf):
        return node.value
    if isinstance(node, dict):
        return {name: plain(child) for name, child in node.items()}
    if isinstance(node, list):
        return [plain(child) for child in node]
    return None


def fitted(node: Node, schema: Schema, root: Schema) -> Node:
    """The node without nulls that the schema does not allow, and without surplus items."""
    schema = _branch(node, flattened(schema, root), root)
    if isinstance(node, dict):
        return _fitted_object(node, schema, root)
    if isinstance(node, list):
        return _fitted_array(node, schema, root)
    return node


def _fitted_object(node: Mapping[str, Node], schema: Schema, root: Schema) -> dict[str, Node]:
    required = schema.get("required", [])
    members: dict[str, Node] = {}
    for name, value in node.items():
        part = _part(schema, name)
        child = fitted(value, part, root)
        if _is_allowed(child, part, root, required=name in required):
            members[name] = child
    return members


def _is_allowed(child: Node, schema: Schema, root: Schema, *, required: bool) -> bool:
    """False for a null that the schema does not allow, an optional empty object, a short array."""
    if child is None:
        return accepts_null(schema, root)
    if isinstance(child, list):
        least: int = flattened(schema, root).get("minItems", 0)
        return len(child) >= least
    return required or not isinstance(child, dict) or _has_value(child)


def _fitted_array(node: list[Node], schema: Schema, root: Schema) -> list[Node]:
    first = schema.get("prefixItems", [])
    parts = [as_schema(part) for part in first]
    rest = as_schema(schema.get("items", True))
    pairs = [(item, parts[i] if i < len(parts) else rest) for i, item in enumerate(node)]
    items = [
        fitted(item, part, root)
        for item, part in pairs
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
    """The first alternative that has all of the node's properties."""
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
    """Every value with its JSON pointer in the data."""
    if isinstance(node, Leaf):
        yield pointer(*steps), node
    elif isinstance(node, dict):
        for name, child in node.items():
            yield from leaves_by_pointer(child, *steps, name)
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from leaves_by_pointer(child, *steps, index)


def missing_values(data: object, validator: Draft202012Validator) -> list[str]:
    """JSON pointers of values that the schema requires and the data does not have.

    Raises `OutputError` where the data does not fit the schema for any other reason.
    """
    missing: list[str] = []
    for error in validator.iter_errors(data):
        absent = _absent(error)
        if absent is None:
            rule = pointer(*error.absolute_schema_path)
            raise OutputError(f"The model's answer does not fit the schema's rule at {rule}.")
        missing += absent
    return list(dict.fromkeys(missing))


def _absent(error: ValidationError) -> list[str] | None:
    """The absent values, or None where the error has another cause."""
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
        absent = [_absent(inner) for inner in errors]
        if all(pointers is not None for pointers in absent):
            return [path for pointers in absent if pointers for path in pointers]
    return None
