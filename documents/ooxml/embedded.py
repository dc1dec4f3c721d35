"""The kinds of parts of a container that are not XML of the document itself."""

from __future__ import annotations

import posixpath
from enum import StrEnum

XML_SUFFIXES = (".xml", ".rels", ".vml")
CHUNK_RELATION = "/aFChunk"
_PICTURES = frozenset(
    ("png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff", "emf", "wmf", "svg", "wdp", "webp", "jb2")
)
_FONTS = frozenset(("odttf", "ttf", "otf"))


class PartKind(StrEnum):
    """The kind of a part that is not XML of the document itself."""

    picture = "picture"
    embedded = "embedded file"
    font = "font"


def kind_of_part(name: str) -> PartKind:
    extension = posixpath.splitext(name)[1].lstrip(".").lower()
    if extension in _PICTURES:
        return PartKind.picture
    return PartKind.font if extension in _FONTS else PartKind.embedded
