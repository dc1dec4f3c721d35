"""Writes compound files (MS-CFB), and an Outlook message (MS-OXMSG) as one."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

Tree = Mapping[str, "bytes | Tree"]

_SECTOR, _SMALL, _LEAST = 512, 64, 4096
_END, _FREE, _TABLE, _NONE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD, 0xFFFFFFFF
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class _Entry:
    name: str
    data: bytes | None = None
    child: int = _NONE
    right: int = _NONE
    start: int = _END
    size: int = 0
    kind: int = 2


@dataclass(slots=True)
class _Writer:
    entries: list[_Entry] = field(default_factory=lambda: [_Entry("Root Entry", kind=5)])
    sectors: list[bytes] = field(default_factory=list)
    table: list[int] = field(default_factory=list)

    def add(self, parent: _Entry, tree: Tree) -> None:
        before: _Entry | None = None
        for name, content in tree.items():
            entry = _Entry(name, content if isinstance(content, bytes) else None)
            number = len(self.entries)
            self.entries.append(entry)
            if before is None:
                parent.child = number
            else:
                before.right = number
            before = entry
            if not isinstance(content, bytes):
                entry.kind = 1
                self.add(entry, content)

    def store(self, data: bytes) -> int:
        """The first sector of a stream."""
        count = -(-len(data) // _SECTOR)
        first = len(self.sectors)
        for number in range(count):
            self.sectors.append(data[number * _SECTOR :][:_SECTOR].ljust(_SECTOR, b"\0"))
            self.table.append(first + number + 1 if number < count - 1 else _END)
        return first if count else _END


def compound(tree: Tree) -> bytes:
    """A compound file with these storages and streams."""
    writer = _Writer()
    writer.add(writer.entries[0], tree)
    small, small_table = b"", list[int]()
    for entry in writer.entries:
        if entry.data is None:
            continue
        entry.size = len(entry.data)
        if entry.size >= _LEAST:
            entry.start = writer.store(entry.data)
        elif entry.size:
            count = -(-entry.size // _SMALL)
            entry.start = len(small_table)
            small_table += [*range(entry.start + 1, entry.start + count), _END]
            small += entry.data.ljust(count * _SMALL, b"\0")
    writer.entries[0].start, writer.entries[0].size = writer.store(small), len(small)
    links = writer.store(struct.pack(f"<{len(small_table)}I", *small_table))
    directory = writer.store(b"".join(map(_packed, writer.entries)))
    count = -(-(len(writer.sectors) + 2) // 127)
    tables = range(len(writer.sectors), len(writer.sectors) + count)
    table = [*writer.table, *[_TABLE] * count]
    table += [_FREE] * (count * 128 - len(table))
    head = struct.pack(
        "<8s16x5H6x9I", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6, 0, count,
        directory, 0, _LEAST, links, -(-len(small_table) * 4 // _SECTOR), _END, 0,
    )  # fmt: skip
    listed = struct.pack("<109I", *tables, *[_FREE] * (109 - count))
    return b"".join([head, listed, *writer.sectors, struct.pack(f"<{len(table)}I", *table)])


def _packed(entry: _Entry) -> bytes:
    name = entry.name.encode("utf-16-le") + b"\0\0"
    return struct.pack(
        "<64sHBBIII36xIQ", name, len(name), entry.kind, 1, _NONE, entry.right, entry.child,
        entry.start, entry.size,
    )  # fmt: skip


def message(
    subject: str,
    body: str,
    attachments: Sequence[Tree] = (),
    *,
    inner: bool = False,
    others: Tree | None = None,
) -> dict[str, bytes | Tree]:
    """The tree of a message from `甲` to `乙`, sent on 1 June 2026; `inner` for an attached one."""
    ticks = int((datetime(2026, 6, 1, tzinfo=UTC) - _EPOCH).total_seconds()) * 10**7
    fixed = struct.pack("<HHIQ", 0x40, 0x39, 6, ticks)
    tree: dict[str, bytes | Tree] = {
        "__properties_version1.0": bytes(24 if inner else 32) + fixed,
        **texts({0x0037: subject, 0x1000: body, 0x0C1A: "甲", 0x5D01: "jia@example.org"}),
        "__recip_version1.0_#00000000": {
            "__properties_version1.0": bytes(8) + struct.pack("<HHIQ", 3, 0x0C15, 6, 1),
            **texts({0x3001: "乙", 0x39FE: "yi@example.org"}),
        },
    }
    for number, attached in enumerate(attachments):
        tree[f"__attach_version1.0_#{number:08X}"] = attached
    return {**tree, **(others or {})}


def attachment(name: str, data: bytes) -> Tree:
    return {
        "__properties_version1.0": bytes(8),
        **texts({0x3707: name}),
        "__substg1.0_37010102": data,
    }


def texts(properties: Mapping[int, str]) -> dict[str, bytes]:
    return {
        f"__substg1.0_{number:04X}001F": text.encode("utf-16-le")
        for number, text in properties.items()
    }
