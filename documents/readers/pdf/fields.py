"""Values of form fields (AcroForm) of a PDF."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pikepdf

from documents.page.blocks import Box
from documents.readers.pdf.strings import text_of

TICKED, UNTICKED = "☑", "☐"
_MOST_DEPTH = 32
_MOST_CHOICES = 5_000
# Flags of annotations and fields, and the bits of `Ff` (ISO 32000-1, tables 165, 226, 228).
_NOT_SHOWN = 0b100010  # hidden, no view
_PUSH_BUTTON = 1 << 16
_PASSWORD = 1 << 13


@dataclass(frozen=True, slots=True)
class Field:
    """A form field on a page. `box` is left, bottom, right and top in page space.

    `is_mark` is true of a box to tick, whose `text` is ☑ or ☐. `unread` says why the value is not
    in `text`; empty if it is.
    """

    text: str
    box: Box
    is_mark: bool = False
    is_hidden: bool = False
    unread: str = ""


def field_of(widget: Any) -> Field | None:
    """The field that a widget annotation shows; None for a signature, and for an empty field."""
    kind, flags = str(inherited(widget, "/FT")), _number(inherited(widget, "/Ff"))
    hidden = not is_shown(widget)
    box = box_of(widget)
    if box is None:
        return None
    if kind == "/Btn" and not flags & _PUSH_BUTTON:
        state = widget.get("/AS", inherited(widget, "/V"))
        ticked = isinstance(state, pikepdf.Name) and state != "/Off"
        return Field(TICKED if ticked else UNTICKED, box, is_mark=True, is_hidden=hidden)
    if kind == "/Btn":
        look = widget.get("/MK")
        text = text_of(look.get("/CA")) if isinstance(look, pikepdf.Dictionary) else ""
    elif kind == "/Tx" and flags & _PASSWORD:
        return Field("", box, unread="a field for a password", is_hidden=hidden)
    elif kind == "/Tx":
        text = text_of(inherited(widget, "/V"))
    else:
        text = "、".join(_chosen(widget)) if kind == "/Ch" else ""
    return Field(text, box, is_hidden=hidden) if text.strip() else None


def is_shown(annotation: Any) -> bool:
    return not _number(annotation.get("/F")) & _NOT_SHOWN


def box_of(annotation: Any) -> Box | None:
    """Left, bottom, right and top of an annotation in page space."""
    rect = annotation.get("/Rect")
    if not isinstance(rect, pikepdf.Array) or len(rect) != 4:
        return None
    x, y, other_x, other_y = (float(value) for value in rect)
    return min(x, other_x), min(y, other_y), max(x, other_x), max(y, other_y)


def inherited(field: Any, key: str) -> Any:
    """The value of a field's key, or that of the nearest field above it which has one."""
    for _ in range(_MOST_DEPTH):
        if not isinstance(field, pikepdf.Dictionary):
            return None
        if key in field:
            return field[key]
        field = field.get("/Parent")
    return None


def _chosen(widget: Any) -> Iterator[str]:
    """The values of a choice as they are displayed."""
    value = inherited(widget, "/V")
    listed = list(value)[:_MOST_CHOICES] if isinstance(value, pikepdf.Array) else [value]
    options = inherited(widget, "/Opt")
    shown = {
        text_of(option[0]): text_of(option[1])
        for option in (list(options)[:_MOST_CHOICES] if isinstance(options, pikepdf.Array) else ())
        if isinstance(option, pikepdf.Array) and len(option) == 2
    }
    for one in listed:
        if text := text_of(one):
            yield shown.get(text, text)


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0
