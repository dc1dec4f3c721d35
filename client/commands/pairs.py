"""`K=V` as a person types it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import click


def values_of(given: Sequence[str], hint: str) -> dict[str, Any]:
    """Values are JSON where they can be read so, else text."""
    return {key: _value(written) for key, written in _split(given, hint)}


def texts_of(given: Sequence[str], hint: str) -> dict[str, str]:
    """Values as they are written."""
    return dict(_split(given, hint))


def _split(given: Sequence[str], hint: str) -> Iterator[tuple[str, str]]:
    for pair in given:
        key, equals, value = pair.partition("=")
        if not key or not equals:
            raise click.BadParameter(f"{pair!r} is not K=V.", param_hint=hint)
        yield key, value


def _value(written: str) -> Any:
    try:
        return json.loads(written)
    except ValueError:
        return written
