"""Values of a PDF that a kept page may have: numbers, and content of visible layers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pikepdf

_LARGEST = 1_000_000  # a larger number is no measure of a page, and may be text
_LONGEST_LIST = 100_000


class NotUnderstood(Exception):
    """A page has something that is not on the list of what can be kept; `str()` names it."""


def number(value: Any) -> int | Decimal:
    """A number of usual size. Raises `NotUnderstood`."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise NotUnderstood("content")
    if not -_LARGEST < value < _LARGEST:
        raise NotUnderstood("number")
    return value if isinstance(value, int) else round(value, 6)


def numbers(values: Any, count: int | None = None) -> pikepdf.Array:
    """A list of numbers. Raises `NotUnderstood`."""
    if not isinstance(values, pikepdf.Array) or len(values) > _LONGEST_LIST:
        raise NotUnderstood("content")
    if count is not None and len(values) != count:
        raise NotUnderstood("content")
    return pikepdf.Array([number(value) for value in values])


class Layers:
    """The optional content of a document, as it is displayed first."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        properties = pdf.Root.get("/OCProperties")
        default = properties.get("/D") if isinstance(properties, pikepdf.Dictionary) else None
        self._off: set[tuple[int, int]] = set()
        self._is_plain = isinstance(default, pikepdf.Dictionary)
        if isinstance(default, pikepdf.Dictionary):
            hidden = default.get("/OFF")
            for group in hidden if isinstance(hidden, pikepdf.Array) else ():
                if isinstance(group, pikepdf.Dictionary):
                    self._off.add(group.objgen)
            # Other states depend on the program, or on whether the page is printed.
            self._is_plain = default.get("/BaseState", "/ON") == "/ON" and "/AS" not in default

    def is_visible(self, content: Any) -> bool:
        """Whether a group is certainly displayed."""
        return (
            self._is_plain
            and isinstance(content, pikepdf.Dictionary)
            and content.get("/Type") == "/OCG"
            and content.objgen not in self._off
        )
