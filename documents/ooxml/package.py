"""The ZIP container of Office documents (Open Packaging Conventions), with limits on its size."""

from __future__ import annotations

import lzma
import posixpath
import struct
import zipfile
import zlib
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from types import TracebackType

from lxml import etree

from documents.errors import CorruptDocument, DocumentTooLong, EncryptedDocument
from documents.limits import MIB, ReadLimits
from documents.readers.text.plausibility import LIKELY, plausibility

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
_DAMAGED = "The file is a ZIP container that is damaged or cut short. Send it again."
_BAD_ZIP = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, NotImplementedError,
    OSError, ValueError,
)  # fmt: skip
_RELATIONSHIP = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"


class Package:
    """The parts of one file. A part is decompressed when it is requested.

    Raises `CorruptDocument`, `EncryptedDocument`, or `DocumentTooLong` for a file that decompresses
    to more than `limits` allow or is probably a ZIP bomb.
    """

    def __init__(self, path: Path, limits: ReadLimits | None = None) -> None:
        self._file = path.open("rb")
        try:
            self._zip = zipfile.ZipFile(self._file)
        except _BAD_ZIP as error:
            self._file.close()
            raise CorruptDocument(_DAMAGED) from error
        self._by_name = _by_name(self._zip.infolist())
        self._remaining = limits.max_expanded_bytes if limits else 64 * MIB
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

    def __contains__(self, name: str) -> bool:
        return self._entry(name) is not None

    @property
    def names(self) -> list[str]:
        """The names of all parts, as the container writes them."""
        names = (entry.filename for entry in self._zip.infolist())
        return [name for name in names if name and not name.endswith("/")]

    @property
    def entries(self) -> list[zipfile.ZipInfo]:
        """All entries in their order, including folders and duplicate names."""
        return self._zip.infolist()

    def data(self, name: str) -> bytes | None:
        """The bytes of a part; None if there is no such part."""
        entry = self._entry(name)
        return self.unpacked(entry) if entry is not None else None

    def _entry(self, name: str) -> zipfile.ZipInfo | None:
        return self._by_name.get(name) or self._by_name.get(name.lower())

    def unpacked(self, entry: zipfile.ZipInfo) -> bytes:
        if entry.flag_bits & 0x1:
            raise EncryptedDocument("The document has a password. Send it without one.")
        try:
            with self._zip.open(entry) as part:
                data = part.read(self._remaining + 1)
        except _BAD_ZIP as error:
            raise CorruptDocument(_DAMAGED) from error
        self._remaining -= len(data)
        if self._remaining < 0:
            raise _too_large()
        return data

    def xml(self, name: str, *, lenient: bool = False) -> etree._Element | None:
        """The root of an XML part; None if there is no such part.

        With `lenient`, XML that is not well-formed is accepted if it has a root element.
        """
        data = self.data(name)
        if data is None:
            return None
        return parsed_xml(data, name, lenient=lenient)

    def main_part(self, types: Collection[str]) -> str | None:
        """The name of the main part, if it has one of the content types."""
        name = self.related("", "/officeDocument")
        declared = self.xml("[Content_Types].xml")
        if name is None or declared is None:
            return None
        for entry in declared.iter(f"{_TYPES}Override"):
            declared_name = (entry.get("PartName") or "").replace("\\", "/")
            if declared_name.lstrip("/").lower() == name.lower():
                return name if entry.get("ContentType") in types else None
        extension = posixpath.splitext(name)[1].lstrip(".").lower()
        for entry in declared.iter(f"{_TYPES}Default"):
            if (entry.get("Extension") or "").lower() == extension:
                return name if entry.get("ContentType") in types else None
        return None

    def related(self, part: str, kind: str) -> str | None:
        """The first of `all_related`; None if there is none."""
        return next(iter(self.all_related(part, kind)), None)

    def all_related(self, part: str, kind: str) -> list[str]:
        """All parts related to `part` (the package if empty) as `kind`, in order, each once."""
        found = [name for _, type_, name in self._parts(part) if type_.endswith(kind)]
        return list(dict.fromkeys(found))

    def related_as(self, part: str, relation: str) -> str | None:
        """The part related to `part` by the relationship with the id `relation`."""
        return next((name for id_, _, name in self._parts(part) if id_ == relation), None)

    def relations(self, part: str) -> Iterator[tuple[str, str, str, bool]]:
        """The id, type and target of each relationship of a part, in order.

        The target is the name of a part, or an address outside the file, as the last value says.
        """
        folder, base = posixpath.split(part)
        relations = self.xml(posixpath.join(folder, "_rels", f"{base}.rels"))
        for entry in relations.iter(_RELATIONSHIP) if relations is not None else ():
            target = entry.get("Target") or ""
            is_external = entry.get("TargetMode") == "External"
            if not is_external:
                target = self._name_of(posixpath.join("/", folder, target.replace("\\", "/")))
            yield entry.get("Id") or "", entry.get("Type") or "", target, is_external

    def _name_of(self, target: str) -> str:
        """The name of a part as the container writes it."""
        name = posixpath.normpath(target).lstrip("/")
        entry = self._entry(name)
        return entry.filename if entry is not None else name

    def _parts(self, part: str) -> Iterator[tuple[str, str, str]]:
        """The id, type and name of each part that is related to `part`, in order."""
        for id_, type_, target, is_external in self.relations(part):
            if not is_external:
                yield id_, type_, target

    def _close(self) -> None:
        self._zip.close()
        self._file.close()

    def _is_bomb(self, most: int) -> bool:
        entries = self._zip.infolist()
        expanded = sum(entry.file_size for entry in entries)
        packed = max(1, sum(entry.compress_size for entry in entries))
        unlikely = expanded > _RATIO_MATTERS_FROM and expanded > packed * _MOST_RATIO
        return len(entries) > _MOST_PARTS or expanded > most or unlikely


def parsed_xml(data: bytes, name: str, *, lenient: bool = False) -> etree._Element:
    """The root of the XML part `name`; see `Package.xml`.

    Raises `CorruptDocument`, also for XML that declares entities.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True,
        remove_pis=True, recover=lenient,
    )  # fmt: skip
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        if getattr(error, "code", None) == etree.ErrorTypes.ERR_NO_MEMORY:
            raise MemoryError from error
        raise CorruptDocument(f"The part {_printable(name)} is not well-formed XML.") from error
    if root is None:
        raise CorruptDocument(f"The part {_printable(name)} has no XML content.")
    if root.getroottree().docinfo.internalDTD is not None:
        raise CorruptDocument(
            "The document declares XML entities, which are not allowed. Save it again."
        )
    return root


def _by_name(entries: Sequence[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """Entries by their own name, and by the name without case where no other has it.

    Names of parts are compared without case (OPC, 6.2.2.3). Some programs write backslashes, which
    become slashes here, so that every walk of the container has the names of the standard.
    """
    for entry in entries:
        entry.filename = entry.filename.replace("\\", "/")
    folded = {entry.filename.lower(): entry for entry in entries}
    return folded | {entry.filename: entry for entry in entries}


def _too_large() -> DocumentTooLong:
    return DocumentTooLong(
        "The document unpacks to more than the limit. Split it, or remove its pictures."
    )


def _printable(name: str) -> str:
    return name if name.isascii() and name.isprintable() else "inside"


def decoded_name(name: str) -> str:
    """The intended name: `zipfile` decodes names not marked as UTF-8 as code page 437.

    Some names in GBK are valid UTF-8 too, such as 通知.
    """
    try:
        raw = name.encode("cp437")
    except UnicodeEncodeError:
        return name
    readings = [text for code in ("utf-8", "gb18030") if (text := _decoded(raw, code)) is not None]
    likely = (text for text in readings if plausibility(text) >= LIKELY)
    return next(likely, readings[0] if readings else name)


def _decoded(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None
