"""A caller's JSON Schema: which schemas are accepted."""

from __future__ import annotations

import json
import re
from urllib.parse import unquote

import jsonschema_rs

from tasks.model.schema_graph import check_expansion
from tasks.model.schema_parts import (
    Schema,
    SchemaRejected,
    is_nested_deeper,
    parts_of,
    pointer,
    resolve,
)
from tasks.model.schema_validator import SchemaValidator, check_pattern

MOST_CHARACTERS = 32_768
MOST_DEPTH = 24
MOST_PATTERNS = 50

_UNSUPPORTED = frozenset(
    {"$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor", "$anchor"}
)
_HALVES = re.compile("[\ud800-\udfff]")
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def check_caller_schema(schema: Schema) -> SchemaValidator:
    """Check that a schema can be used, in at most some 20 ms; returns a validator for answers.

    Raises `SchemaRejected`, which says where the fault is and what to do.
    """
    if is_nested_deeper(schema, MOST_DEPTH):
        raise SchemaRejected(
            f"the schema is nested deeper than {MOST_DEPTH} levels: make it flatter"
        )
    text = json.dumps(schema, ensure_ascii=False)
    if len(text) > MOST_CHARACTERS:
        raise SchemaRejected(f"the schema is longer than {MOST_CHARACTERS} characters: shorten it")
    if _HALVES.search(text):
        raise SchemaRejected("the schema has half of a surrogate pair: remove it from its texts")
    if schema.get("type") != "object":
        _check_keywords(schema, "")
        raise SchemaRejected('the schema\'s "type" must be "object" at its root')
    parts = _Parts(schema)
    heaviest = check_expansion(schema, parts.checked)
    return SchemaValidator(schema, heaviest, len(parts.patterns))


class _Parts:
    """Checks every schema within `root`, also those that only references lead to.

    `checked` are these schemas by id, with their JSON pointers; `patterns` are their patterns.
    """

    def __init__(self, root: Schema) -> None:
        self._root = root
        self.patterns: set[str] = set()
        self._waiting = [("", root)]
        self.checked: dict[int, tuple[str, Schema]] = {}
        while self._waiting:
            self._check_tree(*self._waiting.pop())

    def _check_tree(self, top: str, schema: Schema) -> None:
        if id(schema) in self.checked:
            return
        _check_keywords(schema, top)
        for where, part in parts_of(schema, top):
            if id(part) not in self.checked:
                self.checked[id(part)] = where, part
                self._check(where, part)

    def _check(self, where: str, part: Schema) -> None:
        for keyword in _UNSUPPORTED & part.keys():
            raise SchemaRejected(
                f"{where}: {keyword} is not supported: use $ref to #/$defs/NAME", where
            )
        if "dependencies" in part:
            raise SchemaRejected(
                f"{where or 'the root'}: dependencies is not part of JSON Schema 2020-12: use "
                "dependentSchemas or dependentRequired",
                where,
            )
        if where and "$id" in part:
            raise SchemaRejected(f"{where}: $id is supported only at the root: remove it", where)
        if "pattern" in part:
            self._check_pattern(f"{where}/pattern", part["pattern"])
        for pattern in part.get("patternProperties", ()):
            self._check_pattern(f"{where}/patternProperties", pattern)
        if "$ref" in part:
            self._check_ref(f"{where}/$ref", part["$ref"])

    def _check_pattern(self, where: str, pattern: str) -> None:
        if pattern in self.patterns:
            return
        self.patterns.add(pattern)
        if len(self.patterns) > MOST_PATTERNS:
            raise SchemaRejected(
                f"{where}: more than {MOST_PATTERNS} patterns in one schema: use fewer", where
            )
        if fault := check_pattern(pattern):
            raise SchemaRejected(f"{where}: {fault}", where)

    def _check_ref(self, where: str, ref: str) -> None:
        if not ref.startswith("#"):
            raise SchemaRejected(f"{where}: {ref} is not in this schema: copy it to #/$defs", where)
        try:
            target = resolve(ref, self._root)
        except (LookupError, TypeError, ValueError):
            raise SchemaRejected(f"{where}: there is nothing at {ref}", where) from None
        self._waiting.append((unquote(ref.removeprefix("#")), target))


def _check_keywords(schema: Schema, where: str) -> None:
    """Check a schema against the metaschema of JSON Schema 2020-12."""
    try:
        jsonschema_rs.meta.validate({**schema, "$schema": _DIALECT})
    except jsonschema_rs.ValidationError as error:
        where += pointer(*error.instance_path)
        raise SchemaRejected(
            f"not a JSON Schema (2020-12) at {where or 'its root'}: {error.message[:200]}", where
        ) from None
