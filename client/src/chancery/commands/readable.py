"""JSON values as indented text for people."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import click

from chancery.messages import message

_STEP = "  "
_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if code != 9}


class Format(StrEnum):
    text = "text"
    json = "json"


format_option = click.option(
    "--format",
    "form",
    type=click.Choice([each.value for each in Format]),
    help="text: for people; json: for programs.  [default: text on a terminal, else json]",
)


def printable(text: str) -> str:
    """Control characters of a document or a file's name as escapes: a terminal obeys them."""
    return text.translate(_CONTROLS)


def is_text(form: str | None) -> bool:
    return sys.stdout.isatty() if form is None else form == Format.text


def lines_of(value: Any, indent: str = "") -> Iterator[str]:
    """A member or an entry a line. Members that are null or empty are left out."""
    if isinstance(value, dict):
        for member, each in value.items():
            name = printable(str(member))
            if each is None or each in ([], {}, ""):
                continue
            if isinstance(each, dict | list):
                yield f"{indent}{name}:"
                yield from lines_of(each, indent + _STEP)
            else:
                yield from _text(f"{indent}{name}: ", each)
    elif isinstance(value, list):
        for each in value:
            if isinstance(each, dict | list):
                first, *rest = [*lines_of(each, indent + _STEP)] or [""]
                yield f"{indent}- {first.lstrip()}"
                yield from rest
            else:
                yield from _text(f"{indent}- ", each)
    else:
        yield from _text(indent, value)


def _text(head: str, value: Any) -> Iterator[str]:
    """A text of several lines is continued below its beginning."""
    if isinstance(value, bool):
        value = message("yes") if value else message("no")
    first, *rest = map(printable, str(value).splitlines() or [""])
    yield head + first
    for line in rest:
        yield " " * len(head) + line
