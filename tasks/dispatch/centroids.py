"""A nearest-centroid classifier of messages into the leaves of a tree, trained on examples.

Its features (grams) are characters and pairs of characters, or whole words in scripts with spaces,
so that Chinese needs no segmenter. A gram's weight is its inverse document frequency times one
minus the entropy of its leaves. The same examples always give the same classifier.
"""

from __future__ import annotations

import math
import re
import unicodedata
from array import array
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

_HAN = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUNS = re.compile(rf"[{_HAN}]+|[^\W\d_{_HAN}]+")
_IS_HAN = re.compile(rf"[{_HAN}]")
# A message states its subject at the beginning; the rest is history and attachments.
LONGEST_TEXT = 2_000
# With more examples than this, grams of a single example are ignored: most grams are such.
MANY = 2_000

# Of a classifier: values of leaves by gram. Grams of one example do not count among many.
MOST_VALUES = 1_500_000
MOST_COUNTED = 5_000_000
# For one message, in some 20 ms; usual messages need a tenth.
MOST_ADDED = 200_000

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


class TooManyValues(ValueError):
    """The texts have too many different grams to be stored."""


@dataclass(frozen=True, slots=True)
class PackedCentroids:
    """`Centroids` as they come back from another process, in about 12 bytes a value.

    The leaves and sums of gram `n` are those from `ends[n - 1]` to `ends[n]`.
    """

    grams: list[str]
    weights: bytes
    ends: bytes
    leaves: bytes
    sums: bytes
    lengths: list[float]
    unknown: float


class Centroids:
    """The vectors of the leaves of a tree, and those of messages."""

    def __init__(self, packed: PackedCentroids) -> None:
        self._numbers = {gram: number for number, gram in enumerate(packed.grams)}
        self._weights = _unpacked("d", packed.weights)
        self._ends = _unpacked("I", packed.ends)
        self._of_values = _unpacked("I", packed.leaves)
        self._sums = _unpacked("d", packed.sums)
        self._lengths = packed.lengths
        self._unknown = packed.unknown

    @property
    def size(self) -> int:
        """The number of stored values, for a cache of classifiers."""
        return len(self._sums)

    def knows(self, message: Counter[str]) -> bool:
        """Whether the message shares any gram with the examples."""
        return any(self._weight(gram) for gram in message)

    def similarities(self, message: Counter[str]) -> list[float]:
        """The cosine similarity of the message to each leaf, from 0 to 1.

        Grams of many leaves come last, and are ignored beyond `MOST_ADDED` values in all.
        """
        dots = [0.0] * len(self._lengths)
        added = 0
        vector = self.vector(message)
        for gram in sorted(vector, key=lambda one: self._count(self._numbers[one])):
            number, value = self._numbers[gram], vector[gram]
            added += self._count(number)
            if added > MOST_ADDED:
                break
            for at in range(self._start(number), self._ends[number]):
                dots[self._of_values[at]] += value * self._sums[at]
        return [dot / length for dot, length in zip(dots, self._lengths, strict=True)]

    def vector(self, message: Counter[str]) -> Grams:
        """The weights of known grams. With those of unknown grams, the vector has length 1."""
        return _vector(message, self._weight, self._unknown)

    def _weight(self, gram: str) -> float | None:
        number = self._numbers.get(gram)
        return None if number is None else self._weights[number]

    def _start(self, number: int) -> int:
        return int(self._ends[number - 1]) if number else 0

    def _count(self, number: int) -> int:
        return int(self._ends[number]) - self._start(number)


def packed_centroids(examples: Sequence[tuple[str, int]], words: Sequence[str]) -> PackedCentroids:
    """Train centroids.

    Args:
        examples: Texts with the number of their leaf, from 0.
        words: The words of each leaf's name and keywords. There must be at least two leaves.

    Raises `TooManyValues`.
    """
    everything = [*examples, *((text, leaf) for leaf, text in enumerate(words))]
    weights = _weights(everything, len(words))
    unknown = math.log((1 + len(everything)) / 2) + 1
    sums: dict[str, dict[int, float]] = {}
    size = 0
    # Grams are computed again for each use: those of all texts need too much memory.
    for text, leaf in everything:
        for gram, value in _vector(grams(text), weights.get, unknown).items():
            of_gram = sums.setdefault(gram, {})
            size += leaf not in of_gram
            of_gram[leaf] = of_gram.get(leaf, 0.0) + value
        if size > MOST_VALUES:
            raise TooManyValues
    squares = [0.0] * len(words)
    for of_gram in sums.values():
        for leaf, value in of_gram.items():
            squares[leaf] += value * value
    known = list(weights)
    parts = [sums.get(gram, {}) for gram in known]
    return PackedCentroids(
        grams=known,
        weights=_packed("d", weights.values()),
        ends=_packed("I", accumulate(map(len, parts))),
        leaves=_packed("I", (leaf for part in parts for leaf in part)),
        sums=_packed("d", (value for part in parts for value in part.values())),
        lengths=[math.sqrt(square) or 1.0 for square in squares],
        unknown=unknown,
    )


def _packed(code: str, values: Iterable[float]) -> bytes:
    return b64encode(array(code, values).tobytes())


def _unpacked(code: str, data: bytes) -> array[Any]:
    values = array(code)
    values.frombytes(b64decode(data))
    return values


def _vector(
    message: Counter[str], weight_of: Callable[[str], float | None], unknown: float
) -> Grams:
    known: dict[str, float] = {}
    square = 0.0
    for gram, count in message.items():
        weight = weight_of(gram)
        value = (1 + math.log(count)) * (unknown if weight is None else weight)
        square += value * value
        if weight:
            known[gram] = value
    length = math.sqrt(square) or 1.0
    return {gram: value / length for gram, value in known.items()}


def _weights(examples: Sequence[tuple[str, int]], leaves: int) -> dict[str, float]:
    """The weight of each gram, as in the module's description."""
    counts_of: dict[str, dict[int, int]] = {}
    size = 0
    for text, leaf in examples:
        for gram in grams(text):
            counts = counts_of.setdefault(gram, {})
            size += leaf not in counts
            counts[leaf] = counts.get(leaf, 0) + 1
        if size > MOST_COUNTED:
            raise TooManyValues
    weights = {}
    fewest = 2 if len(examples) > MANY else 1
    for gram, counts in counts_of.items():
        total = sum(counts.values())
        if total >= fewest:
            entropy = -sum(n / total * math.log(n / total) for n in counts.values())
            rarity = math.log((1 + len(examples)) / (1 + total)) + 1
            weights[gram] = rarity * max(0.0, 1 - entropy / math.log(leaves))
    return weights
