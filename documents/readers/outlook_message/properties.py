"""The properties of messages, recipients and attachments in an MSG file (MS-OXMSG 2.1 to 2.4)."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from documents.compound_file import CompoundFile, Entry
from documents.readers.text.encoding import NotText, decode

# Types of properties (MS-OXCDATA 2.11.1).
_INTEGER, _TIME, _STRING, _STRING_8, _BINARY, _OBJECT = 0x03, 0x40, 0x1F, 0x1E, 0x102, 0x0D
_FIXED = struct.Struct("<HHI8s")
# Bytes before the fixed properties: of the message, and of other objects. One inside has 16 more,
# which look like a property that does not exist.
_OWN_HEADER, _INNER_HEADER = 32, 8
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
# Code pages whose encoding has another name.
_CODE_PAGES: Mapping[int, str] = {936: "gb18030", 950: "cp950", 65001: "utf-8", 20936: "gb2312"}
_CODE_PAGE = 0x3FFD


class Storage:
    """One object of the file: a message, a recipient or an attachment."""

    def __init__(self, file: CompoundFile, entries: Sequence[Entry], entry: Entry) -> None:
        self._file, self._entries = file, entries
        self._children = file.children(entry, entries)
        self._fixed: dict[int, tuple[int, bytes]] | None = None

    def text(self, number: int) -> str:
        """A property that is text; empty if there is none."""
        if (data := self._value(number, _STRING)) is not None:
            return data.decode("utf-16-le", errors="replace").rstrip("\0")
        if (data := self._value(number, _STRING_8)) is not None:
            return self._decoded(data).rstrip("\0")
        return ""

    def data(self, number: int) -> bytes | None:
        """A property that is bytes; None if there is none."""
        return self._value(number, _BINARY)

    def object(self, number: int) -> Storage | None:
        """A property that is an object, such as an attached message; None if there is none."""
        entry = self._children.get(_name(number, _OBJECT))
        return Storage(self._file, self._entries, entry) if entry is not None else None

    def whole(self, number: int) -> int | None:
        kind, value = self._fixed_values().get(number, (0, b""))
        return int.from_bytes(value[:4], "little") if kind == _INTEGER else None

    def time(self, number: int) -> datetime | None:
        kind, value = self._fixed_values().get(number, (0, b""))
        ticks = int.from_bytes(value, "little")
        if kind != _TIME or not ticks:
            return None
        try:
            return _EPOCH + timedelta(microseconds=ticks // 10)
        except OverflowError:
            return None

    def objects(self, prefix: str) -> Iterator[Storage]:
        """The recipients or attachments, in the order of their numbers."""
        for name in sorted(self._children):
            if name.startswith(prefix):
                yield Storage(self._file, self._entries, self._children[name])

    def _value(self, number: int, kind: int) -> bytes | None:
        entry = self._children.get(_name(number, kind))
        return self._file.stream(entry, self._entries[0]) if entry is not None else None

    def _fixed_values(self) -> dict[int, tuple[int, bytes]]:
        """The properties of a fixed size: their type and value."""
        if self._fixed is None:
            entry = self._children.get("__properties_version1.0")
            data = self._file.stream(entry, self._entries[0]) if entry is not None else b""
            header = _OWN_HEADER if len(data) % _FIXED.size == 0 else _INNER_HEADER
            count = max(0, len(data) - header) // _FIXED.size
            rows = _FIXED.iter_unpack(data[header : header + count * _FIXED.size])
            self._fixed = {number: (kind, value) for kind, number, _, value in rows}
        return self._fixed

    def _decoded(self, data: bytes) -> str:
        page = self.whole(_CODE_PAGE)
        name = _CODE_PAGES.get(page or 0, f"cp{page}")
        try:
            return data.decode(name)
        except (LookupError, UnicodeDecodeError):
            pass
        try:
            return decode(data)
        except NotText:
            return data.decode("ascii", errors="replace")


def _name(number: int, kind: int) -> str:
    return f"__substg1.0_{number:04X}{kind:04X}"
