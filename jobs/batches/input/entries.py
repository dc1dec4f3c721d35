"""Collects the entries of an index, in the order of the file."""

from __future__ import annotations

import struct

from jobs.batches.input.index import ENTRY_BYTES, TOKENS_AT, Entry, pack

_TOKENS = struct.Struct(">I")


class Entries:
    """Entries are numbered from 0 in the order of their addition."""

    def __init__(self) -> None:
        self._packed = bytearray()
        self._dropped: set[int] = set()

    def add(self, entry: Entry) -> int:
        """Returns the entry's number."""
        self._packed += pack([entry])
        return len(self._packed) // ENTRY_BYTES - 1

    def estimate(self, number: int, tokens: int) -> None:
        """Change the estimated tokens of an entry."""
        _TOKENS.pack_into(self._packed, number * ENTRY_BYTES + TOKENS_AT, tokens)

    def drop(self, number: int) -> bool:
        """Remove an entry. False if it was removed before."""
        if number in self._dropped:
            return False
        self._dropped.add(number)
        return True

    def packed(self) -> bytes:
        """The entries that were not removed."""
        packed, start, kept = memoryview(self._packed), 0, bytearray()
        for number in sorted(self._dropped):
            kept += packed[start : number * ENTRY_BYTES]
            start = (number + 1) * ENTRY_BYTES
        return bytes(kept + packed[start:])
