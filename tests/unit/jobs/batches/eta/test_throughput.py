"""The throughput of tasks, measured or assumed, and late batches."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from jobs.batches.eta.simulation import Throughput, is_late

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_measured_task_has_its_own_throughput_and_another_the_average() -> None:
    throughput = Throughput({"summarize": (9_000, 3), "classify": (1_000, 1)}, 1_000)
    assert throughput.of("summarize") == 3_000
    assert throughput.of("extract") == 2_500
    assert throughput.seconds({"summarize": 6_000, "extract": 5_000}) == 4


@pytest.mark.parametrize(
    "unusable", [{}, {"summarize": (0, 0)}, {"summarize": (100, 0)}, {"summarize": (0, 100)}]
)
def test_without_a_measurement_the_throughput_is_assumed(
    unusable: dict[str, tuple[float, float]],
) -> None:
    throughput = Throughput(unusable, 500)
    assert throughput.of("summarize") == 500
    assert throughput.seconds({"summarize": 1_000}) == 2


def test_the_assumed_throughput_must_be_above_zero() -> None:
    with pytest.raises(ValueError, match="above 0"):
        Throughput({}, 0)


def test_a_batch_is_late_when_it_is_not_expected_by_its_deadline() -> None:
    assert not is_late(NOW, NOW)
    assert is_late(NOW + HOUR, NOW)
    assert is_late(None, NOW)
