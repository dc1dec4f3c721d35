"""Joins entries into few long texts, because searching many short ones takes much longer."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from documents.inventory.entry import Entry

SEPARATOR = "\n\n\n\n"
"""Between entries. No name, number or address that is searched for contains it."""
_MOST_CHARS = 200_000


@dataclass(frozen=True, slots=True)
class JoinedEntries:
    """The `text` of several entries; `starts` are the offsets at which they begin."""

    text: str
    entries: Sequence[Entry]
    starts: Sequence[int]

    def at(self, offset: int) -> Entry:
        """The entry that has the character at an offset of the text."""
        return self.entries[bisect_right(self.starts, offset) - 1]


def joined(entries: Iterable[Entry]) -> Iterator[JoinedEntries]:
    """Yield all entries, in texts of about 200,000 characters; a longer entry is not cut."""
    pending: list[Entry] = []
    size = 0
    for entry in entries:
        pending.append(entry)
        size += len(entry.text) + len(SEPARATOR)
        if size >= _MOST_CHARS:
            yield _joined(pending)
            pending, size = [], 0
    if pending:
        yield _joined(pending)


def _joined(entries: Sequence[Entry]) -> JoinedEntries:
    starts, at = [], 0
    for entry in entries:
        starts.append(at)
        at += len(entry.text) + len(SEPARATOR)
    return JoinedEntries(SEPARATOR.join(entry.text for entry in entries), entries, starts)
