"""How sure an answer of the examples is, found by answering some of them without the others.

Similarities go through a softmax. Its sharpness is fitted on answers for examples that were held
out, each together with all that say nearly the same: a matter that twenty neighbours report must
not vouch for itself. Confidence then means the share of right answers on messages like the
examples; on messages of a new kind it is too high.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tasks.dispatch.centroids import Centroids, Grams, grams

FOLDS = 5
# To learn is what takes long: with more examples, fewer of the folds are learnt without.
MOST_LEARNT = 8_000
MOST_HELD_OUT = 1_000
# From this likeness on, two examples of one place are taken for the same matter. An example is
# compared with one each of the last matters, since the same one is reported by many at a time.
ALIKE = 0.7
MOST_COMPARED = 50
_SHARPEST = 200.0
_LEAST = 1e-12
_BINS = 10

Labelled = tuple[str, int]
HeldOut = tuple[Sequence[float], int]


@dataclass(frozen=True, slots=True)
class Measured:
    """How the held-out examples were answered. Shares are from 0 to 1."""

    sample: int
    accuracy: float
    accuracy_top_3: float
    calibration_error: float


@dataclass(frozen=True, slots=True)
class Classifier:
    """`measured` is None where there was nothing to hold out."""

    centroids: Centroids
    sharpness: float
    measured: Measured | None

    def probabilities(self, message: Counter[str]) -> list[float]:
        """Of each place, by its number; they sum to 1."""
        return softmax(self.centroids.similarities(message), self.sharpness)


def learn(examples: Sequence[Labelled], words: Sequence[str]) -> Classifier:
    """`examples` and `words` are those of `Centroids`."""
    centroids = Centroids(examples, words)
    held_out = list(_held_out(examples, words, centroids))
    if not held_out:
        return Classifier(centroids, 1.0, None)
    sharpness = _best_sharpness(held_out)
    return Classifier(centroids, sharpness, _measured(held_out, sharpness))


def _held_out(
    examples: Sequence[Labelled], words: Sequence[str], centroids: Centroids
) -> Iterator[HeldOut]:
    """Similarities of examples to what was learnt without them, and their place."""
    folds = _folds(examples, centroids)
    learnt = max(1, min(FOLDS, MOST_LEARNT // max(1, len(examples))))
    asked = sum(fold < learnt for fold in folds)
    every = max(1, -(-asked // MOST_HELD_OUT))
    for number in range(learnt):
        pairs = list(zip(examples, folds, strict=True))
        rest = Centroids([one for one, fold in pairs if fold != number], words)
        here = [one for one, fold in pairs if fold == number]
        for text, place in here[::every]:
            yield rest.similarities(grams(text)), place


def _folds(examples: Sequence[Labelled], centroids: Centroids) -> list[int]:
    """The fold of each example. Those of a place that are alike are in one fold."""
    matters: dict[int, list[tuple[Grams, int]]] = {}
    folds = []
    count = 0
    for text, place in examples:
        vector = centroids.vector(grams(text))
        ours = matters.setdefault(place, [])
        fold = next((at for one, at in reversed(ours) if _dot(one, vector) >= ALIKE), None)
        if fold is None:
            fold = count % FOLDS
            count += 1
            ours.append((vector, fold))
            del ours[:-MOST_COMPARED]
        folds.append(fold)
    return folds


def _dot(one: Grams, other: Grams) -> float:
    if len(other) < len(one):
        one, other = other, one
    return sum(value * other.get(gram, 0.0) for gram, value in one.items())


def softmax(values: Sequence[float], sharpness: float) -> list[float]:
    most = max(values)
    raised = [math.exp(sharpness * (value - most)) for value in values]
    total = sum(raised)
    return [one / total for one in raised]


def _best_sharpness(held_out: Sequence[HeldOut]) -> float:
    """What makes the right places most likely, found by narrowing an interval of its logarithm.

    As in Platt's scaling (1999) nothing counts as wholly right: of `n` answers, `1 / (n + 2)` of
    each speaks for another place. So a few examples that are all right do not make it certain.
    """
    right = (len(held_out) + 1) / (len(held_out) + 2)

    def loss(logarithm: float) -> float:
        total = 0.0
        for values, place in held_out:
            likely = softmax(values, math.exp(logarithm))[place]
            total -= right * math.log(max(_LEAST, likely))
            total -= (1 - right) * math.log(max(_LEAST, 1 - likely))
        return total

    low, high = 0.0, math.log(_SHARPEST)
    while high - low > 0.05:
        first, second = low + (high - low) / 3, high - (high - low) / 3
        if loss(first) < loss(second):
            high = second
        else:
            low = first
    return math.exp((low + high) / 2)


def _measured(held_out: Sequence[HeldOut], sharpness: float) -> Measured:
    answers = [(softmax(values, sharpness), place) for values, place in held_out]
    ranks = [_rank(found, place) for found, place in answers]
    sure = [(max(found), rank == 0) for (found, _), rank in zip(answers, ranks, strict=True)]
    return Measured(
        sample=len(answers),
        accuracy=sum(rank == 0 for rank in ranks) / len(answers),
        accuracy_top_3=sum(rank < 3 for rank in ranks) / len(answers),
        calibration_error=calibration_error(sure),
    )


def _rank(found: Sequence[float], place: int) -> int:
    """How many places come before it; equal ones are in the order of their numbers."""
    return sum(
        one > found[place] or (one == found[place] and at < place) for at, one in enumerate(found)
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
