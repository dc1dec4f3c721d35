"""A caller's JSON Schema: what is taken, and how to look things up in it."""

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

Schema = Mapping[str, Any]
_MAPS = ("properties", "$defs", "definitions", "patternProperties", "dependentSchemas")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_ONES = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames")
_REFUSED = ("$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$anchor")


class SchemaNotTaken(ValueError):
    """A schema cannot be used; `place` is the JSON pointer of what is wrong in it."""

    def __init__(self, detail: str, place: str = "") -> None:
        super().__init__(detail)
        self.place = place


def pointer(*steps: str | int) -> str:
    """The JSON pointer (RFC 6901) of the place that `steps` lead to."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def check_caller_schema(schema: Schema) -> None:
    """Raises `SchemaNotTaken`, which says where and what to do, for a schema that is not taken."""
    if len(json.dumps(schema, ensure_ascii=False)) > MOST_CHARACTERS:
        raise SchemaNotTaken(
            f"the schema is longer than {MOST_CHARACTERS} characters: send less of it"
        )
    if _depth(schema) > MOST_DEPTH:
        raise SchemaNotTaken(
            f"the schema is nested deeper than {MOST_DEPTH} levels: make it flatter"
        )
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        place = pointer(*error.absolute_path)
        raise SchemaNotTaken(
            f"not a JSON Schema (2020-12) at {place or 'its root'}: {error.message}", place
        ) from None
    except (OverflowError, RecursionError) as error:
        raise SchemaNotTaken(f"a pattern in the schema cannot be used: {error}") from None
    if schema.get("type") != "object":
        raise SchemaNotTaken('the schema\'s "type" must be "object" at its root')
    for place, part in _parts(schema):
        _check_part(place, part, schema)


def _check_part(place: str, part: Schema, root: Schema) -> None:
    for keyword in _REFUSED:
        if keyword in part:
            raise SchemaNotTaken(
                f"{place}: {keyword} is not taken: use $ref to #/$defs/NAME", place
            )
    if place and "$id" in part:
        raise SchemaNotTaken(f"{place}: $id is taken at the root alone", place)
    pattern = part.get("pattern")
    if pattern is not None:
        _check_pattern(f"{place}/pattern", pattern)
    for pattern in part.get("patternProperties", {}):
        _check_pattern(f"{place}/patternProperties", pattern)
    if "$ref" in part:
        _check_ref(f"{place}/$ref", part, root)


def _check_ref(place: str, part: Schema, root: Schema) -> None:
    seen = set()
    while "$ref" in part:
        ref = part["$ref"]
        if ref in seen:
            raise SchemaNotTaken(f"{place}: {ref} leads back to itself", place)
        seen.add(ref)
        if not ref.startswith("#"):
            raise SchemaNotTaken(f"{place}: {ref} is not in this schema: copy it to #/$defs", place)
        try:
            part = resolve(ref, root)
        except (LookupError, TypeError, ValueError):
            raise SchemaNotTaken(f"{place}: there is nothing at {ref}", place) from None


def _check_pattern(place: str, pattern: str) -> None:
    if len(pattern) > MOST_PATTERN:
        raise SchemaNotTaken(f"{place}: longer than {MOST_PATTERN} characters", place)
    # Such a pattern can take time without end on a text that almost fits.
    if re.search(r"[+*}][^()|]*\)\s*[+*{]", pattern):
        raise SchemaNotTaken(
            f"{place}: a repetition within a repetition is not taken: simplify it", place
        )


def resolve(ref: str, root: Schema) -> Schema:
    """What the local reference `ref` names. Raises `LookupError` or the like where nothing."""
    found: Any = root
    for step in unquote(ref).removeprefix("#").split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        found = found[int(name)] if isinstance(found, list) else found[name]
    return as_schema(found)


def as_schema(found: object) -> Schema:
    """A boolean schema as an object; raises `TypeError` where it is no schema."""
    if isinstance(found, bool):
        return {} if found else {"not": {}}
    if not isinstance(found, Mapping):
        raise TypeError("not a schema")
    return found


def _parts(schema: object, place: str = "") -> Iterator[tuple[str, Schema]]:
    """Every schema within `schema`, itself included, with its JSON pointer."""
    if not isinstance(schema, Mapping):
        return
    yield place, schema
    for keyword in _MAPS:
        for name, part in schema.get(keyword, {}).items():
            yield from _parts(part, place + pointer(keyword, name))
    for keyword in _LISTS:
        for index, part in enumerate(schema.get(keyword, [])):
            yield from _parts(part, place + pointer(keyword, index))
    for keyword in _ONES:
        yield from _parts(schema.get(keyword), place + pointer(keyword))


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
