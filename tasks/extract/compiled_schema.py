"""A caller's JSON Schema, checked and prepared for extraction once and then cached."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator

from tasks.extract.evidence_schema import guided_schema
from tasks.model.caller_schema import (
    MOST_CHARACTERS,
    MOST_DEPTH,
    Schema,
    SchemaRejected,
    check_caller_schema,
)

# A prepared schema takes about 35 bytes of memory a character.
MOST_CACHED_CHARACTERS = 1_000_000


@dataclass(frozen=True, slots=True)
class CompiledSchema:
    """`guided` guides the model over a whole document, `guided_part` over one of several parts.

    `values` is about how many values the schema has.
    """

    schema: Schema
    validator: Draft202012Validator
    guided: Mapping[str, Any]
    guided_part: Mapping[str, Any]
    values: int


class SchemaCache:
    """Compiled and rejected schemas by digest. Bounded by the characters of all; thread-safe."""

    def __init__(self, most_characters: int = MOST_CACHED_CHARACTERS) -> None:
        self._most = most_characters
        self._characters = 0
        self._entries: OrderedDict[bytes, tuple[int, CompiledSchema | SchemaRejected]] = (
            OrderedDict()
        )
        self._lock = threading.Lock()

    def compiled(self, schema: Schema) -> CompiledSchema:
        """Raises `SchemaRejected`. Takes milliseconds for a long schema that is not cached."""
        text = _canonical(schema)
        digest = _digest(text)
        with self._lock:
            if entry := self._entries.get(digest):
                self._entries.move_to_end(digest)
        outcome = entry[1] if entry else self._compile(digest, text)
        if isinstance(outcome, SchemaRejected):
            raise SchemaRejected(str(outcome), outcome.pointer) from None
        return outcome

    def _compile(self, digest: bytes, text: str) -> CompiledSchema | SchemaRejected:
        outcome: CompiledSchema | SchemaRejected
        try:
            outcome = _compile(json.loads(text), text)
        except SchemaRejected as error:
            # A new one: the caught one would keep its traceback's frames in the cache.
            outcome = SchemaRejected(str(error), error.pointer)
        with self._lock:
            if digest not in self._entries and len(text) <= MOST_CHARACTERS:
                self._entries[digest] = len(text), outcome
                self._characters += len(text)
            while self._characters > self._most:
                _, (characters, _) = self._entries.popitem(last=False)
                self._characters -= characters
        return outcome


def _compile(schema: Schema, text: str) -> CompiledSchema:
    check_caller_schema(schema)
    return CompiledSchema(
        schema=schema,
        validator=Draft202012Validator(schema),
        guided=guided_schema(schema),
        guided_part=guided_schema(schema, relaxed=True),
        values=len(re.findall(r'"(?:type|enum|const|\$ref)":', text)),
    )


def _canonical(schema: Schema) -> str:
    """The schema's JSON. Keys keep their order: the model is asked for values in that order."""
    try:
        return json.dumps(schema, ensure_ascii=False, separators=(",", ":"))
    except RecursionError:
        raise SchemaRejected(f"the schema is nested deeper than {MOST_DEPTH} levels") from None


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
