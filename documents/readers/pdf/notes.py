"""Notes and other annotations on the pages of a PDF."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from documents.page.blocks import Box
from documents.readers.pdf.fields import box_of, is_shown
from documents.readers.pdf.strings import text_of

_FILE = "/FileAttachment"
_NOTES = frozenset(
    (
        "/Text", "/FreeText", "/Line", "/Square", "/Circle", "/Polygon", "/PolyLine", "/Highlight",
        "/Underline", "/Squiggly", "/StrikeOut", "/Stamp", "/Caret", "/Ink", "/Watermark",
        _FILE,
    )
)  # fmt: skip
_WITHOUT_TEXT: Mapping[str, str] = MappingProxyType(
    {
        _FILE: "attached file", "/Stamp": "stamp", "/Sound": "sound", "/Movie": "film",
        "/Screen": "film", "/RichMedia": "film", "/3D": "3D model", "/Watermark": "watermark",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Note:
    """A note. `unread` is what it is if it shows more than its text. `box` is in page space."""

    text: str
    box: Box | None
    is_hidden: bool = False
    unread: str = ""


def note_of(annotation: Any) -> Note | None:
    """The note that an annotation is; None for a link, a form field or another without text."""
    kind = str(annotation.get("/Subtype"))
    hidden = not is_shown(annotation)
    text = text_of(annotation.get("/Contents")) if kind in _NOTES else ""
    is_named = kind == _FILE or not text.strip()
    unread = _WITHOUT_TEXT.get(kind, "") if is_named and not hidden else ""
    return Note(text, box_of(annotation), hidden, unread) if text.strip() or unread else None
