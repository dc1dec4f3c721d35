"""Pairs the units of a new text with those of the old one.

Equal units are paired first, by hash; then similar ones. Candidates come from an index of rare
character bigrams, so that not every unit is compared with every other.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

# The least Dice similarity of bigrams for two versions of one unit; less is needed where
# the neighbours are paired too.
ALIKE = 0.5
ALIKE_IN_PLACE = 0.25
# Bigrams in more units than this are not indexed.
COMMON = 40
# Of more unpaired units than this, the others are added or removed.
MOST_UNPAIRED = 50_000
_SPACE = re.compile(r"\s+")


def match(old: Sequence[str], new: Sequence[str]) -> dict[int, int]:
    """Returns a map of indexes in `new` to indexes in `old`. White space is ignored."""
    old, new = [_SPACE.sub("", one) for one in old], [_SPACE.sub("", one) for one in new]
    pairs = _equal(old, new)
    _SimilarUnits(old, new, pairs).find()
    return pairs


def _equal(old: Sequence[str], new: Sequence[str]) -> dict[int, int]:
    """Pairs units with the same text; of several, the next one in order."""
    unpaired: dict[str, _Unpaired] = {}
    indexes: dict[str, list[int]] = defaultdict(list)
    for index, words in enumerate(old):
        indexes[words].append(index)
    once = {words for words, count in Counter(new).items() if count == 1}
    pairs = {
        index: indexes[words][0]
        for index, words in enumerate(new)
        if words in once and len(indexes.get(words, ())) == 1
    }
    last = -1
    for index, words in enumerate(new):
        if index not in pairs and words in indexes:
            if words not in unpaired:
                unpaired[words] = _Unpaired(indexes[words])
            paired = unpaired[words].take(last + 1)
            if paired is not None:
                pairs[index] = paired
        last = pairs.get(index, last)
    return pairs


class _Unpaired:
    """Ascending indexes, each of which is taken once; taking all of them takes linear time."""

    def __init__(self, indexes: Sequence[int]) -> None:
        self._indexes = indexes
        # The place of the next index that is not taken, from each place on; a union-find forest.
        self._next = list(range(len(indexes) + 1))
        self._last = len(indexes) - 1

    def take(self, least: int) -> int | None:
        """Takes the first index from `least` on, else the last one; None if all are taken."""
        place = self._free(bisect_left(self._indexes, least))
        if place == len(self._indexes):
            while self._last >= 0 and self._next[self._last] != self._last:
                self._last -= 1
            if self._last < 0:
                return None
            place = self._last
        self._next[place] = place + 1
        return self._indexes[place]

    def _free(self, place: int) -> int:
        at = place
        while self._next[at] != at:
            self._next[at] = self._next[self._next[at]]
            at = self._next[at]
        return at


class _SimilarUnits:
    """Adds pairs of similar units to `pairs`."""

    def __init__(self, old: Sequence[str], new: Sequence[str], pairs: dict[int, int]) -> None:
        self._old, self._new, self._pairs = old, new, pairs
        taken = set(pairs.values())
        unpaired_old = (index for index in range(len(old)) if index not in taken)
        unpaired_new = (index for index in range(len(new)) if index not in pairs)
        self._unpaired_old = {
            index: _bigrams(old[index]) for index in islice(unpaired_old, MOST_UNPAIRED)
        }
        self._unpaired_new = {
            index: _bigrams(new[index]) for index in islice(unpaired_new, MOST_UNPAIRED)
        }
        self._expected: dict[int, int] = {}
        last = -1
        for index in range(len(new)):
            self._expected[index] = last + 1
            last = pairs.get(index, last)

    def find(self) -> None:
        scored = sorted(self._candidates(), reverse=True)
        for score, _, new, old in scored:
            if score >= ALIKE:
                self._pair(new, old)
        for score, _, new, old in scored:
            if score >= ALIKE_IN_PLACE and self._in_place(new, old):
                self._pair(new, old)

    def _pair(self, new: int, old: int) -> None:
        if new in self._unpaired_new and old in self._unpaired_old:
            del self._unpaired_new[new], self._unpaired_old[old]
            self._pairs[new] = old

    def _candidates(self) -> Iterator[tuple[float, int, int, int]]:
        units: dict[str, list[int]] = defaultdict(list)
        for index, bigrams in self._unpaired_old.items():
            for bigram in bigrams:
                units[bigram].append(index)
        for new, bigrams in self._unpaired_new.items():
            for old in self._near(new, bigrams, units):
                shared = sum((bigrams & self._unpaired_old[old]).values())
                both = len(self._new[new]) + len(self._old[old]) + 2
                score = 2 * shared / both
                if score >= ALIKE_IN_PLACE:
                    yield round(score, 3), -abs(new - old), new, old

    def _near(self, new: int, bigrams: Counter[str], units: dict[str, list[int]]) -> Sequence[int]:
        """Returns the old units that share most rare bigrams, and the one expected by position."""
        votes: Counter[int] = Counter()
        for bigram in bigrams:
            if len(units[bigram]) <= COMMON:
                votes.update(units[bigram])
        near = [old for old, _ in votes.most_common(5)]
        expected = self._expected[new]
        return [
            *near,
            *(old for old in (expected,) if old in self._unpaired_old and old not in near),
        ]

    def _in_place(self, new: int, old: int) -> bool:
        before = new == 0 or self._pairs.get(new - 1) == old - 1
        last = new == len(self._new) - 1 and old == len(self._old) - 1
        after = last or self._pairs.get(new + 1) == old + 1
        return before or after


def _bigrams(words: str) -> Counter[str]:
    return Counter(first + second for first, second in pairwise(f"^{words}$"))
