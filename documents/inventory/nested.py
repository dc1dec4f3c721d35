"""Lists what files and texts inside a file hold: attached files, embedded files, encoded data."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from documents.detect import detect
from documents.errors import DocumentError, DocumentTooLong, EncryptedDocument
from documents.inventory.encodings import decoded, encoded
from documents.inventory.entry import Entry, EntryKind, Unread, unread
from documents.inventory.fonts import font_strings
from documents.inventory.pictures.drawings import drawing_text
from documents.inventory.side_files import side_file
from documents.inventory.signatures import armoured, is_packet, signature_entries
from documents.limits import ReadLimits
from documents.memory_file import memory_file
from documents.ooxml.embedded import PartKind, kind_of_part
from documents.readers import text
from documents.readers.pictures import MEDIA_TYPES

Walk = Callable[[Path, ReadLimits], Iterator[Entry]]
Inventory = Callable[[Path, str, ReadLimits], Iterator[Entry]]

ZIP = "application/zip"
"""Any ZIP container, also one that is no document."""
_PK = b"PK\x03\x04"
# What files inside a file may unpack to, as a share of what the file may.
_SHARE = 8
# Files that hold no others: an ordinary document may have thousands of pictures.
_SINGLE = frozenset((*MEDIA_TYPES.values(), text.MEDIA_TYPE))
_KINDS = {PartKind.picture: Unread.picture, PartKind.font: Unread.font}
_DRAWINGS = (".emf", ".wmf")
_MACROS = "vbaproject.bin"


@dataclass(frozen=True, slots=True)
class Nested:
    """Opens what a file with these limits contains, with `inventory`."""

    limits: ReadLimits
    inventory: Inventory

    def _inner_limits(self) -> ReadLimits:
        return replace(
            self.limits,
            nesting=self.limits.nesting - 1,
            max_expanded_bytes=max(1, self.limits.max_expanded_bytes // _SHARE),
        )

    def file(self, where: str, data: bytes, name: str = "") -> Iterator[Entry]:
        """Yield the entries of a file; `name` tells what it is if its bytes do not.

        A file that cannot be opened is one unread entry.
        """
        if not data:
            return
        strings = font_strings(data)
        if strings is not None:
            yield from (Entry(where, words, EntryKind.metadata) for words in strings)
            return
        if self.limits.nesting <= 0:
            yield unread(where, Unread.nested_too_deeply)
            return
        with memory_file(data) as path:
            yield from self._opened(where, path, data, name)

    def _opened(self, where: str, path: Path, data: bytes, name: str) -> Iterator[Entry]:
        try:
            media_type = detect(path)
        except EncryptedDocument:
            yield unread(where, Unread.encrypted)
            return
        except DocumentError:
            if not data.startswith(_PK):
                yield from self._unknown(where, data, name)
                return
            media_type = ZIP
        files = self.limits.inner_files
        if files is not None and media_type not in _SINGLE and not files.take():
            yield unread(where, Unread.too_long)
            return
        try:
            for entry in self.inventory(path, media_type, self._inner_limits()):
                at = f"{where} > {entry.where}" if entry.where else where
                yield replace(entry, where=at)
        except EncryptedDocument:
            yield unread(where, Unread.encrypted)
        except DocumentTooLong:
            if files is not None:
                files.count()
            yield unread(where, Unread.too_long)
        except DocumentError:
            yield unread(where, Unread.damaged)

    def _unknown(self, where: str, data: bytes, name: str) -> Iterator[Entry]:
        """Yield the text of a file that is no document, and an unread entry for other content."""
        if (side := side_file(data)) is not None:
            for text in side.texts:
                yield from self.text(where, text, EntryKind.hidden)
            for place, content in side.files:
                yield from self._inside(f"{where}, {place}", content)
            return
        if name.lower().endswith(_DRAWINGS):
            yield Entry(where, drawing_text(data), EntryKind.hidden)
        yield unread(where, _kind(name))

    def _inside(self, where: str, data: bytes) -> Iterator[Entry]:
        """Yield the entries of a part of a file, which is no such file again."""
        if side_file(data) is None:
            yield from replace(self, limits=self._inner_limits()).file(where, data)
        else:
            yield unread(where, Unread.embedded_file)

    def text(
        self, where: str, text: str, kind: EntryKind, *, whole: bool = False
    ) -> Iterator[Entry]:
        """Yield the text without escapes, and what is encoded in it."""
        if not text or text.isspace():
            return
        yield Entry(where, decoded(text), kind, whole=whole)
        signatures = armoured(text)
        for run in encoded(text):
            for words in run.texts:
                yield from self.text(f"{where}, encoded", words, EntryKind.hidden)
            is_inside = any(start <= run.start < end for start, end in signatures)
            if is_inside and is_packet(run.data):
                yield from signature_entries(f"{where}, signature", run.data)
                continue
            for entry in self.file(f"{where}, encoded data", run.data):
                is_unknown = entry.reason == Unread.embedded_file.value
                yield replace(entry, reason=Unread.encoded_data.value) if is_unknown else entry


def _kind(name: str) -> Unread:
    """Why a part of this name, of an unknown format, was not read."""
    if posixpath.basename(name).lower() == _MACROS:
        return Unread.macros
    return _KINDS.get(kind_of_part(name), Unread.embedded_file)
