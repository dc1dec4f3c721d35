"""What is wrong in a request, in our words: pydantic's errors by their type."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic_core import ErrorDetails

from jobs.submit.schema_hints import Path, SchemaHints

MAX_NAME_CHARS = 60
_MOST_NAMES = 20
_SIMILARITY = 0.6
_QUOTED = re.compile(r"'([^']*)'")
_VALUE_ERROR = "Value error, "

# What is expected, by the error's type without its last word (`int_parsing`, `int_type`).
_KINDS: Mapping[str, str] = {
    "string": "a text",
    "int": "an integer",
    "float": "a number",
    "decimal": "a number",
    "bool": "true or false",
    "list": "a list",
    "tuple": "a list",
    "set": "a list",
    "frozen_set": "a list",
    "dict": "an object",
    "model": "an object",
    "model_attributes": "an object",
    "datetime": "a time with its zone",
    "datetime_from_date": "a time with its zone",
    "datetime_object": "a time with its zone",
    "date": "a date",
    "date_from_datetime": "a date",
}
_JSON_KINDS: Mapping[type, str] = {
    str: "a text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "an object",
    type(None): "null",
}
# By type; the values are in the error's `ctx`.
_TEXTS: Mapping[str, str] = {
    "greater_than": "The number must be greater than {gt}.",
    "greater_than_equal": "The number must be at least {ge}.",
    "less_than": "The number must be less than {lt}.",
    "less_than_equal": "The number must be at most {le}.",
    "multiple_of": "The number must be a multiple of {multiple_of}.",
    "finite_number": "JSON has no NaN and no Infinity.",
    "string_too_short": "The text must have at least {min_length} characters.",
    "string_too_long": "The text may have at most {max_length} characters.",
    "string_pattern_mismatch": "The text must match the pattern {pattern}.",
    "string_unicode": "The text has an unpaired surrogate, which UTF-8 cannot encode.",
    "too_short": "At least {min_length} entries are needed.",
    "too_long": "At most {max_length} entries are allowed.",
    "timezone_aware": "The time has no zone. Example: 2026-03-02T18:00:00+08:00",
}


def validation_text(
    error: ErrorDetails | Mapping[str, Any],
    path: Path,
    value: Any = None,
    hints: SchemaHints | None = None,
) -> str:
    """One sentence or two. `path`: where the error is in `value`, which was sent; `hints` are of
    the model. Neither quotes a value that was sent.
    """
    # Our own errors have their text only.
    kind, context = str(error.get("type", "")), error.get("ctx") or {}
    if kind == "missing":
        return _with_example("This member is required.", path, hints)
    if kind == "extra_forbidden":
        return _unknown_member(path, hints)
    if kind in _TEXTS:
        return _TEXTS[kind].format(**context)
    if kind in ("literal_error", "enum"):
        return _one_of(str(context.get("expected", "")), _value_at(value, path))
    expected = _KINDS.get(kind.rpartition("_")[0])
    if expected is not None:
        sent = _JSON_KINDS.get(type(_value_at(value, path)))
        what = f"Expected {expected}."
        if sent is not None and sent != expected:
            what = f"Expected {expected}, not {sent}."
        return _with_example(what, path, hints)
    return str(error["msg"]).removeprefix(_VALUE_ERROR)


def nearest(name: str, names: Sequence[str]) -> str | None:
    """The one of `names` that was probably meant."""
    if len(name) > MAX_NAME_CHARS:
        return None
    folded = {each.lower(): each for each in names}
    matches = get_close_matches(name.lower(), folded, 1, _SIMILARITY)
    return folded[matches[0]] if matches else None


def _unknown_member(path: Path, hints: SchemaHints | None) -> str:
    name = str(path[-1]) if path else ""
    shown = name if len(name) <= MAX_NAME_CHARS else name[: MAX_NAME_CHARS - 1] + "…"
    text = f"There is no member `{shown}`."
    if hints is None:
        return text
    container = path[:-1]
    members = hints.members(container)
    if meant := nearest(name, members):
        return f"{text} Did you mean `{meant}`?"
    if parents := hints.parents(container, name):
        return f"{text} It belongs into `{parents[0]}`."
    if not 0 < len(members) <= _MOST_NAMES:
        return text
    return f"{text} The members are: {', '.join(members)}."


def _one_of(expected: str, sent: Any) -> str:
    text = f"It must be {expected}."
    meant = nearest(sent, _QUOTED.findall(expected)) if isinstance(sent, str) else None
    return f"{text} Did you mean `{meant}`?" if meant else text


def _with_example(text: str, path: Path, hints: SchemaHints | None) -> str:
    example = hints.example(path) if hints else None
    return f"{text} Example: {example}" if example else text


def _value_at(value: Any, path: Path) -> Any:
    """The value at `path`; `...` if there is none."""
    for part in path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return ...
    return value
