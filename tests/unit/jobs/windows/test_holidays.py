"""Windows with public holidays and make-up working days."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from jobs.process.settings import BulkSettings
from jobs.windows.holidays import HolidayFile, HolidaysError, read_holidays
from jobs.windows.window import Window, WindowError

SAMPLE = Path(__file__).parents[4] / "docs/holidays-2026.toml"
SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=SHANGHAI)


def a_window(text: str) -> Window:
    return Window.parse(f"{text} Asia/Shanghai", None, read_holidays(SAMPLE))


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("10-01 12:00", True),  # National Day, a Thursday
        ("10-09 12:00", False),  # a Friday after the holidays
        ("10-10 12:00", False),  # a Saturday on which people work
        ("10-11 12:00", True),  # a Sunday
        ("10-10 21:00", True),  # the night of the working Saturday
    ],
)
def test_holidays_open_and_make_up_days_close(moment: str, *, is_open: bool) -> None:
    window = a_window("20:00-07:00, weekends, holidays, not workdays 07:00-20:00")
    assert window.is_open(at(moment)) is is_open


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("10-01 12:00", False),
        ("10-08 12:00", True),
        ("10-10 12:00", True),
        ("10-11 12:00", False),
    ],
)
def test_workdays_are_the_days_on_which_people_work(moment: str, *, is_open: bool) -> None:
    assert a_window("workdays").is_open(at(moment)) is is_open


def test_the_next_change_is_found_by_every_hour_of_the_year() -> None:
    window = a_window("workdays 22:00-06:00, holidays")
    moment, end = at("01-01 00:30"), at("12-31 00:30")
    while moment < end:
        change = window.next_change(moment)
        assert change
        assert window.is_open(change) != window.is_open(moment)
        step = moment
        while (step := step + timedelta(hours=1)) < change:
            assert window.is_open(step) == window.is_open(moment), step
        moment = change + timedelta(minutes=30)


def test_a_window_is_stored_with_its_words_and_read_with_the_days_of_then(tmp_path: Path) -> None:
    window = a_window("weekends+holidays 20:00-07:00, not workdays")
    assert str(window) == "weekends+holidays 20:00-07:00, not workdays Asia/Shanghai"
    assert Window.parse(str(window), None, read_holidays(SAMPLE)) == window


def test_without_a_file_the_words_are_refused_and_a_stored_window_has_no_holidays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CHANCERY_BULK_HOLIDAYS", raising=False)
    bulk = BulkSettings(zone="Asia/Shanghai")
    with pytest.raises(WindowError, match="CHANCERY_BULK_HOLIDAYS"):
        bulk.checked("20:00-06:00, holidays", bulk.zone)
    stored = bulk.calendar("20:00-06:00, holidays, not workdays 08:00-20:00")
    assert not stored.is_open(at("10-01 12:00"))
    assert stored.is_open(at("10-01 21:00"))


def test_a_process_does_not_start_with_a_file_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match=r"CHANCERY_BULK_HOLIDAYS: .*cannot be read"):
        BulkSettings(holidays=tmp_path / "missing.toml")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "has no year"),
        ("[2026]\nholidays = ['2026-13-01']", "expected a day such as 2026-10-01"),
        ("[2026]\nholidays = ['2026-10-07..2026-10-01']", "the first one first"),
        ("[2026]\nholidays = ['2025-10-01']", "expected days of 2026"),
        ("[2026]\nholidays = ['2026-10-10']\nworkdays = ['2026-10-10']", "in holidays and in"),
        ("[2026]\nholidays = ['2026-10-01']\nworkdays = ['2026-10-09']", "not a Saturday or"),
        ("[2026]\nholydays = ['2026-10-01']", "Expected years such as"),
        ("[this]\nholidays = ['2026-10-01']", "expected a year such as"),
        ("[2026\n", "cannot be read"),
        ("2026 = 3", "Expected years such as"),
    ],
)
def test_mistakes_in_the_file_are_named(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "holidays.toml"
    path.write_text(text)
    with pytest.raises(HolidaysError, match=expected):
        read_holidays(path)


def test_a_change_with_a_mistake_leaves_the_days_from_before(tmp_path: Path) -> None:
    path = tmp_path / "holidays.toml"
    path.write_text("[2026]\nholidays = ['2026-10-01']\n")
    file = HolidayFile(path)
    before = file.read()
    path.write_text("[2026]\nholidays = ['2026-10-0']\n")
    os.utime(path, ns=(1, 1))
    assert file.read() == before
    path.write_text("[2027]\nholidays = ['2027-10-01']\n")
    assert file.read().until.isoformat() == "2027-12-31"
