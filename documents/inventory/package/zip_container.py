"""Lists what a ZIP container holds outside the contents of its parts (PKWARE APPNOTE 4.3)."""

from __future__ import annotations

import posixpath
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

from documents.inventory.encodings import binary_text
from documents.inventory.entry import Entry, EntryKind, Unread, unread
from documents.inventory.neighbours import joined_values
from documents.inventory.nested import Nested
from documents.inventory.package.package_settings import is_usual_name
from documents.ooxml.package import decoded_name
from documents.readers.text.encoding import NotText, decode

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_EXTRA = struct.Struct("<HH")
_FIELDS = MappingProxyType(
    {0x0001: 28, 0x000A: 32, 0x5455: 13, 0x5855: 12, 0x7855: 4, 0x7875: 19, 0xA220: 4}
)
"""Sizes, times, owners' numbers, padding (APPNOTE 4.5, Info-ZIP): the most bytes that each has."""
_HAS_DESCRIPTOR = 0x8
_UTF8 = 0x800
_END = b"PK\x05\x06"
_END_SIZE = 22
_END_64 = b"PK\x06\x06"
_SIZE_64 = 56 + 20  # the record and its locator, without extensible data
_CHUNK = 1 << 20
_WHERE = "ZIP container"


def container_entries(path: Path, nested: Nested) -> Iterator[Entry]:
    """Yield names, comments, extra fields, and data outside the parts.

    Raises what `zipfile` and `struct` raise for a damaged container.
    """
    with path.open("rb") as file, zipfile.ZipFile(file) as container:
        walk = _Container(file, container, nested)
        yield from walk.directory()
        yield from walk.members()


class _Container:
    def __init__(self, file: BinaryIO, container: zipfile.ZipFile, nested: Nested) -> None:
        self._file = file
        self._container = container
        self._nested = nested

    def directory(self) -> Iterator[Entry]:
        """Everything from the central directory to the end of the file."""
        self._file.seek(self._container.start_dir)
        for _ in self._container.infolist():
            fields = _CENTRAL.unpack(self._file.read(_CENTRAL.size))
            flags, name_size, extra_size, comment_size = fields[3], *fields[10:13]
            yield from self._name(self._file.read(name_size), flags)
            yield from self._fields(self._file.read(extra_size))
            yield from self._bytes("comment of a part", self._file.read(comment_size))
        tail = self._file.read()
        if tail.startswith(_END_64):
            tail = tail[_SIZE_64:]
        size = _END_SIZE + len(self._container.comment)
        yield from self._bytes("comment", self._container.comment)
        rest = tail[size:] if tail.startswith(_END) else tail
        yield from self._bytes("after the directory", rest)

    def members(self) -> Iterator[Entry]:
        """The local headers, and what is between the members."""
        end = 0
        descriptors: frozenset[bytes] = frozenset()
        for entry in sorted(self._container.infolist(), key=lambda one: one.header_offset):
            yield from self._gap(end, entry.header_offset, descriptors)
            self._file.seek(entry.header_offset)
            fields = _LOCAL.unpack(self._file.read(_LOCAL.size))
            name_size, extra_size = fields[9:11]
            yield from self._name(self._file.read(name_size), fields[2])
            yield from self._fields(self._file.read(extra_size))
            if entry.compress_type == zipfile.ZIP_DEFLATED and self._has_rest(entry.compress_size):
                yield unread(f"{_WHERE}, after the data of a part", Unread.outside_parts)
            end = entry.header_offset + _LOCAL.size + name_size + extra_size + entry.compress_size
            descriptors = _descriptors(entry)
        yield from self._gap(end, self._container.start_dir, descriptors)

    def _gap(self, start: int, end: int, descriptors: frozenset[bytes]) -> Iterator[Entry]:
        if end > start:
            self._file.seek(start)
            data = self._file.read(end - start)
            if data not in descriptors:
                yield from self._bytes("between the parts", data)
        elif end < start:
            yield unread(f"{_WHERE}, parts that overlap", Unread.outside_parts)

    def _has_rest(self, size: int) -> bool:
        """Whether bytes follow the compressed data that begins at the file's position."""
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        while size > 0 and not inflater.eof:
            data = inflater.unconsumed_tail or self._file.read(min(_CHUNK, size))
            if not data:
                break
            if not inflater.unconsumed_tail:
                size -= len(data)
            inflater.decompress(data, _CHUNK)
        return bool(inflater.unused_data) or size > 0

    def _name(self, raw: bytes, flags: int) -> Iterator[Entry]:
        if flags & _UTF8:
            name = raw.decode("utf-8", errors="replace")
        else:
            name = decoded_name(raw.decode("cp437"))
        if is_usual_name(name):
            yield Entry("name of a part", name, EntryKind.setting)
        else:
            yield from self._nested.text("name of a part", name, EntryKind.name)
            folders, _, file = name.rstrip("/").rpartition("/")
            parts = [*folders.split("/"), posixpath.splitext(file)[0]]
            for value in joined_values(parts):
                yield Entry("folders and name of a part", value, EntryKind.name)

    def _fields(self, extra: bytes) -> Iterator[Entry]:
        at = 0
        while at + _EXTRA.size <= len(extra):
            field, size = _EXTRA.unpack_from(extra, at)
            body = extra[at + _EXTRA.size :][:size]
            if len(body.rstrip(b"\0")) > _FIELDS.get(field, 0):
                yield from self._bytes("extra field", body)
            elif body.strip(b"\0"):
                # Numbers, unless somebody has written text into their bytes.
                yield Entry(f"{_WHERE}, extra field", binary_text(body), EntryKind.metadata)
            at += _EXTRA.size + size
        yield from self._bytes("extra field", extra[at:])

    def _bytes(self, place: str, data: bytes) -> Iterator[Entry]:
        if not data.strip(b"\0"):
            return
        where = f"{_WHERE}, {place}"
        try:
            yield from self._nested.text(where, decode(data), EntryKind.hidden)
        except NotText:
            yield unread(where, Unread.outside_parts)


def _descriptors(entry: zipfile.ZipInfo) -> frozenset[bytes]:
    """The data descriptors that may follow a member's data (APPNOTE 4.3.9)."""
    if not entry.flag_bits & _HAS_DESCRIPTOR:
        return frozenset()
    values = entry.CRC, entry.compress_size, entry.file_size
    plain = [struct.pack("<IQQ", *values)]
    if max(values) < 1 << 32:
        plain.append(struct.pack("<III", *values))
    return frozenset(mark + one for one in plain for mark in (b"", b"PK\x07\x08"))
