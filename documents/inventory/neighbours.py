"""Values in two or three parts, each in an element of its own: tags, properties, annotations.

Equal parts of one kind of element are one entry, so that a value of equal parts is not seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from documents.inventory.entry import Entry, EntryKind

_NUMBER = re.compile(r"\d+")
_LONGEST, _MOST_PARTS = 18, 3
_TEXTS = frozenset((EntryKind.hidden, EntryKind.metadata, EntryKind.shown, EntryKind.name))
_IDENTITY = re.compile(r"[1-9]\d{5}(?:19|20)\d{9}[\dXx]")
# Figures beside each other, as those of a chart, may have as many digits.
_MOBILE = re.compile(r"1[3-9]\d{9}")
_FEW_FIGURES = re.compile(r"docProps/|Tags?/|, annotation|\bform\b")
# What programs number, such as `Sheet1`.
_NUMBERED = re.compile(r"[^\d@]*\d{1,4}")
_INNER = re.compile(r"[^\W_]|[@.]")


def with_neighbours(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Yield the entries, and short ones joined with those before them in places of the same kind.

    Places are of the same kind if they differ in numbers only. A joined text is listed only if it
    looks like a value that was divided, and once.
    """
    listed: set[tuple[str, str]] = set()
    before: dict[str, Sequence[Entry]] = {}
    for entry in entries:
        yield entry
        if entry.whole or entry.kind not in _TEXTS or not 0 < len(entry.text) <= _LONGEST:
            continue
        place = _NUMBER.sub("#", entry.where)
        parts = [*before.get(place, ()), entry][-_MOST_PARTS:]
        before[place] = parts
        for first in range(len(parts) - 1):
            texts = [part.text.strip() for part in parts[first:]]
            joined = (place, "".join(texts))
            if joined not in listed and _is_divided(texts, entry):
                listed.add(joined)
                where = f"{entry.where}, with what is before it"
                yield Entry(where, joined[1], EntryKind.hidden)


def _is_divided(texts: Sequence[str], last: Entry) -> bool:
    joined = "".join(texts)
    if joined.isascii() and "@" not in joined:
        is_among_few = last.kind is EntryKind.metadata or _FEW_FIGURES.search(last.where)
        return bool(_IDENTITY.fullmatch(joined) or (is_among_few and _MOBILE.fullmatch(joined)))
    return not any(map(_NUMBERED.fullmatch, texts)) and all(
        _INNER.match(one[-1:]) and _INNER.match(other[:1]) for one, other in pairwise(texts)
    )
