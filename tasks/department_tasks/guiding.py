"""The schema that guides the model, with the choices that `one-of` checks leave it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from tasks.department_tasks.check_rules import Check, OneOf
from tasks.department_tasks.result_paths import steps_of
from tasks.extract.evidence_schema import guided_schema
from tasks.model.caller_schema import Schema


def guide(
    schema: Schema, rules: Sequence[Check], options: Mapping[str, Any], *, relaxed: bool
) -> dict[str, Any]:
    """What to guide the model with. A text that must be one of a list is chosen from that list, so
    that it need not be refused afterwards; where a reference leads to it, it is only checked.
    """
    narrowed = deepcopy(dict(schema))
    for rule in rules:
        if isinstance(rule, OneOf) and (allowed := allowed_by(rule, options)):
            for pattern in rule.at:
                _narrow(narrowed, steps_of(pattern), allowed)
    return guided_schema(narrowed, relaxed=relaxed, quoted=False)


def allowed_by(rule: OneOf, options: Mapping[str, Any]) -> list[Any]:
    """The values that the rule allows; those of an option that is no list are its one value."""
    allowed = options.get(rule.option) if rule.option else rule.values
    return allowed if isinstance(allowed, list) else [allowed]


def _narrow(schema: dict[str, Any], steps: Sequence[str], allowed: Sequence[Any]) -> None:
    part: Any = schema
    for step in steps:
        members = part.get("properties", {})
        part = members[step] if step in members else part.get("items") if step == "*" else None
        if not isinstance(part, dict):
            return
    texts = [one for one in allowed if isinstance(one, str)]
    if part.get("type") == "string" and texts and not {"enum", "const"} & part.keys():
        part["enum"] = texts
