"""Percentiles of measured times, as text."""

from __future__ import annotations

import math
from collections.abc import Sequence


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def percentiles(seconds: Sequence[float]) -> str:
    """Median and 95th percentile in milliseconds."""
    p50, p95 = (percentile(seconds, one) * 1000 for one in (50, 95))
    return f"p50 {p50:.0f} ms, p95 {p95:.0f} ms"


def ratios(measured: Sequence[float], reference: Sequence[float]) -> str:
    """How many times as long as the reference, at the median and at the 95th percentile."""
    p50, p95 = (percentile(measured, one) / percentile(reference, one) for one in (50, 95))
    return f"p50 {p50:.2f}x, p95 {p95:.2f}x"
