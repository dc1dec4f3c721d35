"""Form controls on worksheets: check boxes, option buttons, lists (ECMA-376 part 4, 19.4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from lxml import etree

from documents.ooxml.package import Package
from documents.ooxml.symbols import TICKED, UNTICKED
from documents.ooxml.xml import child

_PARTS = re.compile(r"xl/.+\.vml", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]{1,5}")
_BOXES = frozenset(("Checkbox", "Radio"))
_LISTS = frozenset(("Drop", "List"))
_WITH_TEXT = frozenset(("Button", "GBox", "Label", "Edit"))
_SINGLE = frozenset(("", "Single"))

Entries = Callable[[str, str], Sequence[str] | None]
"""From the name of a part and a reference in it to the texts of these cells; None if they are not
found.
"""


class FormControl(NamedTuple):
    """A control: its caption, and what it shows; `is_unread` if that lacks a list's entry."""

    caption: str
    text: str
    is_unread: bool


def form_controls(
    package: Package, parts: Iterable[str], entries: Entries
) -> Iterator[FormControl]:
    """The controls of a workbook that are in some of its parts."""
    for name in parts:
        root = package.xml(name, lenient=True) if _PARTS.fullmatch(name) else None
        for shape in root.iter("{urn:schemas-microsoft-com:vml}shape") if root is not None else ():
            data = child(shape, "ClientData")
            if data is not None:
                yield from _control(shape, data, partial(entries, name))


def _control(
    shape: etree._Element, data: etree._Element, entries: Callable[[str], Sequence[str] | None]
) -> Iterator[FormControl]:
    kind = data.get("ObjectType") or ""
    box = child(shape, "textbox")
    caption = " ".join("".join(map(str, box.itertext())).split()) if box is not None else ""
    if kind in _BOXES:
        mark = TICKED if _setting(data, "Checked") == "1" else UNTICKED
        yield FormControl(caption, f"{mark} {caption}".strip(), False)
    elif kind in _LISTS:
        entry = _entry(data, entries)
        yield FormControl(caption, f"{caption} {entry or ''}".strip(), entry is None)
    elif kind in _WITH_TEXT:
        yield FormControl(caption, caption, False)


def _entry(data: etree._Element, entries: Callable[[str], Sequence[str] | None]) -> str | None:
    """The chosen entry of a list, empty if it has none; None if it is not known."""
    number, cells = _setting(data, "Sel") or "0", _setting(data, "FmlaRange")
    if _setting(data, "SelType") not in _SINGLE or not _NUMBER.fullmatch(number):
        return None
    if int(number) == 0:
        return ""
    found = entries(cells) or ()
    return found[int(number) - 1] if int(number) <= len(found) else None


def _setting(data: etree._Element, name: str) -> str:
    element = child(data, name)
    return (element.text or "").strip() if element is not None else ""
