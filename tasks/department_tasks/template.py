"""Prompt templates: text with `${document}`, `${options.NAME}` and `${result_schema}`.

`$$` is a dollar sign. Placeholders are replaced once; there are no expressions or calls.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from tasks.model.output import fence

DOCUMENT = "document"
RESULT_SCHEMA = "result_schema"
OPTIONS = "options."

_PLACEHOLDER = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<name>[^{}$]{0,200})\}|(?P<bad>))")


def flaws_in(template: str, options: Collection[str] | None) -> Iterator[tuple[str, int, str]]:
    """Flaws as the faulty words, the number of their occurrence (from 0) and what to do.

    `options` are the options' names; None where they are unknown.
    """
    occurrences: dict[str, int] = {}
    for match in _PLACEHOLDER.finditer(template):
        words = match.group()
        nth = occurrences[words] = occurrences.get(words, -1) + 1
        name = match["name"]
        if match["bad"] is not None:
            yield words, template.count("$", 0, match.start()), "write $$ for a dollar, or ${NAME}"
        elif name is not None and not _is_known(name, options):
            names = sorted(f"${{{OPTIONS}{option}}}" for option in options or ())
            known = ", ".join([f"${{{DOCUMENT}}}", f"${{{RESULT_SCHEMA}}}", *names])
            yield words, nth, f"unknown placeholder {words}: use one of {known}"


def _is_known(name: str, options: Collection[str] | None) -> bool:
    if name in (DOCUMENT, RESULT_SCHEMA):
        return True
    if not name.startswith(OPTIONS):
        return False
    return options is None or name.removeprefix(OPTIONS) in options


def names_in(template: str) -> list[str]:
    """The names of the placeholders, in order."""
    return [match["name"] for match in _PLACEHOLDER.finditer(template) if match["name"] is not None]


def stray_dollar(template: str) -> bool:
    """Whether a `$` is neither `$$` nor part of a placeholder."""
    return any(match["bad"] is not None for match in _PLACEHOLDER.finditer(template))


def only_name(template: str) -> str | None:
    """The placeholder's name if the template is one placeholder and nothing else."""
    match = _PLACEHOLDER.fullmatch(template)
    return match["name"] if match else None


def replaced(template: str, value_of: Callable[[str], str]) -> str:
    """The template with the value of each placeholder's name in its place."""
    return _PLACEHOLDER.sub(
        lambda match: "$" if match["name"] is None else value_of(match["name"]), template
    )


def filled(
    template: str, text: str, options: Mapping[str, Any], result_schema: Mapping[str, Any]
) -> str:
    """The template with its placeholders replaced; the document is fenced."""

    def value_of(name: str) -> str:
        if name == DOCUMENT:
            return f"<document>\n{fence(text)}\n</document>"
        if name == RESULT_SCHEMA:
            return json.dumps(result_schema, ensure_ascii=False, separators=(",", ":"))
        return fence(_as_text(options.get(name.removeprefix(OPTIONS))))

    return replaced(template, value_of)


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False)
