"""A nearest-centroid classifier of messages into the leaves of a tree, trained on examples.

Its features (grams) are characters and pairs of characters, or whole words in scripts with spaces,
so that Chinese needs no segmenter. A gram's weight is its inverse document frequency times one
minus the entropy of its leaves. The same examples always give the same classifier.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence

_HAN = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUNS = re.compile(rf"[{_HAN}]+|[^\W\d_{_HAN}]+")
_IS_HAN = re.compile(rf"[{_HAN}]")
# A message states its subject at the beginning; the rest is history and attachments.
LONGEST_TEXT = 2_000
# With more examples than this, grams of a single example are ignored: most grams are such.
MANY = 2_000

Grams = Mapping[str, float]


def grams(text: str) -> Counter[str]:
    """The number of occurrences of each gram in a text, without numbers and punctuation."""
    counts: Counter[str] = Counter()
    plain = unicodedata.normalize("NFKC", text[:LONGEST_TEXT]).casefold()
    for run in _RUNS.findall(plain):
        if _IS_HAN.match(run):
            counts.update(run)
            counts.update(run[at : at + 2] for at in range(len(run) - 1))
        else:
            counts[run] += 1
    return counts


class Centroids:
    """`examples` are texts with the number of their leaf, from 0; `words` are the words of each
    leaf's name and keywords. There must be at least two leaves.
    """

    def __init__(self, examples: Sequence[tuple[str, int]], words: Sequence[str]) -> None:
        self._leaves = len(words)
        everything = [*examples, *((text, leaf) for leaf, text in enumerate(words))]
        self._weights = _weights(everything, self._leaves)
        self._unknown = math.log((1 + len(everything)) / 2) + 1
        self._sums: dict[str, dict[int, float]] = {}
        # Grams are computed again for each use: those of all texts need too much memory.
        for text, leaf in everything:
            for gram, value in self.vector(grams(text)).items():
                sums = self._sums.setdefault(gram, {})
                sums[leaf] = sums.get(leaf, 0.0) + value
        squares = [0.0] * self._leaves
        for sums in self._sums.values():
            for leaf, value in sums.items():
                squares[leaf] += value * value
        self._lengths = [math.sqrt(square) or 1.0 for square in squares]

    @property
    def size(self) -> int:
        """The number of stored values, for a cache of classifiers."""
        return sum(len(sums) for sums in self._sums.values())

    def knows(self, message: Counter[str]) -> bool:
        """Whether the message shares any gram with the examples."""
        return any(self._weights.get(gram) for gram in message)

    def similarities(self, message: Counter[str]) -> list[float]:
        """The cosine similarity of the message to each leaf, from 0 to 1."""
        dots = [0.0] * self._leaves
        for gram, value in self.vector(message).items():
            for leaf, total in self._sums.get(gram, {}).items():
                dots[leaf] += value * total
        return [dot / length for dot, length in zip(dots, self._lengths, strict=True)]

    def vector(self, message: Counter[str]) -> Grams:
        """The weights of known grams. With those of unknown grams, the vector has length 1."""
        known: dict[str, float] = {}
        square = 0.0
        for gram, count in message.items():
            weight = self._weights.get(gram)
            value = (1 + math.log(count)) * (self._unknown if weight is None else weight)
            square += value * value
            if weight:
                known[gram] = value
        length = math.sqrt(square) or 1.0
        return {gram: value / length for gram, value in known.items()}


def _weights(examples: Sequence[tuple[str, int]], leaves: int) -> dict[str, float]:
    """The weight of each gram, as in the module's description."""
    counts_of: dict[str, dict[int, int]] = {}
    for text, leaf in examples:
        for gram in grams(text):
            counts = counts_of.setdefault(gram, {})
            counts[leaf] = counts.get(leaf, 0) + 1
    weights = {}
    fewest = 2 if len(examples) > MANY else 1
    for gram, counts in counts_of.items():
        total = sum(counts.values())
        if total >= fewest:
            entropy = -sum(n / total * math.log(n / total) for n in counts.values())
            rarity = math.log((1 + len(examples)) / (1 + total)) + 1
            weights[gram] = rarity * max(0.0, 1 - entropy / math.log(leaves))
    return weights
