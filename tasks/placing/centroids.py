"""Which place a message's words are nearest to, learnt from examples, and how sure that is.

A nearest-centroid classifier over characters and pairs of characters (whole words in scripts that
put spaces between them), so Chinese needs no segmenter. A gram counts by how rare it is, and by how
much it tells about the place: one minus the entropy of its places. Everything is in the order of
the examples, so the same examples give the same answers.

How sure: the similarities go through a softmax. Its sharpness is fitted on answers for examples
that were held out, each with all that say nearly the same, so that a matter which twenty neighbours
report does not vouch for itself.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_HAN = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUNS = re.compile(rf"[{_HAN}]+|[^\W\d_{_HAN}]+")
_IS_HAN = re.compile(rf"[{_HAN}]")
# A message says what it is about at its beginning; the rest is history and attachments.
LONGEST_TEXT = 2_000
# From this likeness on, two examples of one place are taken for the same matter.
ALIKE = 0.5
MOST_HELD_OUT = 1_000
MOST_COMPARED = 500_000
# Among so many examples, a gram that only one of them has is chance, and most grams are such.
MANY = 2_000
_SHARPEST = 200.0
_BINS = 10

Grams = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Measured:
    """How the held-out examples were answered. Shares are from 0 to 1."""

    sample: int
    accuracy: float
    accuracy_top_3: float
    calibration_error: float


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
            for gram, value in self._vector(grams(text)).items():
                held = self._sums.setdefault(gram, {})
                held[place] = held.get(place, 0.0) + value
        squares = [0.0] * self._places
        for held in self._sums.values():
            for place, value in held.items():
                squares[place] += value * value
        self._lengths = [math.sqrt(square) or 1.0 for square in squares]
        held_out = list(self._held_out(examples))
        self.sharpness = _best_sharpness(held_out) if held_out else 1.0
        self.measured = _measured(held_out, self.sharpness) if held_out else None

    @property
    def size(self) -> int:
        """How many values it holds, for those who keep several."""
        return sum(len(held) for held in self._sums.values())

    def knows(self, message: Counter[str]) -> bool:
        """Whether the message has any gram that the examples have."""
        return any(self._weights.get(gram) for gram in message)

    def probabilities(self, message: Counter[str]) -> list[float]:
        """Of each place, by its number; they sum to 1."""
        return _softmax(self._similarities(self._vector(message)), self.sharpness)

    def _vector(self, message: Counter[str]) -> Grams:
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

    def _dots(self, vector: Grams) -> list[float]:
        dots = [0.0] * self._places
        for gram, value in vector.items():
            for place, held in self._sums.get(gram, {}).items():
                dots[place] += value * held
        return dots

    def _similarities(self, vector: Grams) -> list[float]:
        dots = self._dots(vector)
        return [dot / length for dot, length in zip(dots, self._lengths, strict=True)]

    def _held_out(self, examples: Sequence[tuple[str, int]]) -> Iterator[tuple[list[float], int]]:
        """Similarities of examples to the centroids without them and those alike, and their place.

        Only the centroid of their own place differs, so nothing is learnt anew.
        """
        texts: dict[int, list[str]] = {}
        for text, place in examples:
            texts.setdefault(place, []).append(text)
        compared = sum(len(one) ** 2 for one in texts.values())
        every = max(1, -(-len(examples) // MOST_HELD_OUT), -(-compared // MOST_COMPARED))
        for place, ours in texts.items():
            vectors = [self._vector(grams(text)) for text in ours]
            for vector in vectors[::every]:
                yield self._without(vectors, vector, place), place

    def _without(self, vectors: Sequence[Grams], vector: Grams, place: int) -> list[float]:
        """Similarities of one of the `vectors` of a place, as if those alike were not there."""
        alike = [one for one in vectors if one is vector or _dot(one, vector) >= ALIKE]
        together = _sum(alike)
        square = _dot(together, together)
        held = sum(one * self._sums[gram].get(place, 0.0) for gram, one in together.items())
        left = self._lengths[place] ** 2 - 2 * held + square
        dots = self._dots(vector)
        found = [dot / length for dot, length in zip(dots, self._lengths, strict=True)]
        own = dots[place] - _dot(vector, together)
        found[place] = own / math.sqrt(left) if left > 1e-9 else 0.0
        return found


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


def _dot(one: Grams, other: Grams) -> float:
    if len(other) < len(one):
        one, other = other, one
    return sum(value * other.get(gram, 0.0) for gram, value in one.items())


def _sum(vectors: Sequence[Grams]) -> Grams:
    total: dict[str, float] = {}
    for vector in vectors:
        for gram, value in vector.items():
            total[gram] = total.get(gram, 0.0) + value
    return total


def _softmax(values: Sequence[float], sharpness: float) -> list[float]:
    most = max(values)
    raised = [math.exp(sharpness * (value - most)) for value in values]
    total = sum(raised)
    return [one / total for one in raised]


def _best_sharpness(held_out: Sequence[tuple[Sequence[float], int]]) -> float:
    """What makes the right places most likely, found by halving an interval of its logarithm."""

    def loss(logarithm: float) -> float:
        sharpness = math.exp(logarithm)
        return -sum(
            math.log(max(1e-12, _softmax(values, sharpness)[place])) for values, place in held_out
        )

    low, high = 0.0, math.log(_SHARPEST)
    while high - low > 0.05:
        first, second = low + (high - low) / 3, high - (high - low) / 3
        if loss(first) < loss(second):
            high = second
        else:
            low = first
    return math.exp((low + high) / 2)


def _measured(held_out: Sequence[tuple[Sequence[float], int]], sharpness: float) -> Measured:
    answers = [(_softmax(values, sharpness), place) for values, place in held_out]
    ranks = [sum(one > found[place] for one in found) for found, place in answers]
    sure = [(max(found), rank == 0) for (found, _), rank in zip(answers, ranks, strict=True)]
    return Measured(
        sample=len(answers),
        accuracy=sum(rank == 0 for rank in ranks) / len(answers),
        accuracy_top_3=sum(rank < 3 for rank in ranks) / len(answers),
        calibration_error=calibration_error(sure),
    )


def calibration_error(answers: Sequence[tuple[float, bool]]) -> float:
    """The expected calibration error: how far, on average, the share of right answers is from the
    confidence with which they were given, by tenths of it (Guo and others, 2017).
    """
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(_BINS)]
    for confidence, right in answers:
        bins[min(_BINS - 1, int(confidence * _BINS))].append((confidence, right))
    total = 0.0
    for one in bins:
        total += abs(sum(confidence for confidence, _ in one) - sum(right for _, right in one))
    return total / max(1, len(answers))
