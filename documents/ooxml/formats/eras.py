"""Years as other calendars count them. A number format names these by its locale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Day = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Era:
    """An era from its first day on. `names` are those for `g`, `gg` and `ggg`."""

    first: Day
    names: tuple[str, str, str]

    def year(self, day: Day) -> int:
        """The year of a day, from 1."""
        return day[0] - self.first[0] + 1


_CALENDARS: Mapping[int, Sequence[Era]] = {
    0x404: (Era((1912, 1, 1), ("民國", "民國", "中華民國")),),
    0x411: (
        Era((2019, 5, 1), ("R", "令", "令和")),
        Era((1989, 1, 8), ("H", "平", "平成")),
        Era((1926, 12, 25), ("S", "昭", "昭和")),
        Era((1912, 7, 30), ("T", "大", "大正")),
        Era((1868, 1, 25), ("M", "明", "明治")),
    ),
}


# By the number of the calendar in a locale: the language of its eras, and what is added to years of
# calendars without eras.
_LANGUAGES: Mapping[int, int] = {3: 0x411, 4: 0x404}
_ADDED: Mapping[int, int] = {5: 2_333, 7: 543}  # of Korea, and the Buddhist one
BUDDHIST = 7


def era_of(day: Day, language: int, calendar: int = 0) -> Era | None:
    """The era of a day in a calendar, or in that of a language, by its LCID; None if it has none
    then.
    """
    eras = _CALENDARS.get(_LANGUAGES.get(calendar, language), ())
    return next((one for one in eras if one.first <= day), None)


def year_of(day: Day, calendar: int) -> int:
    """The year of a day in a calendar without eras; that of ours for one that is not known."""
    return day[0] + _ADDED.get(calendar, 0)
