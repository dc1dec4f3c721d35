"""The growth of memory in a soak."""

from __future__ import annotations

import pytest

from bench.memory import Trend

SECONDS = [float(2 * n) for n in range(300)]
JITTER = [(n * 7 % 10) / 10 for n in range(300)]


def test_a_leak_is_beyond_the_noise() -> None:
    trend = Trend.of(SECONDS, [100 + 0.01 * at + j for at, j in zip(SECONDS, JITTER, strict=True)])
    assert trend.an_hour == pytest.approx(36, rel=0.02)
    assert trend.beyond_noise > 5


@pytest.mark.parametrize("an_hour", [0.0, 2.0, -50.0])
def test_noise_alone_is_not(an_hour: float) -> None:
    grown = [100 + an_hour / 3600 * at + j for at, j in zip(SECONDS, JITTER, strict=True)]
    assert Trend.of(SECONDS, grown).beyond_noise <= 1
