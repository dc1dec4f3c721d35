"""The container of Office files before 2007 (Compound File Binary, MS-CFB)."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# What reading a damaged file raises.
DAMAGE = (struct.error, ValueError, IndexError, OverflowError)

_SPECIAL = 0xFFFFFFFA  # sector numbers from here on mark the end of a chain, a free sector, ...
_NO_ENTRY = 0xFFFFFFFF
_HEADER_TABLES = 109  # sectors of the allocation table that the header lists
_ENTRY = struct.Struct("<64sHBBIII")
_ENTRY_BYTES = 128
_START_AT = 116
_BEGINNING = 512
_FILE_PASS = 0x2F
_SMALL_SECTOR = 64
_MANY_BYTES, _MANY_ENTRIES = 1 << 20, 10_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A directory entry: a storage or a stream. `start` is its first sector, `size` in bytes."""

    name: str
    start: int
    size: int
    left: int
    right: int
    child: int


class CompoundFile:
    """The sectors of a compound file (MS-CFB 2.2 to 2.6).

    The methods raise one of `DAMAGE` where the file is damaged.
    """

    def __init__(self, data: bytes | mmap.mmap) -> None:
        self._data = data
        (shift,) = struct.unpack_from("<H", data, 30)
        if shift not in {9, 12}:
            raise ValueError("a sector has 512 or 4,096 bytes")
        self._size = int(1 << shift)
        # Streams that share sectors and storages that share entries make a small file large.
        self._bytes_left = 8 * len(data) + _MANY_BYTES
        self._entries_left = len(data) // 8 + _MANY_ENTRIES
        # The allocation table of small sectors, and the stream that they are in.
        self._small: tuple[Sequence[int], bytes] | None = None
        self.directory: int
        self.least: int
        self.small_table: int
        self.directory, _, self.least, self.small_table = struct.unpack_from("<4I", data, 48)
        tables = [*struct.unpack_from(f"<{_HEADER_TABLES}I", data, 76)]
        (more,) = struct.unpack_from("<I", data, 68)
        for _ in range(len(data) // self._size):
            if more >= _SPECIAL:
                break
            *listed, more = struct.unpack(f"<{self._size // 4}I", self._sector(more))
            tables += listed
        self._tables = [number for number in tables if number < _SPECIAL]

    def is_endless(self, start: int) -> bool:
        """Whether the chain of sectors that begins at `start` never ends."""
        return sum(1 for _ in self._chain(start)) > self._most

    def read(self, start: int) -> bytes:
        """The bytes of a chain of sectors. An endless chain is cut."""
        return b"".join(map(self._sector, self._chain(start)))

    def entries(self) -> list[Entry]:
        """All directory entries, by their number."""
        directory = self.read(self.directory)
        last = len(directory) - _ENTRY_BYTES + 1
        return [_entry(directory, at) for at in range(0, last, _ENTRY_BYTES)]

    def children(self, parent: Entry, entries: Sequence[Entry]) -> dict[str, Entry]:
        """What is right below a storage, by name."""
        pending, visited = [parent.child], set()
        found: dict[str, Entry] = {}
        while pending:
            number = pending.pop()
            if number == _NO_ENTRY or number in visited or number >= len(entries):
                continue
            visited.add(number)
            self._entries_left -= 1
            if self._entries_left < 0:
                raise ValueError("storages share their entries")
            entry = entries[number]
            found[entry.name] = entry
            pending += [entry.left, entry.right]
        return found

    def stream(self, entry: Entry, root: Entry) -> bytes:
        """The bytes of a stream, also of a small one, which is stored in the stream of the root.

        An endless chain is cut.
        """
        self._bytes_left -= min(entry.size, len(self._data))
        if self._bytes_left < 0:
            raise ValueError("streams share their sectors")
        if entry.size >= self.least:
            return self.read(entry.start)[: entry.size]
        if self._small is None:
            links = self.read(self.small_table)
            table = struct.unpack(f"<{len(links) // 4}I", links[: len(links) // 4 * 4])
            self._small = table, self.read(root.start)
        links_of, data = self._small
        pieces, at = [], entry.start
        for _ in range(-(-entry.size // _SMALL_SECTOR)):
            if at >= len(links_of):
                break
            pieces.append(data[at * _SMALL_SECTOR : (at + 1) * _SMALL_SECTOR])
            at = links_of[at]
        return b"".join(pieces)[: entry.size]

    def root_streams(self) -> dict[str, bytes]:
        """The entries right below the root, and how each begins; small streams are not read."""
        entries = self.entries()
        streams: dict[str, bytes] = {}
        for name, entry in self.children(entries[0], entries).items():
            is_small = entry.size < self.least or entry.start >= _SPECIAL
            streams[name] = b"" if is_small else self._sector(entry.start)[:_BEGINNING]
        return streams

    @property
    def _most(self) -> int:
        return len(self._tables) * self._size // 4

    def _sector(self, number: int) -> bytes:
        at = self._at(number)
        return self._data[at : at + self._size]

    def _chain(self, start: int) -> Iterator[int]:
        """The sectors of a chain, at most one more than there are."""
        for _ in range(self._most + 1):
            if start >= _SPECIAL:
                return
            yield start
            table, at = divmod(start, self._size // 4)
            (start,) = struct.unpack_from("<I", self._data, self._at(self._tables[table]) + at * 4)

    def _at(self, sector: int) -> int:
        return (sector + 1) * self._size


@contextmanager
def opened(path: Path) -> Iterator[mmap.mmap]:
    """The bytes of a file, without reading all of it into memory."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        yield data


def is_locked(name: str, beginning: bytes) -> bool:
    """Whether a DOC's or XLS's main stream says that the rest is encrypted.

    MS-DOC 2.5.2, the flag `fEncrypted`; MS-XLS 2.4.117, the record `FilePass`.
    """
    if name == "WordDocument":
        return len(beginning) > 11 and bool(beginning[11] & 0x01)
    place = 0
    while place + 4 <= len(beginning):
        kind, length = struct.unpack_from("<HH", beginning, place)
        if kind == _FILE_PASS:
            return True
        place += 4 + length
    return False


def _entry(directory: bytes, at: int) -> Entry:
    name, length, kind, _, left, right, child = _ENTRY.unpack_from(directory, at)
    start, size = struct.unpack_from("<II", directory, at + _START_AT)
    text = name[: max(0, min(length, 64) - 2)].decode("utf-16-le", errors="replace")
    return Entry(text, start, size if kind else 0, left, right, child)
