"""Collects the entries of an index and sorts them into the order of release."""

from __future__ import annotations

import struct
from array import array
from collections import Counter
from collections.abc import Iterator

from jobs.batches.input.index import ENTRY_BYTES, TOKENS_AT, Entry, Prefix, pack

_LEVELS = 3
_NUMBER_BITS = 24  # a file has at most 2**24 - 1 lines
_NUMBER_MASK = (1 << _NUMBER_BITS) - 1
_TOKENS = struct.Struct(">I")


class ReleaseOrder:
    """Entries are numbered from 0 in the order of their addition. Each takes some 50 bytes."""

    def __init__(self) -> None:
        self._packed = bytearray()
        self._levels = array("q")
        self._documents = array("q")  # 0: none
        self._dropped: set[int] = set()

    def add(self, entry: Entry, prefix: Prefix) -> int:
        """Returns the entry's number."""
        self._packed += pack([entry])
        self._levels.extend(prefix.levels)
        self._documents.append(prefix.document or 0)
        return len(self._documents) - 1

    def estimate(self, number: int, tokens: int) -> None:
        """Change the estimated tokens of an entry."""
        _TOKENS.pack_into(self._packed, number * ENTRY_BYTES + TOKENS_AT, tokens)

    def drop(self, number: int) -> bool:
        """Remove an entry. False if it was removed before."""
        if number in self._dropped:
            return False
        self._dropped.add(number)
        return True

    def packed(self) -> tuple[bytes, int]:
        """The entries in the order of release, and how many groups they form.

        Lines whose prompts begin alike form a group, at the position of its first line. Within a
        group, lines that share more of the beginning are grouped in the same way; other lines keep
        the order of the file.
        """
        order = sorted(self._sort_keys())
        groups = len({key >> _LEVELS * _NUMBER_BITS for key in order})
        packed = memoryview(self._packed)
        starts = ((key & _NUMBER_MASK) * ENTRY_BYTES for key in order)
        return b"".join(packed[start : start + ENTRY_BYTES] for start in starts), groups

    def _sort_keys(self) -> Iterator[int]:
        """One number for each entry: the first entry of each of its levels, then its own number."""
        numbers = [n for n in range(len(self._documents)) if n not in self._dropped]
        shared = Counter(self._documents[number] for number in numbers)
        first: dict[int, int] = {}
        for number in numbers:
            key = 0
            for level in self._prefix_levels(number, shared):
                key = key << _NUMBER_BITS | first.setdefault(level, number)
            yield key << _NUMBER_BITS | number

    def _prefix_levels(self, number: int, shared: Counter[int]) -> tuple[int, ...]:
        document = self._documents[number]
        if document and shared[document] > 1:
            return (document,) * _LEVELS
        return tuple(self._levels[number * _LEVELS : (number + 1) * _LEVELS])
