"""A model's answer to a caller's schema: reading, merging and checking values with quotes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from jsonschema_rs import ValidationError, ValidationErrorKind

from tasks.errors import OutputError
from tasks.extract.compiled_schema import CompiledSchema
from tasks.extract.evidence_schema import LONGEST_QUOTE
from tasks.extract.schema_reader import SchemaReader
from tasks.model.schema_parts import Schema, as_schema, pointer
from tasks.text.quotes import Match, Quote, QuoteFinder


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value and the quote that the model gives for it."""

    value: Any
    quote: Quote


Node: TypeAlias = "Leaf | dict[str, Node] | list[Node] | None"


class EvidenceReader:
    """Reads answers to a guided schema, and looks the first `most` quotes up."""

    def __init__(self, finder: QuoteFinder, most: int) -> None:
        self._finder = finder
        self._remaining = most

    def read(self, answer: object, start: int = 0, end: int | None = None) -> Node:
        """Read one answer; quotes are looked up between `start` and `end` first.

        Raises `OutputError` for a value without a quote.
        """
        if answer is None:
            return None
        if isinstance(answer, list):
            return [self.read(item, start, end) for item in answer]
        if not isinstance(answer, dict):
            raise OutputError("The model gave a value without a quote. Check guided decoding.")
        if answer.keys() == {"quote", "value"} and isinstance(answer["quote"], str):
            if answer["value"] is None:
                return None
            return Leaf(answer["value"], self._quote(answer, start, end))
        return {name: self.read(value, start, end) for name, value in answer.items()}

    def _quote(self, answer: Mapping[str, Any], start: int, end: int | None) -> Quote:
        """The model's quote, or the value's occurrence where only that is in the source."""
        self._remaining -= 1
        words, value = answer["quote"][:LONGEST_QUOTE], answer["value"]
        if self._remaining < 0:
            return Quote(text=words, match=Match.none)
        quote = self._finder.find(words, start, end)
        if quote.match is Match.none and isinstance(value, str) and len(value.strip()) > 1:
            occurrence = self._finder.find(value, start, end)
            return quote if occurrence.match is Match.none else occurrence
        return quote


def values_node(answer: object) -> Node:
    """Read the answer to a schema without quotes."""
    if answer is None:
        return None
    if isinstance(answer, list):
        return [values_node(item) for item in answer]
    if isinstance(answer, dict):
        return {name: values_node(value) for name, value in answer.items()}
    return Leaf(answer, Quote(text="", match=Match.none))


def merge(nodes: Sequence[Node]) -> Node:
    """Merge the answers for parts of a document, in time linear in their size.

    Objects are merged by name, arrays are joined without repeats; of other values the first with a
    found quote wins, else the first.
    """
    present = [node for node in nodes if node is not None]
    if len(present) <= 1:
        return present[0] if present else None
    objects = [node for node in present if isinstance(node, dict)]
    arrays = [node for node in present if isinstance(node, list)]
    candidates: list[Node] = [node for node in present if isinstance(node, Leaf)]
    if objects:
        names = dict.fromkeys(name for node in objects for name in node)
        merged = {name: merge([one[name] for one in objects if name in one]) for name in names}
        candidates.append(merged)
    if arrays:
        candidates.append(_without_repeats([item for node in arrays for item in node]))
    if len(candidates) == 1:
        return candidates[0]
    quoted = (node for node in candidates if _is_quoted(node))
    return next(quoted, next((node for node in candidates if _has_value(node)), candidates[0]))


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


def fitted(node: Node, schema: Schema, reader: SchemaReader) -> Node:
    """The node without nulls that the schema does not allow, and without surplus items."""
    if isinstance(node, dict):
        return _fitted_object(node, reader.branch(node, schema), reader)
    if isinstance(node, list):
        return _fitted_array(node, reader.branch(node, schema), reader)
    return node


def _fitted_object(
    node: Mapping[str, Node], schema: Schema, reader: SchemaReader
) -> dict[str, Node]:
    required = frozenset(schema.get("required", ()))
    members: dict[str, Node] = {}
    for name, value in node.items():
        part = _part(schema, name)
        child = fitted(value, part, reader)
        if _is_allowed(child, part, reader, required=name in required):
            members[name] = child
    return members


def _is_allowed(child: Node, schema: Schema, reader: SchemaReader, *, required: bool) -> bool:
    """False for a null that the schema does not allow, an optional empty object, a short array."""
    if child is None:
        return reader.accepts_null(schema)
    if isinstance(child, list):
        least: float = reader.flattened(schema).get("minItems", 0)
        return len(child) >= least
    return required or not isinstance(child, dict) or _has_value(child)


def _fitted_array(node: list[Node], schema: Schema, reader: SchemaReader) -> list[Node]:
    items = [
        fitted(item, part, reader)
        for item, part in zip(node, _item_schemas(schema, len(node)), strict=True)
        if item is not None or reader.accepts_null(part)
    ]
    if schema.get("uniqueItems"):
        items = _without_repeats(items)
    most = int(schema.get("maxItems", len(items)))
    return items[:most]


def _item_schemas(schema: Schema, count: int) -> list[Schema]:
    first = [as_schema(part) for part in schema.get("prefixItems", [])][:count]
    rest = as_schema(schema.get("items", True))
    return [*first, *[rest] * (count - len(first))]


def _part(schema: Schema, name: str) -> Schema:
    if name in schema.get("properties", {}):
        return as_schema(schema["properties"][name])
    others = schema.get("additionalProperties", True)
    patterns = list(schema.get("patternProperties", {}).values())
    return as_schema(patterns[0] if isinstance(others, bool) and patterns else others)


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


def missing_values(data: object, compiled: CompiledSchema) -> list[str]:
    """JSON pointers of values that the schema requires and the data does not have.

    Raises `OutputError` where the data does not fit the schema for any other reason.
    """
    if compiled.validator.is_valid(data):
        return []
    errors = compiled.validator.errors(data)
    missing: list[str] = []
    for error in errors:
        absent = _absent(error)
        if absent is None:
            rule = pointer(*error.schema_path)
            raise OutputError(f"The model's answer does not fit the schema's rule at {rule}.")
        missing += absent
    if not compiled.validator.lists_all(data):
        missing += _all_absent(data, compiled.schema, compiled.reader)
    return list(dict.fromkeys(missing))


def _absent(error: ValidationError) -> list[str] | None:
    """The absent values, or None where the error has another cause."""
    kind = error.kind
    if isinstance(kind, ValidationErrorKind.Required):
        return [pointer(*error.instance_path, kind.property)]
    if not isinstance(kind, ValidationErrorKind.AnyOf | ValidationErrorKind.OneOfNotValid):
        return None
    for errors in kind.context:
        absent = [_absent(inner) for inner in errors]
        if absent and all(pointers is not None for pointers in absent):
            return [path for pointers in absent if pointers for path in pointers]
    return None


def _all_absent(
    data: object, schema: Schema, reader: SchemaReader, *steps: str | int
) -> Iterator[str]:
    """The absent values of an answer for which validation would list too many errors."""
    if isinstance(data, dict):
        schema = reader.branch(data, schema)
        for name in schema.get("required", ()):
            if name not in data:
                yield pointer(*steps, name)
        for name, value in data.items():
            yield from _all_absent(value, _part(schema, name), reader, *steps, name)
    elif isinstance(data, list):
        parts = _item_schemas(reader.branch(data, schema), len(data))
        for index, (item, part) in enumerate(zip(data, parts, strict=True)):
            yield from _all_absent(item, part, reader, *steps, index)
