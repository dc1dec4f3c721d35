"""The zip container of Office documents (Open Packaging Conventions), opened with care."""

from __future__ import annotations

import lzma
import posixpath
import struct
import zipfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from types import TracebackType

from lxml import etree

from documents.errors import CorruptDocument, DocumentTooLong, EncryptedDocument
from documents.limits import MIB, ReadLimits

_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
WORD_MAIN_TYPES = frozenset(
    (
        f"{_WORD}.document.main+xml",
        f"{_WORD}.template.main+xml",
        "application/vnd.ms-word.document.macroEnabled.main+xml",
        "application/vnd.ms-word.template.macroEnabledTemplate.main+xml",
    )
)

_MOST_PARTS = 10_000
_MOST_RATIO = 200
_RATIO_MATTERS_FROM = 16 * MIB
_DAMAGED = "The file begins like a zip container but is damaged or cut short. Send it again."
_BAD_ZIP = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, NotImplementedError,
    OSError, ValueError,
)  # fmt: skip
_RELATIONSHIP = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"


class Package:
    """The parts of one file. Only the parts that are asked for are unpacked.

    Raises `CorruptDocument`, `EncryptedDocument` or, for one that unpacks to more than `limits`
    or than any real document does, `DocumentTooLong`.
    """

    def __init__(self, path: Path, limits: ReadLimits | None = None) -> None:
        self._file = path.open("rb")
        try:
            self._zip = zipfile.ZipFile(self._file)
        except _BAD_ZIP as error:
            self._file.close()
            raise CorruptDocument(_DAMAGED) from error
        self._left = limits.max_expanded_bytes if limits else 64 * MIB
        if limits and self._is_bomb(limits.max_expanded_bytes):
            self._close()
            raise _too_large()

    def __enter__(self) -> Package:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    @property
    def names(self) -> list[str]:
        """The names of all parts, as the container writes them."""
        names = (entry.filename for entry in self._zip.infolist())
        return [name for name in names if name and not name.endswith("/")]

    @property
    def entries(self) -> list[zipfile.ZipInfo]:
        """What the container holds, in its order, folders and what has a name twice included."""
        return self._zip.infolist()

    def data(self, name: str) -> bytes | None:
        """The bytes of a part; None where there is no such part."""
        entry = self._zip.NameToInfo.get(name)
        return self.unpacked(entry) if entry is not None else None

    def unpacked(self, entry: zipfile.ZipInfo) -> bytes:
        if entry.flag_bits & 0x1:
            raise EncryptedDocument("The document's container has a password. Send it without one.")
        try:
            with self._zip.open(entry) as part:
                data = part.read(self._left + 1)
        except _BAD_ZIP as error:
            raise CorruptDocument(_DAMAGED) from error
        self._left -= len(data)
        if self._left < 0:
            raise _too_large()
        return data

    def xml(self, name: str, *, lenient: bool = False) -> etree._Element | None:
        """The root of an XML part; None where there is no such part.

        A `lenient` look forgives what is not well-formed, as far as there is a root.
        """
        data = self.data(name)
        if data is None:
            return None
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True,
            remove_pis=True, recover=lenient,
        )  # fmt: skip
        try:
            root = etree.fromstring(data, parser)
        except etree.XMLSyntaxError as error:
            if getattr(error, "code", None) == etree.ErrorTypes.ERR_NO_MEMORY:
                raise MemoryError from error
            raise CorruptDocument(f"The part {_shown(name)} is not well-formed XML.") from error
        if root is None:
            raise CorruptDocument(f"The part {_shown(name)} holds no XML.")
        if root.getroottree().docinfo.internalDTD is not None:
            raise CorruptDocument(
                "The document declares XML entities, which none may. Save it anew."
            )
        return root

    def main_part(self, types: Collection[str]) -> str | None:
        """The name of the part that has one of the content types and is the package's main one."""
        name = self.related("", "/officeDocument")
        declared = self.xml("[Content_Types].xml")
        if name is None or declared is None:
            return None
        for entry in declared.iter(f"{_TYPES}Override"):
            if (entry.get("PartName") or "").lstrip("/").lower() == name.lower():
                return name if entry.get("ContentType") in types else None
        extension = posixpath.splitext(name)[1].lstrip(".").lower()
        for entry in declared.iter(f"{_TYPES}Default"):
            if (entry.get("Extension") or "").lower() == extension:
                return name if entry.get("ContentType") in types else None
        return None

    def related(self, part: str, kind: str) -> str | None:
        """The name of the part that `part` (the package itself if empty) names as its `kind`."""
        return next(iter(self.all_related(part, kind)), None)

    def all_related(self, part: str, kind: str) -> list[str]:
        """The names of all parts that `part` names as its `kind`, in its order, each once."""
        found = [name for _, said, name in self._relations(part) if said.endswith(kind)]
        return list(dict.fromkeys(found))

    def related_as(self, part: str, relation: str) -> str | None:
        """The name of the part that `part` names under the id `relation`."""
        return next((name for said, _, name in self._relations(part) if said == relation), None)

    def _relations(self, part: str) -> Iterator[tuple[str, str, str]]:
        """The id, kind and name of what a part names, in its order."""
        folder, base = posixpath.split(part)
        relations = self.xml(posixpath.join(folder, "_rels", f"{base}.rels"))
        for one in relations.iter(_RELATIONSHIP) if relations is not None else ():
            name = posixpath.normpath(posixpath.join("/", folder, one.get("Target") or ""))
            yield one.get("Id") or "", one.get("Type") or "", name.lstrip("/")

    def _close(self) -> None:
        self._zip.close()
        self._file.close()

    def _is_bomb(self, most: int) -> bool:
        entries = self._zip.infolist()
        expanded = sum(entry.file_size for entry in entries)
        packed = max(1, sum(entry.compress_size for entry in entries))
        unlikely = expanded > _RATIO_MATTERS_FROM and expanded > packed * _MOST_RATIO
        return len(entries) > _MOST_PARTS or expanded > most or unlikely


def _too_large() -> DocumentTooLong:
    return DocumentTooLong(
        "The document unpacks to more than is allowed for a file of its size. Split it, or leave "
        "out its pictures."
    )


def _shown(name: str) -> str:
    return name if name.isascii() and name.isprintable() else "inside"
