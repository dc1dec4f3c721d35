"""Trains the classifier and calibrates its confidence by cross-validation.

A softmax turns similarities into probabilities. Its sharpness is fitted on held-out examples; near
duplicates are held out together, because one matter is often reported by many people. Confidence
then estimates the share of correct answers on messages like the examples; on messages of a new kind
it is too high.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tasks.dispatch.centroids import (
    Centroids,
    Grams,
    PackedCentroids,
    grams,
    packed_centroids,
)

FOLDS = 5
# Training takes most of the time: with more examples, fewer folds are used.
MOST_TRAINED = 8_000
MOST_HELD_OUT = 1_000
MOST_SIMILARITIES = 500_000
# Two examples of a leaf with at least this similarity count as one matter. An example is compared
# with the last matters only, because reports of one matter come at about the same time.
SAME_MATTER = 0.7
MOST_COMPARED = 50
_MOST_SHARPNESS = 200.0
_LEAST_PROBABILITY = 1e-12
_BINS = 10

TextAndLeaf = tuple[str, int]
SimilaritiesAndLeaf = tuple[Sequence[float], int]


@dataclass(frozen=True, slots=True)
class Measurement:
    """The quality of the answers for held-out examples, as shares from 0 to 1."""

    sample: int
    accuracy: float
    accuracy_top_3: float
    calibration_error: float


@dataclass(frozen=True, slots=True)
class PackedClassifier:
    """A trained classifier as it comes back from another process."""

    centroids: PackedCentroids
    sharpness: float
    measured: Measurement | None


@dataclass(frozen=True, slots=True)
class Classifier:
    """A trained classifier; `measured` is None if no examples could be held out."""

    centroids: Centroids
    sharpness: float
    measured: Measurement | None

    @classmethod
    def of(cls, packed: PackedClassifier) -> Classifier:
        """The classifier that was trained in another process."""
        return cls(Centroids(packed.centroids), packed.sharpness, packed.measured)

    def probabilities(self, message: Counter[str]) -> list[float]:
        """The probability of each leaf; they sum to 1."""
        return softmax(self.centroids.similarities(message), self.sharpness)


def train(examples: Sequence[TextAndLeaf], words: Sequence[str]) -> PackedClassifier:
    """Train on `examples` and `words`, which are those of `packed_centroids`.

    Raises `TooManyValues`.
    """
    packed = packed_centroids(examples, words)
    held_out = list(_held_out(examples, words, Centroids(packed)))
    if not held_out:
        return PackedClassifier(packed, 1.0, None)
    sharpness = _best_sharpness(held_out)
    return PackedClassifier(packed, sharpness, _measured(held_out, sharpness))


def _held_out(
    examples: Sequence[TextAndLeaf], words: Sequence[str], centroids: Centroids
) -> Iterator[SimilaritiesAndLeaf]:
    """The similarities of held-out examples to a classifier without them, and their leaf."""
    folds = _folds(examples, centroids)
    trained = max(1, min(FOLDS, MOST_TRAINED // max(1, len(examples))))
    candidates = sum(fold < trained for fold in folds)
    most = min(MOST_HELD_OUT, max(1, MOST_SIMILARITIES // len(words)))
    every = max(1, -(-candidates // most))
    for number in range(trained):
        pairs = list(zip(examples, folds, strict=True))
        others = [example for example, fold in pairs if fold != number]
        rest = Centroids(packed_centroids(others, words))
        fold_examples = [example for example, fold in pairs if fold == number]
        for text, leaf in fold_examples[::every]:
            yield rest.similarities(grams(text)), leaf


def _folds(examples: Sequence[TextAndLeaf], centroids: Centroids) -> list[int]:
    """The fold of each example. Similar examples of a leaf are in the same fold."""
    matters: dict[int, list[tuple[Grams, int]]] = {}
    folds = []
    count = 0
    for text, leaf in examples:
        vector = centroids.vector(grams(text))
        known = matters.setdefault(leaf, [])
        fold = next(
            (at for matter, at in reversed(known) if _dot(matter, vector) >= SAME_MATTER), None
        )
        if fold is None:
            fold = count % FOLDS
            count += 1
            known.append((vector, fold))
            del known[:-MOST_COMPARED]
        folds.append(fold)
    return folds


def _dot(one: Grams, other: Grams) -> float:
    if len(other) < len(one):
        one, other = other, one
    return sum(value * other.get(gram, 0.0) for gram, value in one.items())


def softmax(values: Sequence[float], sharpness: float) -> list[float]:
    most = max(values)
    powers = [math.exp(sharpness * (value - most)) for value in values]
    total = sum(powers)
    return [power / total for power in powers]


def _best_sharpness(held_out: Sequence[SimilaritiesAndLeaf]) -> float:
    """The sharpness with the least log loss, by ternary search over its logarithm.

    As in Platt scaling (1999), the target probability for `n` answers is `(n + 1) / (n + 2)`, so
    that a few correct answers do not lead to certainty.
    """
    target = (len(held_out) + 1) / (len(held_out) + 2)

    def loss(logarithm: float) -> float:
        total = 0.0
        for values, leaf in held_out:
            likely = softmax(values, math.exp(logarithm))[leaf]
            total -= target * math.log(max(_LEAST_PROBABILITY, likely))
            total -= (1 - target) * math.log(max(_LEAST_PROBABILITY, 1 - likely))
        return total

    low, high = 0.0, math.log(_MOST_SHARPNESS)
    while high - low > 0.05:
        first, second = low + (high - low) / 3, high - (high - low) / 3
        if loss(first) < loss(second):
            high = second
        else:
            low = first
    return math.exp((low + high) / 2)


def _measured(held_out: Sequence[SimilaritiesAndLeaf], sharpness: float) -> Measurement:
    answers = [(softmax(values, sharpness), leaf) for values, leaf in held_out]
    ranks = [_rank(likely, leaf) for likely, leaf in answers]
    outcomes = [(max(likely), rank == 0) for (likely, _), rank in zip(answers, ranks, strict=True)]
    return Measurement(
        sample=len(answers),
        accuracy=sum(rank == 0 for rank in ranks) / len(answers),
        accuracy_top_3=sum(rank < 3 for rank in ranks) / len(answers),
        calibration_error=calibration_error(outcomes),
    )


def _rank(likely: Sequence[float], leaf: int) -> int:
    """How many leaves come before this one; equal ones are in the order of their numbers."""
    return sum(
        value > likely[leaf] or (value == likely[leaf] and number < leaf)
        for number, value in enumerate(likely)
    )


def calibration_error(answers: Sequence[tuple[float, bool]]) -> float:
    """The expected calibration error (Guo et al., 2017): the average difference between confidence
    and the share of correct answers, over ten bins of confidence.
    """
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(_BINS)]
    for confidence, is_correct in answers:
        bins[min(_BINS - 1, int(confidence * _BINS))].append((confidence, is_correct))
    total = 0.0
    for entries in bins:
        correct = sum(is_correct for _, is_correct in entries)
        total += abs(sum(confidence for confidence, _ in entries) - correct)
    return total / max(1, len(answers))
