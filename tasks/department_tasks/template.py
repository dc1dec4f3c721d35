"""The template of a prompt: text with `${document}`, `${options.NAME}` and `${result_schema}`.

`$$` is a dollar. Nothing is worked out and nothing is called: a placeholder is replaced, once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from tasks.model.output import fence

DOCUMENT = "document"
RESULT_SCHEMA = "result_schema"
OPTIONS = "options."

_PLACEHOLDER = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<name>[^{}$]{0,200})\}|(?P<bad>))")


def flaws_of(template: str, options: Collection[str] | None) -> Iterator[tuple[str, int, str]]:
    """What is wrong: the words, for which time they stand there (from 0), and what to do.

    `options` are the names that there are; None where that is not known.
    """
    seen: dict[str, int] = {}
    for found in _PLACEHOLDER.finditer(template):
        words = found.group()
        nth = seen[words] = seen.get(words, -1) + 1
        name = found["name"]
        if found["bad"] is not None:
            yield words, template.count("$", 0, found.start()), "write $$ for a dollar, or ${NAME}"
        elif name is not None and not _is_known(name, options):
            names = sorted(f"${{{OPTIONS}{one}}}" for one in options or ())
            known = ", ".join([f"${{{DOCUMENT}}}", f"${{{RESULT_SCHEMA}}}", *names])
            yield words, nth, f"there is no {words}: there are {known}"


def _is_known(name: str, options: Collection[str] | None) -> bool:
    if name in (DOCUMENT, RESULT_SCHEMA):
        return True
    if not name.startswith(OPTIONS):
        return False
    return options is None or name.removeprefix(OPTIONS) in options


def names_in(template: str) -> list[str]:
    """The placeholders' names, in order."""
    return [found["name"] for found in _PLACEHOLDER.finditer(template) if found["name"] is not None]


def filled(
    template: str, text: str, options: Mapping[str, Any], result_schema: Mapping[str, Any]
) -> str:
    """The template with its document, which cannot end its place before its time, and options."""

    def of(found: re.Match[str]) -> str:
        name = found["name"]
        if name is None:
            return "$"
        if name == DOCUMENT:
            return f"<document>\n{fence(text)}\n</document>"
        if name == RESULT_SCHEMA:
            return json.dumps(result_schema, ensure_ascii=False, separators=(",", ":"))
        return fence(_shown(options.get(name.removeprefix(OPTIONS))))

    return _PLACEHOLDER.sub(of, template)


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False)
