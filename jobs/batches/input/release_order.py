"""The entries of an index while its file is read, and how they are put in the order of release."""

from __future__ import annotations

import struct
from array import array
from collections import Counter
from collections.abc import Iterator

from jobs.batches.input.index import ENTRY_BYTES, TOKENS_AT, Entry, Prefix, pack

_LEVELS = 3
_PLACE_BITS = 24  # a file has fewer lines than that
_PLACE_MASK = (1 << _PLACE_BITS) - 1
_TOKENS = struct.Struct(">I")


class ReleaseOrder:
    """Entries are known by their place: the first added has 0. Each takes some 50 bytes."""

    def __init__(self) -> None:
        self._packed = bytearray()
        self._levels = array("q")
        self._documents = array("q")  # 0 where a line has none
        self._dropped: set[int] = set()

    def add(self, entry: Entry, prefix: Prefix) -> int:
        """Returns the entry's place."""
        self._packed += pack([entry])
        self._levels.extend(prefix.levels)
        self._documents.append(prefix.document or 0)
        return len(self._documents) - 1

    def estimate(self, place: int, tokens: int) -> None:
        """Give the entry another estimate of its tokens."""
        _TOKENS.pack_into(self._packed, place * ENTRY_BYTES + TOKENS_AT, tokens)

    def drop(self, place: int) -> bool:
        """Leave the entry out. False where it was left out before."""
        if place in self._dropped:
            return False
        self._dropped.add(place)
        return True

    def packed(self) -> tuple[bytes, int]:
        """The entries in the order of release, and how many groups they form.

        Lines whose prompts begin alike stand together. A group stands where the first of its lines
        does; within it lines that share more of their beginning stand together likewise, and lines
        that share no more stand as in the file.
        """
        order = sorted(self._sort_keys())
        groups = len({key >> _LEVELS * _PLACE_BITS for key in order})
        packed = memoryview(self._packed)
        starts = ((key & _PLACE_MASK) * ENTRY_BYTES for key in order)
        return b"".join(packed[start : start + ENTRY_BYTES] for start in starts), groups

    def _sort_keys(self) -> Iterator[int]:
        """For each entry one number: the first place of each of its levels, then its own."""
        places = [p for p in range(len(self._documents)) if p not in self._dropped]
        shared = Counter(self._documents[place] for place in places)
        first: dict[int, int] = {}
        for place in places:
            key = 0
            for level in self._beginning(place, shared):
                key = key << _PLACE_BITS | first.setdefault(level, place)
            yield key << _PLACE_BITS | place

    def _beginning(self, place: int, shared: Counter[int]) -> tuple[int, ...]:
        document = self._documents[place]
        if document and shared[document] > 1:
            return (document,) * _LEVELS
        return tuple(self._levels[place * _LEVELS : (place + 1) * _LEVELS])
