"""Which unit of a new text is which unit of the old one.

Equal words first, by hash; then units that share much, found through an index of their rare pairs
of characters, so that nobody compares each with each.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

# Share of the pairs of characters that two units have in common (Dice), from which on they are the
# same unit, changed; a lower one suffices where both stand between the same neighbours.
ALIKE = 0.5
ALIKE_IN_PLACE = 0.25
# A pair of characters that so many units have says nothing of any of them.
COMMON = 40
_SPACE = re.compile(r"\s+")


def match(old: Sequence[str], new: Sequence[str]) -> dict[int, int]:
    """The index in `old` of each index in `new` that has one. White space does not count."""
    old, new = [_SPACE.sub("", one) for one in old], [_SPACE.sub("", one) for one in new]
    found = _equal(old, new)
    _Alike(old, new, found).find()
    return found


def _equal(old: Sequence[str], new: Sequence[str]) -> dict[int, int]:
    """Units with the same words; of several alike, the next one that is left."""
    places: dict[str, list[int]] = defaultdict(list)
    for index, words in enumerate(old):
        places[words].append(index)
    once = {words for words, count in Counter(new).items() if count == 1}
    found = {
        index: places[words][0]
        for index, words in enumerate(new)
        if words in once and len(places.get(words, ())) == 1
    }
    last = -1
    for index, words in enumerate(new):
        left = places.get(words)
        if index not in found and left:
            at = bisect_left(left, last + 1)
            found[index] = left.pop(min(at, len(left) - 1))
        last = found.get(index, last)
    return found


class _Alike:
    """Adds to `found` the units that are not equal, but alike."""

    def __init__(self, old: Sequence[str], new: Sequence[str], found: dict[int, int]) -> None:
        self._old, self._new, self._found = old, new, found
        taken = set(found.values())
        self._old_left = {
            index: _pairs(old[index]) for index in range(len(old)) if index not in taken
        }
        self._new_left = {
            index: _pairs(new[index]) for index in range(len(new)) if index not in found
        }

        self._expected: dict[int, int] = {}
        last = -1
        for index in range(len(new)):
            self._expected[index] = last + 1
            last = found.get(index, last)

    def find(self) -> None:
        scored = sorted(self._candidates(), reverse=True)
        for score, _, new, old in scored:
            if score >= ALIKE:
                self._take(new, old)
        for score, _, new, old in scored:
            if score >= ALIKE_IN_PLACE and self._in_place(new, old):
                self._take(new, old)

    def _take(self, new: int, old: int) -> None:
        if new in self._new_left and old in self._old_left:
            del self._new_left[new], self._old_left[old]
            self._found[new] = old

    def _candidates(self) -> Iterator[tuple[float, int, int, int]]:
        holders: dict[str, list[int]] = defaultdict(list)
        for index, pairs in self._old_left.items():
            for pair in pairs:
                holders[pair].append(index)
        for new, pairs in self._new_left.items():
            for old in self._near(new, pairs, holders):
                shared = sum((pairs & self._old_left[old]).values())
                both = sum(pairs.values()) + sum(self._old_left[old].values())
                score = 2 * shared / both if both else 0.0
                if score >= ALIKE_IN_PLACE:
                    yield round(score, 3), -abs(new - old), new, old

    def _near(self, new: int, pairs: Counter[str], holders: dict[str, list[int]]) -> Sequence[int]:
        """The few old units that share most rare pairs, and those at the same place."""
        votes: Counter[int] = Counter()
        for pair in pairs:
            if len(holders[pair]) <= COMMON:
                votes.update(holders[pair])
        near = [old for old, _ in votes.most_common(5)]
        expected = self._expected[new]
        return [*near, *(old for old in (expected,) if old in self._old_left and old not in near)]

    def _in_place(self, new: int, old: int) -> bool:
        before = new == 0 or self._found.get(new - 1) == old - 1
        last = new == len(self._new) - 1 and old == len(self._old) - 1
        after = last or self._found.get(new + 1) == old + 1
        return before or after


def _pairs(words: str) -> Counter[str]:
    return Counter(first + second for first, second in pairwise(f"^{words}$"))
