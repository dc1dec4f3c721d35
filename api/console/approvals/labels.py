"""Names for people of the values in a result, from the schemas that describe it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from jobs.texts import Texts
from tasks.registry import TASKS
from tasks.task import Origin

# Groups of the catalogue that the members of built-in tasks' results belong to.
_GROUPS = ("result", "kind", "option", "change")
_BETWEEN = " › "
_MOST_CHARS = 60
# The member of a result that a schema of the caller or of a department describes.
_DATA = "data"
_DEPTH, _MOST_ALTERNATIVES = 20, 50

Schema = Mapping[str, Any]
Steps = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Labels:
    """`result` describes the result of the task, `data` its values, in an author's words."""

    text: Texts
    result: Schema
    data: Schema

    @classmethod
    def of_job(cls, text: Texts, task: str, options: Mapping[str, Any]) -> Labels:
        known = TASKS.get(task)
        if known is None:
            return cls(text, {}, {})
        result = known.result.model_json_schema()
        data = options.get("schema")
        if known.origin is Origin.department:
            data = result.get("properties", {}).get(_DATA)
        return cls(text, result, data if isinstance(data, dict) else {})

    def of(self, steps: Steps) -> str:
        """Such as `提取内容 › 申请人 › 姓名`; an entry of a list has its number, from 1."""
        return _BETWEEN.join(self._names(steps))

    def of_pointer(self, pointer: str) -> str:
        """The label of what a problem's pointer names, below `#/result`; else the pointer."""
        below = pointer.removeprefix("#/result")
        if below == pointer or not below:
            return pointer
        names = (each.replace("~1", "/").replace("~0", "~") for each in below.split("/")[1:])
        return self.of(tuple(int(name) if name.isdecimal() else name for name in names))

    def _names(self, steps: Steps) -> Iterator[str]:
        name, schema, root, authored = "", self.result, self.result, False
        for depth, step in enumerate(steps):
            if isinstance(step, int):
                schema = _inside(schema, root, "items")
                name = f"{name} {step + 1}".lstrip()
                continue
            if name:
                yield name
            if depth == 0 and step == _DATA and self.data:
                name, schema, authored = self._built_in(step), self.data, True
                root = self.data if "$defs" in self.data else self.result
                continue
            schema = _inside(schema, root, "properties", step)
            name = _authored(schema, step) if authored else self._built_in(step)
        yield name

    def _built_in(self, name: str) -> str:
        return self.text.any_of(_GROUPS, name)


def _inside(schema: Schema, root: Schema, *names: str) -> Schema:
    """The schema of a member or an entry, in the first alternative that has one."""
    # References may form cycles, which have as many paths as powers of two.
    for one in islice(_alternatives(schema, root, _DEPTH), _MOST_ALTERNATIVES):
        found: Any = one
        for name in names:
            found = found.get(name) if isinstance(found, dict) else None
        if isinstance(found, dict):
            return found
    return {}


def _alternatives(schema: Any, root: Schema, depth: int) -> Iterator[Schema]:
    if not isinstance(schema, dict) or depth == 0:
        return
    yield schema
    reference = schema.get("$ref")
    if isinstance(reference, str):
        definitions = root.get("$defs")
        if isinstance(definitions, dict):
            yield from _alternatives(definitions.get(reference.rpartition("/")[2]), root, depth - 1)
    for keyword in ("anyOf", "oneOf", "allOf"):
        several = schema.get(keyword)
        for one in several if isinstance(several, list) else ():
            yield from _alternatives(one, root, depth - 1)


def _authored(schema: Schema, name: str) -> str:
    """The author's title or short description; else the member's name."""
    for keyword in ("title", "description"):
        text = schema.get(keyword)
        if isinstance(text, str) and 0 < len(text.strip()) <= _MOST_CHARS:
            return text.strip()
    return name
