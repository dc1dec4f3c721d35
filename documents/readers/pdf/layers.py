"""Layers (optional content) that a PDF does not show.

PDFium reads the text of all layers, and does not say which layer an object is on. The groups that
are off are therefore marked, in a copy of the file that PDFium reads.
"""

from __future__ import annotations

import ctypes
import io
from collections.abc import Iterable, Iterator
from typing import Any

import pikepdf
import pypdfium2.raw as c

from documents.readers.pdf.objects import PageObject

_KEY = "ChanceryHidden"
_OPEN = f"/{_KEY} BMC\n".encode()
_CLOSE = b"\nEMC"
_MOST_DEPTH = 20
_MOST_MARKS = 50

Key = tuple[int, int]


def _mark_stream(stream: pikepdf.Stream) -> None:
    """Mark all that a form draws. A picture becomes an empty form."""
    if str(stream.get("/Subtype")) == "/Form":
        stream.write(_OPEN + stream.read_bytes() + _CLOSE)
    elif str(stream.get("/Subtype")) == "/Image":
        stream.write(b"")
        stream["/Subtype"] = pikepdf.Name("/Form")
        stream["/BBox"] = pikepdf.Array([0, 0, 0, 0])


class HiddenObjects:
    """Tells which objects of a page are on a layer that is off. Forms are looked at once."""

    def __init__(self) -> None:
        self._forms: dict[int, bool] = {}

    def shown(self, items: Iterable[PageObject]) -> Iterator[PageObject]:
        return (item for item in items if not self._is_hidden(item))

    def texts(self, items: Iterable[PageObject]) -> frozenset[int]:
        """The addresses of the hidden text objects."""
        return frozenset(
            address_of(item.handle)
            for item in items
            if item.kind == c.FPDF_PAGEOBJ_TEXT and self._is_hidden(item)
        )

    def _is_hidden(self, item: PageObject) -> bool:
        return _is_marked(item.handle) or any(map(self._is_marked_form, item.forms))

    def _is_marked_form(self, form: Any) -> bool:
        address = address_of(form)
        if address not in self._forms:
            self._forms[address] = _is_marked(form)
        return self._forms[address]


def address_of(handle: Any) -> int:
    return ctypes.cast(handle, ctypes.c_void_p).value or 0


def _is_marked(handle: Any) -> bool:
    for at in range(min(c.FPDFPageObj_CountMarks(handle), _MOST_MARKS)):
        mark = c.FPDFPageObj_GetMark(handle, at)
        if _name_of(mark) == _KEY:
            return True
        value = ctypes.c_int()
        if c.FPDFPageObjMark_GetParamIntValue(mark, _KEY.encode(), value) and value.value:
            return True
    return False


def _name_of(mark: Any) -> str:
    size = ctypes.c_ulong()
    written = (c.FPDF_WCHAR * (len(_KEY) + 1))()
    if not c.FPDFPageObjMark_GetName(mark, written, ctypes.sizeof(written), size):
        return ""
    return bytes(written)[: size.value].decode("utf-16-le", "replace").rstrip("\0")


class Layers:
    """Which layers of a file are off when it is opened (ISO 32000-1, 8.11.4)."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self._pdf = pdf
        self._off: set[Key] = set()
        properties: Any = pdf.Root.get("/OCProperties")
        default = properties.get("/D") if isinstance(properties, pikepdf.Dictionary) else None
        if not isinstance(default, pikepdf.Dictionary):
            return
        groups = list(_groups(properties.get("/OCGs")))
        if default.get("/BaseState") == "/OFF":
            self._off = {group.objgen for group in groups}
        self._off -= {group.objgen for group in _groups(default.get("/ON"))}
        self._off |= {group.objgen for group in _groups(default.get("/OFF"))}
        for usage in _groups(default.get("/AS")):
            if usage.get("/Event") == "/View":
                for group in _groups(usage.get("/OCGs")):
                    self._view(group)

    def _view(self, group: Any) -> None:
        """The state that a group asks for on a screen."""
        usage = group.get("/Usage")
        view = usage.get("/View") if isinstance(usage, pikepdf.Dictionary) else None
        state = view.get("/ViewState") if isinstance(view, pikepdf.Dictionary) else None
        if state == "/OFF":
            self._off.add(group.objgen)
        elif state == "/ON":
            self._off.discard(group.objgen)

    def with_marks(self) -> bytes | None:
        """A copy of the file with marks on content that is not shown; None if all is shown.

        Changes the file's objects.
        """
        if not self._off:
            return None
        for item in self._pdf.objects:
            if isinstance(item, pikepdf.Stream):
                if self.is_hidden(item.get("/OC")):
                    _mark_stream(item)
            elif isinstance(item, pikepdf.Dictionary) and self.is_hidden(item):
                item[f"/{_KEY}"] = 1
        written = io.BytesIO()
        self._pdf.save(written)
        return written.getvalue()

    def is_hidden(self, content: Any) -> bool:
        """Whether a group, or a membership dictionary, is off."""
        if not isinstance(content, pikepdf.Dictionary):
            return False
        if content.get("/Type") == "/OCG":
            return content.objgen in self._off
        return content.get("/Type") == "/OCMD" and not self._is_member_shown(content)

    def _is_member_shown(self, member: Any) -> bool:
        if isinstance(expression := member.get("/VE"), pikepdf.Array):
            return self._holds(expression, _MOST_DEPTH)
        groups = member.get("/OCGs")
        single = isinstance(groups, pikepdf.Dictionary)
        shown = [one.objgen not in self._off for one in ([groups] if single else _groups(groups))]
        policy = str(member.get("/P", "/AnyOn"))
        if not shown:
            return True
        if policy == "/AllOn":
            return all(shown)
        if policy == "/AnyOff":
            return not all(shown)
        return not any(shown) if policy == "/AllOff" else any(shown)

    def _holds(self, expression: Any, depth: int) -> bool:
        """Whether a visibility expression is true. Damaged ones are, as in PDFium."""
        if isinstance(expression, pikepdf.Dictionary):
            return expression.objgen not in self._off
        if not isinstance(expression, pikepdf.Array) or not expression or not depth:
            return True
        operator, *operands = list(expression)
        values = [self._holds(one, depth - 1) for one in operands]
        if operator == "/Not":
            return not all(values)
        return any(values) if operator == "/Or" else all(values)


def _groups(listed: Any) -> Iterator[Any]:
    if isinstance(listed, pikepdf.Array):
        yield from (one for one in listed if isinstance(one, pikepdf.Dictionary))
