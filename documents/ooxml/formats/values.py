"""The values of cells as text: as a spreadsheet program shows them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from documents.draft import clean
from documents.ooxml.formats.dates import iso
from documents.ooxml.formats.number_format import NumberFormat, general
from documents.ooxml.formats.numbers import QuickWriter, Shown

__all__ = [
    "Shown", "number_writer", "one_line", "quick_number", "shown_bool", "shown_number",
    "shown_text",
]  # fmt: skip

_LONG = 24
# A number as `general` writes it, and a number of at least 1 with zeros behind its last digit.
_PLAIN = re.compile(r"(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{0,5}[1-9])?")
_WITH_ZEROS = re.compile(r"([1-9][0-9]{0,8}\.[0-9]{0,5}[1-9])0{1,9}|([1-9][0-9]{0,8})\.0{1,9}")


def quick_number(style: NumberFormat | None) -> QuickWriter:
    """Returns a function that shows most positive numbers as `shown_number` does, in a fraction of
    its time, and returns None for all others.
    """
    return _plain if style is None else style.quick


def _plain(written: str) -> Shown | None:
    return (written, "") if _PLAIN.fullmatch(written) else None


def shown_number(written: str, style: NumberFormat | None) -> Shown:
    """A number as its style shows it. `written` is the number as the file writes it."""
    if quick := quick_number(style)(written):
        return quick
    if match := _WITH_ZEROS.fullmatch(written):
        return shown_number(match[1] or match[2], style)
    try:
        value = float(written)
    except ValueError:
        return one_line(written), ""
    if style is None:
        # Longer numbers than Excel's are identifiers, which another program has written.
        is_long = len(written) > 15 and written.isascii() and written.isdecimal()
        return (written[:400] if is_long else general(value)), ""
    is_plain = value > 0 and _PLAIN.fullmatch(written)
    plain, shown = written if is_plain else general(value), one_line(style.number(value))
    if shown == plain:
        return shown, ""
    return shown, (iso(value, from_1904=style.from_1904) if style.is_date else None) or plain


def number_writer(style: NumberFormat | None, room: Iterator[int]) -> Callable[[str], Shown]:
    """Returns a function that shows numbers as `shown_number` does, and keeps what took long.

    It keeps a value while `room`, which all styles of a sheet share, has an item for it.
    """
    quick, others = quick_number(style), _Values(style, room)
    return lambda written: quick(written) or others[written]


class _Values(dict[str, Shown]):
    """Numbers of one style by their value as written."""

    def __init__(self, style: NumberFormat | None, room: Iterator[int]) -> None:
        super().__init__()
        self._style, self._room = style, room

    def __missing__(self, written: str) -> Shown:
        shown = shown_number(written, self._style)
        if len(written) < _LONG and next(self._room, None) is not None:
            self[written] = shown
        return shown


def shown_text(text: str, style: NumberFormat | None) -> Shown:
    """A text, which is one line, as its style shows it."""
    if style is None:
        return text, ""
    shown = one_line(style.text(text))
    return shown, ("" if shown == text else text)


def shown_bool(*, value: bool) -> str:
    return "TRUE" if value else "FALSE"


def one_line(text: str) -> str:
    """`text` on one line, without invisible characters."""
    return " ".join((text if text.isprintable() else clean(text)).split())
