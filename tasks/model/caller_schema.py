"""A caller's JSON Schema: which schemas are accepted, and lookups in one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

MOST_CHARACTERS = 32_768
MOST_DEPTH = 24
MOST_PATTERN = 200
MOST_ALTERNATIVES = 1_000

Schema = Mapping[str, Any]
_MAPS = ("properties", "$defs", "definitions", "patternProperties", "dependentSchemas")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_SINGLE = (
    "items",
    "additionalProperties",
    "not",
    "if",
    "then",
    "else",
    "contains",
    "propertyNames",
)
_UNSUPPORTED = ("$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$anchor")


class SchemaRejected(ValueError):
    """A schema cannot be used; `pointer` is the JSON pointer of the faulty part."""

    def __init__(self, detail: str, pointer: str = "") -> None:
        super().__init__(detail)
        self.pointer = pointer


def pointer(*steps: str | int) -> str:
    """The JSON pointer (RFC 6901) for a sequence of names and indexes."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def check_caller_schema(schema: Schema) -> None:
    """Check that a schema can be used. Takes about 0.4 ms a property.

    Raises `SchemaRejected`, which says where the fault is and what to do.
    """
    if len(json.dumps(schema, ensure_ascii=False)) > MOST_CHARACTERS:
        raise SchemaRejected(f"the schema is longer than {MOST_CHARACTERS} characters: shorten it")
    if _depth(schema) > MOST_DEPTH:
        raise SchemaRejected(
            f"the schema is nested deeper than {MOST_DEPTH} levels: make it flatter"
        )
    if schema.get("type") != "object":
        _check_keywords(schema, "")
        raise SchemaRejected('the schema\'s "type" must be "object" at its root')
    parts = _checked_parts(schema)
    alternatives = Alternatives(schema)
    for where, part in parts:
        _check_alternatives(where, part, alternatives)


def _checked_parts(root: Schema) -> list[tuple[str, Schema]]:
    """Check every schema within `root`, also those that only references lead to."""
    parts: list[tuple[str, Schema]] = []
    visited: set[int] = set()
    waiting = [("", root)]
    while waiting:
        top, schema = waiting.pop()
        if id(schema) in visited:
            continue
        _check_keywords(schema, top)
        for where, part in _parts(schema, top):
            _check_part(where, part, root)
            visited.add(id(part))
            parts.append((where, part))
            if "$ref" in part:
                waiting.append(
                    (unquote(part["$ref"]).removeprefix("#"), resolve(part["$ref"], root))
                )
    return parts


def _check_keywords(schema: Schema, where: str) -> None:
    """Check a schema against the metaschema of JSON Schema 2020-12."""
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        where += pointer(*error.absolute_path)
        raise SchemaRejected(
            f"not a JSON Schema (2020-12) at {where or 'its root'}: {error.message}", where
        ) from None
    except (OverflowError, RecursionError) as error:
        raise SchemaRejected(f"a pattern in the schema cannot be used: {error}") from None


def _check_part(where: str, part: Schema, root: Schema) -> None:
    for keyword in _UNSUPPORTED:
        if keyword in part:
            raise SchemaRejected(
                f"{where}: {keyword} is not supported: use $ref to #/$defs/NAME", where
            )
    if where and "$id" in part:
        raise SchemaRejected(f"{where}: $id is supported only at the root: remove it", where)
    pattern = part.get("pattern")
    if pattern is not None:
        _check_pattern(f"{where}/pattern", pattern)
    for pattern in part.get("patternProperties", {}):
        _check_pattern(f"{where}/patternProperties", pattern)
    if "$ref" in part:
        _check_ref(f"{where}/$ref", part, root)


def _check_ref(where: str, part: Schema, root: Schema) -> None:
    visited = set()
    while "$ref" in part:
        ref = part["$ref"]
        if ref in visited:
            raise SchemaRejected(f"{where}: {ref} leads back to itself", where)
        visited.add(ref)
        if not ref.startswith("#"):
            raise SchemaRejected(f"{where}: {ref} is not in this schema: copy it to #/$defs", where)
        try:
            part = resolve(ref, root)
        except (LookupError, TypeError, ValueError):
            raise SchemaRejected(f"{where}: there is nothing at {ref}", where) from None


def _check_pattern(where: str, pattern: str) -> None:
    if len(pattern) > MOST_PATTERN:
        raise SchemaRejected(f"{where}: longer than {MOST_PATTERN} characters", where)
    # Nested repetitions backtrack exponentially on a text that almost matches.
    if re.search(r"[+*}][^()|]*\)\s*[+*{]", pattern):
        raise SchemaRejected(
            f"{where}: a repetition within a repetition is not supported: simplify it", where
        )


def _check_alternatives(where: str, part: Schema, alternatives: Alternatives) -> None:
    try:
        count = alternatives.count(part)
    except RecursionError:
        raise SchemaRejected(
            f"{where}: leads back to itself, or is nested too deep", where
        ) from None
    except (LookupError, TypeError, ValueError):
        raise SchemaRejected(f"{where}: refers to something that is not a schema", where) from None
    if count > MOST_ALTERNATIVES:
        raise SchemaRejected(
            f"{where}: more than {MOST_ALTERNATIVES} schemas apply to one value: simplify it", where
        )


class Alternatives:
    """Counts the schemas that apply to one value, directly or through references.

    Thirty definitions that each refer twice to the next one multiply to a billion.
    """

    def __init__(self, root: Schema) -> None:
        self._root = root
        # Each count with its part, so that the part's id is not reused.
        self._counts: dict[int, tuple[Schema, int]] = {}

    def count(self, part: Schema) -> int:
        """Raises `RecursionError` where the part applies to its own value a second time."""
        if id(part) not in self._counts:
            self._counts[id(part)] = part, 0
            self._counts[id(part)] = part, 1 + sum(map(self.count, self._applied(part)))
        count = self._counts[id(part)][1]
        if not count:
            raise RecursionError
        return count

    def _applied(self, part: Schema) -> Iterator[Schema]:
        if "$ref" in part:
            yield resolve(part["$ref"], self._root)
        applied = [one for keyword in ("anyOf", "oneOf", "allOf") for one in part.get(keyword, ())]
        applied += [part.get(keyword) for keyword in ("not", "if", "then", "else")]
        applied += part.get("dependentSchemas", {}).values()
        yield from (one for one in applied if isinstance(one, Mapping))


def resolve(ref: str, root: Schema) -> Schema:
    """The schema that the local reference `ref` names.

    Raises `LookupError`, `TypeError` or `ValueError` where there is none.
    """
    target: Any = root
    for step in unquote(ref).removeprefix("#").split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        target = target[int(name)] if isinstance(target, list) else target[name]
    return as_schema(target)


def as_schema(value: object) -> Schema:
    """A schema as an object, also a boolean one. Raises `TypeError` for anything else."""
    if isinstance(value, bool):
        return {} if value else {"not": {}}
    if not isinstance(value, Mapping):
        raise TypeError("not a schema")
    return value


def _parts(schema: object, where: str = "") -> Iterator[tuple[str, Schema]]:
    """Every schema within `schema`, itself included, with its JSON pointer."""
    if not isinstance(schema, Mapping):
        return
    yield where, schema
    for keyword in _MAPS:
        for name, part in schema.get(keyword, {}).items():
            yield from _parts(part, where + pointer(keyword, name))
    for keyword in _LISTS:
        for index, part in enumerate(schema.get(keyword, [])):
            yield from _parts(part, where + pointer(keyword, index))
    for keyword in _SINGLE:
        yield from _parts(schema.get(keyword), where + pointer(keyword))


def _depth(value: object) -> int:
    deepest, waiting = 0, [(value, 1)]
    while waiting and deepest <= MOST_DEPTH:
        item, depth = waiting.pop()
        deepest = max(deepest, depth)
        if isinstance(item, Mapping):
            waiting += [(child, depth + 1) for child in item.values()]
        elif isinstance(item, list):
            waiting += [(child, depth + 1) for child in item]
    return deepest
