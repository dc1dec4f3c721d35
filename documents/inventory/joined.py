"""Joins texts into few long ones, because searching many short ones takes much longer."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

SEPARATOR = "\n\n\n\n"
"""Between entries. No name, number or address that is searched for contains it."""
_MOST_CHARS = 200_000


class HasText(Protocol):
    @property
    def text(self) -> str: ...


Item = TypeVar("Item", bound=HasText)


@dataclass(frozen=True, slots=True)
class JoinedEntries(Generic[Item]):
    """The `text` of several entries; `starts` are the offsets at which they begin."""

    text: str
    entries: Sequence[Item]
    starts: Sequence[int]

    def at(self, offset: int) -> Item:
        """The entry that has the character at an offset of the text."""
        return self.entries[self._index(offset)]

    def within(self, spans: Iterable[tuple[int, int]]) -> Iterator[Item]:
        """Yield the entries with a character of one of the spans, each once, in order."""
        indexes: set[int] = set()
        for start, end in spans:
            indexes.update(range(self._index(start), self._index(end - 1) + 1))
        return (self.entries[index] for index in sorted(indexes))

    def _index(self, offset: int) -> int:
        return bisect_right(self.starts, offset) - 1


def joined(entries: Iterable[Item]) -> Iterator[JoinedEntries[Item]]:
    """Yield all entries, in texts of about 200,000 characters; a longer entry is not cut."""
    pending: list[Item] = []
    size = 0
    for entry in entries:
        pending.append(entry)
        size += len(entry.text) + len(SEPARATOR)
        if size >= _MOST_CHARS:
            yield _joined(pending)
            pending, size = [], 0
    if pending:
        yield _joined(pending)


def _joined(entries: Sequence[Item]) -> JoinedEntries[Item]:
    starts, at = [], 0
    for entry in entries:
        starts.append(at)
        at += len(entry.text) + len(SEPARATOR)
    return JoinedEntries(SEPARATOR.join(entry.text for entry in entries), entries, starts)
