"""The windows in docs/windows.md are valid and open as the page says."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from jobs.windows.holidays import read_holidays
from jobs.windows.window import Window

DOCS = Path(__file__).parents[4] / "docs"
PAGE = (DOCS / "windows.md").read_text("utf-8")
YEAR = read_holidays(DOCS / "holidays-2026.toml")
_, _GRAMMAR = PAGE.split("## Syntax\n")
TABLE = re.findall(r"^\| `([^`]+)` \|", _GRAMMAR, re.MULTILINE)
(HOLIDAYS,) = re.findall(r"```window\n(.*)\n```", PAGE)
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize("text", [*TABLE, HOLIDAYS])
def test_every_window_on_the_page_is_valid(text: str) -> None:
    window = Window.parse(text, None, YEAR)
    assert Window.parse(str(window), None, YEAR) == window


def test_there_are_examples() -> None:
    assert len(TABLE) == 9


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-09-18 12:00", False),
        ("2026-09-19 12:00", True),  # a Saturday
        ("2026-09-20 06:59", True),
        ("2026-09-20 12:00", False),  # a Sunday that is worked
        ("2026-09-20 20:00", True),
        ("2026-10-01 12:00", True),
        ("2026-10-07 23:59", True),
        ("2026-10-08 12:00", False),
        ("2026-10-10 12:00", False),  # a Saturday that is worked
        ("2026-10-11 12:00", True),
    ],
)
def test_the_year_of_holidays_is_as_the_page_says(moment: str, is_open: bool) -> None:  # noqa: FBT001 - a case
    at = datetime.fromisoformat(moment).replace(tzinfo=SHANGHAI)
    assert Window.parse(HOLIDAYS, None, YEAR).is_open(at) == is_open


def test_a_comma_between_days_begins_a_rule() -> None:
    assert str(Window.parse("mon,wed 20:00-06:00")) == "mon, wed 20:00-06:00 UTC"
