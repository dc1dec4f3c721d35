"""The comparison of segments that ran by turns."""

from __future__ import annotations

from random import Random

import pytest

from bench.engine_share import Pair, Segment, shares_by_processor_time, show
from bench.pairs import Ratio, abba, median_interval


def segment(tokens: float, *, system: float = 0.02, load: float = 0.01) -> Segment:
    return Segment(1.0, tokens, 1.0, 64.0, 1.9, system, load)


def test_each_pair_has_both_kinds_and_each_kind_comes_first_as_often() -> None:
    assert list(abba(4)) == [(False, True), (True, False)] * 2


def test_a_steady_change_of_the_machine_s_speed_leaves_the_share_as_it_is() -> None:
    speed, pairs = iter(range(100, 140)), []
    for order in abba(8):
        at = {is_batch: next(speed) * (0.9 if is_batch else 1.0) for is_batch in order}
        pairs.append((at[True], at[False]))
    assert Ratio.of(pairs).median == pytest.approx(0.9, rel=0.001)


@pytest.mark.parametrize(
    ("count", "low", "high", "coverage"),
    [(1, 1, 1, 0.0), (2, 1, 2, 0.5), (5, 1, 5, 1 - 2 / 32), (8, 2, 7, 1 - 2 * 9 / 256)],
)
def test_the_interval_of_a_median_is_bounded_by_two_of_the_sorted_values(
    count: int, low: float, high: float, coverage: float
) -> None:
    values = [float(number) for number in range(count, 0, -1)]
    found = median_interval(values)
    assert (found.low, found.high) == (low, high)
    assert found.coverage == pytest.approx(coverage)


@pytest.mark.parametrize("count", [5, 8, 12])
def test_the_interval_has_the_median_as_often_as_it_says(count: int) -> None:
    draw = Random(1)
    found = [median_interval([draw.expovariate(1.0) for _ in range(count)]) for _ in range(4_000)]
    median = 0.6931
    held = sum(one.low <= median <= one.high for one in found) / len(found)
    assert found[0].coverage >= 0.9
    assert held == pytest.approx(found[0].coverage, abs=0.015)


def test_the_share_by_processor_time_is_what_others_leave_of_one_core_and_of_all() -> None:
    pairs = [Pair(loop=segment(100.0, load=0.0, system=0.0), batch=segment(100.0, system=0.09))]
    assert shares_by_processor_time(pairs, 2) == pytest.approx((0.9, 0.95))


def test_the_figures_have_the_share_with_its_interval(capsys: pytest.CaptureFixture[str]) -> None:
    batch = [97.0, 99.0, 98.0, 90.0, 102.0]
    figures = show("m", [Pair(segment(100.0), segment(tokens)) for tokens in batch])
    assert figures["share of m"] == pytest.approx(0.98)
    assert (figures["share of m, low"], figures["share of m, high"]) == (0.9, 1.02)
    assert "share of the plain loop: 0.980, 0.900 to 1.020 (94%)" in capsys.readouterr().out
