"""How fast work is done, and how good estimates were."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from jobs.batches.eta.estimates import late
from jobs.batches.eta.pace import Basis, Pace

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_measured_task_has_its_own_pace_and_another_that_of_all() -> None:
    pace = Pace({"summarize": (9_000, 3), "classify": (1_000, 1)}, 1_000)
    assert (pace.of("summarize").tokens_per_second, pace.of("summarize").basis) == (
        3_000,
        Basis.task,
    )
    assert (pace.of("extract").tokens_per_second, pace.of("extract").basis) == (
        2_500,
        Basis.overall,
    )
    assert pace.seconds({"summarize": 6_000, "extract": 5_000}) == 4
    assert pace.measured({"summarize": 1, "extract": 1})


def test_where_nothing_was_measured_a_pace_is_assumed_and_said_to_be() -> None:
    for nothing in ({}, {"summarize": (0, 0)}, {"summarize": (100, 0)}, {"summarize": (0, 100)}):
        pace = Pace(nothing, 500)
        assert pace.of("summarize").tokens_per_second == 500
        assert not pace.of("summarize").measured
        assert pace.seconds({"summarize": 1_000}) == 2
        assert not pace.measured({"summarize": 1_000})
    assert Pace({}, 500).measured({"summarize": 0})
    with pytest.raises(ValueError, match="above 0"):
        Pace({}, 0)


def test_a_batch_is_late_when_it_is_not_expected_by_its_deadline() -> None:
    assert not late(NOW, None)
    assert not late(None, None)
    assert not late(NOW, NOW)
    assert late(NOW + HOUR, NOW)
    assert late(None, NOW)
