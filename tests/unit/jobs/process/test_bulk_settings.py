"""Settings of bulk work: an invalid one stops the process when it starts."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from jobs.process.settings import BulkSettings
from jobs.windows.window import ALWAYS


def test_bulk_work_always_runs_by_default() -> None:
    assert BulkSettings().calendar() == ALWAYS


def test_the_platforms_window_is_in_its_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHANCERY_BULK_WINDOW", "20:00-06:00")
    assert str(BulkSettings().calendar()) == "20:00-06:00 UTC"
    monkeypatch.setenv("CHANCERY_BULK_ZONE", "Asia/Shanghai")
    assert str(BulkSettings().calendar()) == "20:00-06:00 Asia/Shanghai"


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("CHANCERY_BULK_WINDOW", "20:00", "CHANCERY_BULK_WINDOW: at character 1: expected times"),
        ("CHANCERY_BULK_WINDOW", "", "CHANCERY_BULK_WINDOW: at character 1"),
        ("CHANCERY_BULK_ZONE", "Asia/Beijing", "CHANCERY_BULK_ZONE: at character 1: expected a z"),
        ("CHANCERY_BULK_OUTSIDE_WINDOW", "run", "'wait' or 'idle'"),
        ("CHANCERY_BULK_LATE_BATCHES", "no", "'warn' or 'refuse'"),
        ("CHANCERY_BULK_ASSUMED_TOKENS_PER_SECOND", "0", "greater than 0"),
    ],
)
def test_an_invalid_setting_is_refused_by_name(
    variable: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ValidationError) as refused:
        BulkSettings()
    assert said in str(refused.value)
