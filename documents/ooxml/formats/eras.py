"""Years as calendars of Taiwan and Japan count them. A number format names them by its language."""

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


def era_of(day: Day, language: int) -> Era | None:
    """The era of a day in the calendar of a language, by its LCID; None if it has none then."""
    eras = _CALENDARS.get(language, ())
    return next((one for one in eras if one.first <= day), None)
