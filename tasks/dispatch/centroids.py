"""Which place a message's words are nearest to, learnt from examples.

A nearest-centroid classifier over characters and pairs of characters (whole words in scripts that
put spaces between them), so Chinese needs no segmenter. A gram counts by how rare it is, and by how
much it tells about the place: one minus the entropy of its places. Nothing is drawn by chance, so
the same examples give the same answers.
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
# A message says what it is about at its beginning; the rest is history and attachments.
LONGEST_TEXT = 2_000
# Among so many examples, a gram that only one of them has is chance, and most grams are such.
MANY = 2_000

Grams = Mapping[str, float]


def grams(text: str) -> Counter[str]:
    """The grams of a text and how often each is there. Numbers and punctuation tell nothing."""
    found: Counter[str] = Counter()
    plain = unicodedata.normalize("NFKC", text[:LONGEST_TEXT]).casefold()
    for run in _RUNS.findall(plain):
        if _IS_HAN.match(run):
            found.update(run)
            found.update(run[at : at + 2] for at in range(len(run) - 1))
        else:
            found[run] += 1
    return found


class Centroids:
    """`examples` are texts and the number of their place, from 0; `words` are the words of each
    place's own name and keywords. There are at least two places.
    """

    def __init__(self, examples: Sequence[tuple[str, int]], words: Sequence[str]) -> None:
        self._places = len(words)
        everything = [*examples, *((text, place) for place, text in enumerate(words))]
        self._weights = _weights(everything, self._places)
        self._unknown = math.log((1 + len(everything)) / 2) + 1
        self._sums: dict[str, dict[int, float]] = {}
        # What is made of a text is made again where it is needed: all at once take much memory.
        for text, place in everything:
            for gram, value in self.vector(grams(text)).items():
                held = self._sums.setdefault(gram, {})
                held[place] = held.get(place, 0.0) + value
        squares = [0.0] * self._places
        for held in self._sums.values():
            for place, value in held.items():
                squares[place] += value * value
        self._lengths = [math.sqrt(square) or 1.0 for square in squares]

    @property
    def size(self) -> int:
        """How many values it holds, for those who keep several."""
        return sum(len(held) for held in self._sums.values())

    def knows(self, message: Counter[str]) -> bool:
        """Whether the message has any gram that the examples have."""
        return any(self._weights.get(gram) for gram in message)

    def similarities(self, message: Counter[str]) -> list[float]:
        """Of the message to each place, by its number: cosines, from 0 to 1."""
        dots = [0.0] * self._places
        for gram, value in self.vector(message).items():
            for place, held in self._sums.get(gram, {}).items():
                dots[place] += value * held
        return [dot / length for dot, length in zip(dots, self._lengths, strict=True)]

    def vector(self, message: Counter[str]) -> Grams:
        """Weighted grams, of length 1 together with those that nobody has seen."""
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


def _weights(examples: Sequence[tuple[str, int]], places: int) -> dict[str, float]:
    """How much each gram counts: inverse document frequency, times what it tells of the place."""
    seen: dict[str, dict[int, int]] = {}
    for text, place in examples:
        for gram in grams(text):
            held = seen.setdefault(gram, {})
            held[place] = held.get(place, 0) + 1
    weights = {}
    fewest = 2 if len(examples) > MANY else 1
    for gram, counts in seen.items():
        total = sum(counts.values())
        if total >= fewest:
            entropy = -sum(n / total * math.log(n / total) for n in counts.values())
            rarity = math.log((1 + len(examples)) / (1 + total)) + 1
            weights[gram] = rarity * max(0.0, 1 - entropy / math.log(places))
    return weights
