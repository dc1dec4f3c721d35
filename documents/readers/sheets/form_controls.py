"""Form controls on worksheets: check boxes, option buttons, lists (ECMA-376 part 4, 19.4)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lxml import etree

from documents.ooxml.package import Package
from documents.ooxml.symbols import TICKED, UNTICKED
from documents.ooxml.xml import child

_PARTS = re.compile(r"xl/.+\.vml", re.IGNORECASE)
_BOXES = frozenset(("Checkbox", "Radio"))
_LISTS = frozenset(("Drop", "List"))
_WITH_TEXT = frozenset(("Button", "GBox", "Label", "Edit"))


class FormControl(NamedTuple):
    """A control: its caption, and what it shows; `is_list` if its chosen entry is not read."""

    caption: str
    text: str
    is_list: bool


def form_controls(package: Package, parts: Iterable[str]) -> Iterator[FormControl]:
    """The controls of a workbook that are in some of its parts."""
    for name in parts:
        root = package.xml(name, lenient=True) if _PARTS.fullmatch(name) else None
        for shape in root.iter("{urn:schemas-microsoft-com:vml}shape") if root is not None else ():
            data = child(shape, "ClientData")
            if data is not None:
                yield from _control(shape, data)


def _control(shape: etree._Element, data: etree._Element) -> Iterator[FormControl]:
    kind = data.get("ObjectType") or ""
    box = child(shape, "textbox")
    caption = " ".join("".join(map(str, box.itertext())).split()) if box is not None else ""
    if kind in _BOXES:
        checked = child(data, "Checked")
        is_ticked = checked is not None and (checked.text or "").strip() == "1"
        yield FormControl(caption, f"{TICKED if is_ticked else UNTICKED} {caption}".strip(), False)
    elif kind in _LISTS:
        yield FormControl(caption, caption, True)
    elif kind in _WITH_TEXT:
        yield FormControl(caption, caption, False)
