"""A caller's JSON Schema, checked and prepared for extraction once and then cached."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from tasks.extract.evidence_schema import guided_schema
from tasks.extract.schema_reader import SchemaReader
from tasks.model.caller_schema import MOST_CHARACTERS, MOST_DEPTH, check_caller_schema
from tasks.model.schema_parts import Schema, SchemaRejected, parts_of

# A prepared schema takes about 35 bytes of memory a character, and a pattern up to 512 KiB.
PATTERN_CHARACTERS = 15_000
MOST_CACHED_CHARACTERS = 1_000_000


class CompiledSchema:
    """An accepted schema, its validator, and what guides a model to answer it.

    `values` is about how many values the schema has.

    Raises `SchemaRejected` where the schema is not accepted.
    """

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.validator = check_caller_schema(schema)
        self.reader = SchemaReader(schema)

    @cached_property
    def guided(self) -> Mapping[str, Any]:
        """Guides the model over a whole document."""
        return guided_schema(self.reader)

    @cached_property
    def guided_part(self) -> Mapping[str, Any]:
        """Guides the model over one of several parts."""
        return guided_schema(self.reader, relaxed=True)

    @cached_property
    def values(self) -> int:
        keywords = ("type", "enum", "const", "$ref")
        return sum(keyword in part for _, part in parts_of(self.schema) for keyword in keywords)


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
            outcome = CompiledSchema(json.loads(text))
        except SchemaRejected as error:
            # A new one: the caught one would keep its traceback's frames in the cache.
            outcome = SchemaRejected(str(error), error.pointer)
        weight = len(text)
        if isinstance(outcome, CompiledSchema):
            weight += PATTERN_CHARACTERS * outcome.validator.patterns
        with self._lock:
            if digest not in self._entries and len(text) <= MOST_CHARACTERS:
                self._entries[digest] = weight, outcome
                self._characters += weight
            while self._characters > self._most:
                _, (characters, _) = self._entries.popitem(last=False)
                self._characters -= characters
        return outcome


def _canonical(schema: Schema) -> str:
    """The schema's JSON. Keys keep their order: the model is asked for values in that order."""
    try:
        return json.dumps(schema, ensure_ascii=False, separators=(",", ":"))
    except RecursionError:
        raise SchemaRejected(f"the schema is nested deeper than {MOST_DEPTH} levels") from None


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
