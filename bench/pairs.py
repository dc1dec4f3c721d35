"""Compares two kinds of segments that ran by turns: the median of the pairs' ratios."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# Of intervals that have at least this coverage, the shortest is taken.
COVERAGE = 0.9


@dataclass(frozen=True, slots=True)
class Interval:
    """From `low` to `high` is the median with the probability `coverage`."""

    low: float
    high: float
    coverage: float

    def __str__(self) -> str:
        return f"{self.low:.3f} to {self.high:.3f} ({self.coverage:.0%})"


def abba(pairs: int) -> Iterator[tuple[bool, bool]]:
    """For each pair, whether its first and its second segment are of the kind B: AB, BA, AB, ...
    A steady change of the machine's speed then helps each kind as often as the other.
    """
    for number in range(pairs):
        yield (True, False) if number % 2 else (False, True)


def median_interval(values: Sequence[float]) -> Interval:
    """An interval for the median of what the values were drawn from, whatever their distribution.

    It is bounded by two of the sorted values, as many from each end (the sign test): the median is
    below or above all n values with the probability 1/2^n each. Values must be independent. Fewer
    than five values reach no `COVERAGE`: then the interval is the range, with its own coverage.
    """
    ordered, count = sorted(values), len(values)
    cut, outside = 0, 2.0**-count
    while cut + 1 < (count + 1) // 2:
        more = outside + math.comb(count, cut + 1) * 2.0**-count
        if 1 - 2 * more < COVERAGE:
            break
        cut, outside = cut + 1, more
    return Interval(ordered[cut], ordered[-1 - cut], 1 - 2 * outside)


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times the one of a kind is the other, over pairs."""

    median: float
    interval: Interval

    @classmethod
    def of(cls, pairs: Sequence[tuple[float, float]]) -> Ratio:
        """Of pairs of the one and the other."""
        ratios = [one / other for one, other in pairs]
        return cls(statistics.median(ratios), median_interval(ratios))

    def __str__(self) -> str:
        return f"{self.median:.3f}, {self.interval}"
