"""Settings of a worker."""

from __future__ import annotations

import pytest

from jobs.model.lanes import Lane
from jobs.process.settings import WorkerSettings


@pytest.mark.parametrize(
    ("set_to", "lanes", "places"),
    [
        ("", [Lane.interactive, Lane.bulk], 56),
        ("bulk", [Lane.bulk], 56),
        ("interactive", [Lane.interactive], 0),
    ],
)
def test_a_worker_runs_both_lanes_or_the_configured_one(
    monkeypatch: pytest.MonkeyPatch, set_to: str, lanes: list[Lane], places: int
) -> None:
    monkeypatch.setenv("CHANCERY_LANE", set_to)
    settings = WorkerSettings()
    assert list(settings.lanes) == lanes
    assert settings.bulk_places == places
