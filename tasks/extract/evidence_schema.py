"""The schema that guides a model to quote the source with every value.

Each scalar of the caller's schema becomes `{"quote": …, "value": …}`; objects and arrays keep their
shape. Every property is required, and an optional one may be null. Only keywords that vLLM's guided
decoding (xgrammar) supports are passed on; the others are checked when the answer is validated.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from tasks.extract.schema_reader import SchemaReader, implied_types, types_of
from tasks.model.answer_schema import object_of, text_of
from tasks.model.schema_parts import NOTHING, Schema, as_schema

LONGEST_QUOTE = 200
LONGEST_BOUND = 1_000
LARGEST_NUMBER = 10**15
MOST_GUIDED_ITEMS = 1_000
MOST_COPIES = 1_000

_NULL = {"type": "null"}
_SCALARS = ("string", "integer", "number", "boolean")
_FORMATS = frozenset({"date", "time", "date-time", "email", "uuid", "ipv4"})
_GUIDABLE_PATTERN = re.compile(
    r"(?:\\[dws.\-/()\[\]+*?^$]|\\u[0-9a-fA-F]{4}|\((?!\?)|\(\?:|[^\\(])*"
)
_COUNTS = re.compile(r"(\))?\{(\d*)(?:,(\d*))?\}")


def guided_schema(
    reader: SchemaReader, *, relaxed: bool = False, quoted: bool = True
) -> dict[str, Any]:
    """The schema for guided decoding that corresponds to the accepted schema of `reader`.

    `relaxed` also allows null for required values outside arrays, for a part of a document.
    Without `quoted`, values stay plain.
    """
    guide = _Guide(reader, quoted=quoted)
    guided = guide.object(reader.flattened(reader.root), relaxed=relaxed)
    guide.define()
    return guided | ({"$defs": guide.definitions} if guide.definitions else {})


def _any_of(choices: list[dict[str, Any]]) -> dict[str, Any]:
    return choices[0] if len(choices) == 1 else {"anyOf": choices}


class _Guide:
    """Builds the guided schema for one caller's schema.

    What a reference or an `allOf` stands for becomes one of the `definitions`, once.
    """

    def __init__(self, reader: SchemaReader, *, quoted: bool) -> None:
        self._reader = reader
        self._quoted = quoted
        self._names: dict[tuple[int, bool], str] = {}
        self._waiting: list[tuple[str, Schema, bool]] = []
        self.definitions: dict[str, Any] = {}

    def define(self) -> None:
        """Build the definitions that are referred to."""
        while self._waiting:
            name, schema, relaxed = self._waiting.pop()
            self.definitions[name] = _any_of(self._choices(schema, relaxed=relaxed) or [_NULL])

    def value(self, schema: object, *, relaxed: bool, optional: bool) -> dict[str, Any]:
        """The guided schema of one value: its alternatives, and null where it may be absent."""
        one = as_schema(schema)
        choices = self._choices(one, relaxed=relaxed)
        if optional or not choices or self._reader.accepts_null(one):
            choices = [*choices, _NULL]
        return _any_of(choices)

    def _choices(self, schema: Schema, *, relaxed: bool) -> list[dict[str, Any]]:
        if "$ref" in schema or "allOf" in schema:
            return [self._reference(schema, relaxed=relaxed)]
        if "const" in schema or "enum" in schema:
            values = [schema["const"]] if "const" in schema else schema["enum"]
            known = [value for value in values if value is not None]
            return [self._leaf({"enum": known})] if known else []
        types = types_of(schema)
        if not types:
            for branches in ("anyOf", "oneOf"):
                if branches in schema:
                    parts = [as_schema(part) for part in schema[branches]]
                    return [c for part in parts for c in self._choices(part, relaxed=relaxed)]
            types = implied_types(schema) or list(_SCALARS)
        if schema == NOTHING:
            return []
        return [self._typed(name, schema, relaxed=relaxed) for name in types if name != "null"]

    def _typed(self, name: str, schema: Schema, *, relaxed: bool) -> dict[str, Any]:
        if name == "object":
            return self.object(schema, relaxed=relaxed)
        if name == "array":
            return self._array(schema, relaxed=relaxed)
        return self._leaf({"type": name} | _bounds(name, schema))

    def _reference(self, schema: Schema, *, relaxed: bool) -> dict[str, Any]:
        flat = self._reader.flattened(schema)
        key = id(flat), relaxed
        if key not in self._names:
            self._names[key] = name = f"d{len(self._names)}"
            self._waiting.append((name, flat, relaxed))
        return {"$ref": f"#/$defs/{self._names[key]}"}

    def object(self, schema: Schema, *, relaxed: bool) -> dict[str, Any]:
        required = schema.get("required", [])
        named = {**schema.get("properties", {})}
        named |= {name: True for name in required if name not in named}
        properties = {
            name: self.value(part, relaxed=relaxed, optional=relaxed or name not in required)
            for name, part in named.items()
            if part is not False
        }
        guided: dict[str, Any] = {"type": "object"}
        if properties:
            guided |= {"properties": properties, "required": list(properties)}
        return guided | {"additionalProperties": self._others(schema, relaxed=relaxed)}

    def _others(self, schema: Schema, *, relaxed: bool) -> dict[str, Any] | bool:
        """The schema of additional properties; False where the object allows none."""
        patterns = list(schema.get("patternProperties", {}).values())
        others = schema.get("additionalProperties", not schema.get("properties"))
        if isinstance(others, bool) and patterns:
            others = patterns[0]
        if others is False or (others is True and schema.get("properties")):
            return False
        return self.value(others, relaxed=relaxed, optional=False)

    def _array(self, schema: Schema, *, relaxed: bool) -> dict[str, Any]:
        guided: dict[str, Any] = {"type": "array"}
        first = schema.get("prefixItems", [])
        if first:
            items = [self.value(part, relaxed=False, optional=False) for part in first]
            guided |= {"prefixItems": items, "items": False, "minItems": len(first)}
            return guided
        guided["items"] = self.value(schema.get("items", True), relaxed=False, optional=False)
        bounds = _selected(schema, ("maxItems",) if relaxed else ("minItems", "maxItems"))
        return guided | {key: int(n) for key, n in bounds.items() if n <= MOST_GUIDED_ITEMS}

    def _leaf(self, value: dict[str, Any]) -> dict[str, Any]:
        if not self._quoted:
            return value
        return object_of(quote=text_of(LONGEST_QUOTE), value=value)


def _bounds(name: str, schema: Schema) -> dict[str, Any]:
    if name == "string":
        return _string_bounds(schema)
    if name not in {"integer", "number"}:
        return {}
    limits = _selected(schema, ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"))
    if any(abs(limit) > LARGEST_NUMBER for limit in limits.values()):
        return {}
    if name == "integer":
        limits = {key: int(limit) for key, limit in limits.items() if limit == int(limit)}
    # Without limits a weak model can generate digits until the token limit.
    if not {"minimum", "exclusiveMinimum"} & limits.keys():
        limits["minimum"] = -LARGEST_NUMBER
    if not {"maximum", "exclusiveMaximum"} & limits.keys():
        limits["maximum"] = LARGEST_NUMBER
    return limits


def _string_bounds(schema: Schema) -> dict[str, Any]:
    """One kind of bound: xgrammar does not combine a pattern or format with a length."""
    if is_guidable(schema.get("pattern")):
        return {"pattern": schema["pattern"]}
    if schema.get("format") in _FORMATS:
        return {"format": schema["format"]}
    if schema.get("maxLength", LONGEST_BOUND + 1) > LONGEST_BOUND:
        return {}
    bounds = _selected(schema, ("minLength", "maxLength"))
    return {key: int(length) for key, length in bounds.items()}


def is_guidable(pattern: str | None) -> bool:
    """Whether guided decoding takes the pattern: its grammar is a copy for each repetition."""
    if pattern is None or not _GUIDABLE_PATTERN.fullmatch(pattern):
        return False
    if _repeats_choices(pattern):
        return False
    copies, groups = 0, 1
    for closing, least, most in _COUNTS.findall(pattern):
        count = max(int(least or 0), int(most or 0))
        copies, groups = (copies, groups * max(1, count)) if closing else (copies + count, groups)
    return max(copies, 1) * groups <= MOST_COPIES


def _repeats_choices(pattern: str) -> bool:
    """Whether a repeated group contains a repetition or an alternative."""
    groups, escaped = [False], False
    for char, following in zip(pattern, f"{pattern[1:]} ", strict=True):
        if escaped or char == "\\":
            escaped = not escaped
        elif char == "(":
            groups.append(False)
        elif char == ")" and len(groups) > 1:
            repeated, choices = following in "*+{", groups.pop()
            if repeated and choices:
                return True
            groups[-1] |= repeated or choices
        elif char in "|*+?{" and following != ":":
            groups[-1] = True
    return False


def _selected(schema: Schema, keywords: Iterable[str]) -> dict[str, Any]:
    return {keyword: schema[keyword] for keyword in keywords if keyword in schema}
