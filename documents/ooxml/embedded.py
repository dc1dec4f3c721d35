"""The parts of a container that are embedded files, which its reader does not read."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from enum import StrEnum

from documents.ooxml.package import Package

XML_SUFFIXES = (".xml", ".rels", ".vml")
CHUNK_RELATION = "/aFChunk"
_PICTURES = frozenset(
    ("png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff", "emf", "wmf", "svg", "wdp", "webp", "jb2")
)
_FONTS = frozenset(("odttf", "ttf", "otf"))
# Settings for display and printing, and data about seals.
_IGNORED = re.compile(
    r"mimetype|docProps/thumbnail.*|xl/printerSettings/.*|(?:Thumbnails|ObjectReplacements|"
    r"Configurations2)/.*|.*\.rdf|(?:.*/)?Signs/.*",
    re.IGNORECASE,
)


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


def embedded_files(package: Package) -> Iterator[str]:
    """The names of embedded files, including those that Word includes as text (`altChunk`)."""
    chunks = {chunk for name in package.names for chunk in _chunks(package, name)}
    for name in package.names:
        is_own = name.lower().endswith(XML_SUFFIXES) or _IGNORED.fullmatch(name)
        if name in chunks or (not is_own and kind_of_part(name) is PartKind.embedded):
            yield name


def _chunks(package: Package, name: str) -> list[str]:
    """The files that a part includes as text."""
    folder, base = posixpath.split(name)
    if not base.endswith(".rels") or posixpath.basename(folder) != "_rels":
        return []
    part = posixpath.join(posixpath.dirname(folder), base.removesuffix(".rels"))
    return package.all_related(part, CHUNK_RELATION) if part else []
