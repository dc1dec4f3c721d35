"""Validation of values against a JSON Schema, in time linear in the value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jsonschema_rs

from tasks.model.schema_parts import Schema, SchemaRejected

MOST_PATTERN = 200
# Room for some hundred repetitions of a class of letters; compiled in under 1 ms.
PATTERN_BYTES = 262_144
# An error takes some 11 µs and a copy of the `enum` that it names.
MOST_ERRORS = 5_000

_PATTERNS = jsonschema_rs.RegexOptions(size_limit=PATTERN_BYTES, dfa_size_limit=PATTERN_BYTES)


def check_pattern(pattern: str) -> str | None:
    """What is wrong with a pattern for the linear engine (Rust's regex), and what to do."""
    if len(pattern) > MOST_PATTERN:
        return f"longer than {MOST_PATTERN} characters: shorten it"
    try:
        _validator({"pattern": pattern})
    except ValueError:
        return (
            "the pattern cannot be used: it must be a regular expression without look-around and "
            "references to groups (\\1), with some hundred repetitions at most"
        )
    return None


class SchemaValidator:
    """Checks values against one schema.

    Args:
        schema: A schema (2020-12) that was checked.
        heaviest: The greatest number of schemas and `enum` values that apply to one value.
        patterns: The number of patterns, which take most of the validator's memory.
    """

    def __init__(self, schema: Schema, heaviest: int, patterns: int = 0) -> None:
        self._heaviest = heaviest
        self.patterns = patterns
        try:
            self._validator = _validator(schema)
        except ValueError as error:
            raise SchemaRejected(f"the schema cannot be used: {str(error)[:200]}") from None

    def is_valid(self, value: Any) -> bool:
        """Whether the value fits the schema. False for text that is not valid Unicode."""
        try:
            return self._validator.is_valid(value)
        except ValueError:
            return False

    def errors(self, value: Any) -> Sequence[jsonschema_rs.ValidationError]:
        """The value's errors: all where there can be only some thousand, else the first."""
        if self.lists_all(value):
            return list(self._validator.iter_errors(value))
        try:
            self._validator.validate(value)
        except jsonschema_rs.ValidationError as error:
            return [error]
        return []

    def lists_all(self, value: Any) -> bool:
        """Whether `errors` has all errors of the value."""
        return _count(value) * self._heaviest <= MOST_ERRORS


def _validator(schema: Schema) -> jsonschema_rs.Draft202012Validator:
    # Without `offline` the library fetches what `$ref` and `$schema` name.
    own = {name: value for name, value in schema.items() if name != "$schema"}
    return jsonschema_rs.Draft202012Validator(own, pattern_options=_PATTERNS, offline=True)


def _count(value: Any) -> int:
    """The number of values in a JSON value, itself included."""
    count, waiting = 0, [value]
    while waiting:
        item = waiting.pop()
        count += 1
        if isinstance(item, dict):
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
    return count
