"""Settings of a worker."""

from __future__ import annotations

import pytest

from jobs.model.lanes import Lane
from jobs.process.settings import OcrSettings, WorkerSettings


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


@pytest.mark.parametrize(
    ("processors", "set_to", "threads"),
    [(1, "", 1), (2, "", 2), (64, "", 2), (2, "3", 3)],
)
def test_ocr_uses_a_second_thread_where_there_is_a_second_processor(
    monkeypatch: pytest.MonkeyPatch, processors: int, set_to: str, threads: int
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(processors)))
    monkeypatch.setenv("CHANCERY_OCR_THREADS", set_to)
    assert OcrSettings().threads == threads
