"""Calendar windows: what is open when, over a year of clock changes, and how they are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.windows.rules import DAY_MINUTES, EVERY_DAY, Rule
from jobs.windows.window import ALWAYS, NEVER, Window, WindowError, Windows

STEP = timedelta(minutes=15)
ZONES = (
    "Asia/Shanghai",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # half an hour of summer time
    "America/Santiago",  # skips and repeats midnight
    "Africa/Cairo",
)


def night(day: date, minute: int) -> bool:
    return minute >= 20 * 60 or minute < 6 * 60


def nights_and_weekends(day: date, minute: int) -> bool:
    if day.weekday() in (5, 6):
        return True
    if day.weekday() == 0 and minute < 6 * 60:
        return False  # Sunday's night is not in the rule
    return night(day, minute)


def in_the_hour_that_clocks_change(day: date, minute: int) -> bool:
    return 15 <= minute < 150


def friday_until_saturday(day: date, minute: int) -> bool:
    return (day.weekday() == 4 and minute >= 22 * 60) or (day.weekday() == 5 and minute < 23 * 60)


def in_golden_week(day: date) -> bool:
    return date(2026, 10, 1) <= day <= date(2026, 10, 7)


def holidays(day: date, minute: int) -> bool:
    if day == date(2026, 10, 10) and 8 * 60 <= minute < 20 * 60:
        return False  # a Saturday on which people work
    return in_golden_week(day) or day.weekday() in (5, 6) or night(day, minute)


# A text and, written another way, which minutes of the wall clock it opens.
CASES: tuple[tuple[str, Callable[[date, int], bool]], ...] = (
    ("20:00-06:00", night),
    ("weekdays 20:00-06:00, weekends", nights_and_weekends),
    ("00:15-02:30", in_the_hour_that_clocks_change),
    ("fri 22:00-24:00, sat 00:00-23:00", friday_until_saturday),
    (
        "20:00-06:00; weekends; 2026-10-01..2026-10-07; not 2026-10-10 08:00-20:00",
        holidays,
    ),
    ("not weekdays 08:00-18:00", lambda day, minute: (
        day.weekday() in (5, 6) or not 8 * 60 <= minute < 18 * 60
    )),
    ("2026-12-31 12:00-03:00", lambda day, minute: (
        (day == date(2026, 12, 31) and minute >= 720) or (day == date(2027, 1, 1) and minute < 180)
    )),
)  # fmt: skip


def a_year(zone: str, opens: Callable[[date, int], bool]) -> Iterator[tuple[datetime, bool]]:
    """Every quarter of an hour from late 2025 to early 2027, and whether it is to be open."""
    moment, clock = datetime(2025, 12, 20, tzinfo=UTC), ZoneInfo(zone)
    while moment < datetime(2027, 1, 20, tzinfo=UTC):
        local = moment.astimezone(clock)
        yield moment, opens(local.date(), local.hour * 60 + local.minute)
        moment += STEP


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(("text", "opens"), CASES, ids=[text for text, _ in CASES])
def test_over_a_year_it_is_open_when_the_wall_clock_says_so_and_knows_its_next_change(
    zone: str, text: str, opens: Callable[[date, int], bool]
) -> None:
    window = Window.parse(text, zone)
    year = list(a_year(zone, opens))
    assert [moment for moment, is_open in year if window.is_open(moment) != is_open] == []

    changes: list[datetime] = []
    upcoming: datetime | None = None
    for (moment, before), (after, is_open) in zip(
        reversed(year[:-1]), reversed(year[1:]), strict=True
    ):
        if before != is_open:
            upcoming = after
            changes.append(after)
        near = upcoming is not None and upcoming - moment < 3 * STEP
        if upcoming is not None and (near or moment.hour == moment.day % 24):
            assert window.next_change(moment) == upcoming, moment
    assert changes


def test_between_two_quarters_and_with_seconds_the_next_change_is_the_same() -> None:
    window = Window.parse("20:00-06:00 Asia/Shanghai")
    opens = datetime(2026, 3, 2, 12, tzinfo=UTC)
    just_before = opens - timedelta(microseconds=1)
    assert (window.is_open(just_before), window.next_change(just_before)) == (False, opens)
    assert (window.is_open(opens), window.next_change(opens)) == (True, opens + timedelta(hours=10))
    in_shanghai = just_before.astimezone(ZoneInfo("Asia/Shanghai"))
    assert window.next_change(in_shanghai) == opens


def changes(window: Window, begin: datetime, hours: float) -> list[str]:
    """The changes within so many hours, by the wall clock."""
    found, moment = [], begin
    while (change := window.next_change(moment)) and change <= begin + timedelta(hours=hours):
        found.append(f"{window.local(change):%d %H:%M%z}")
        moment = change
    return found


class TestWhereClocksChange:
    def test_an_edge_in_the_hour_that_is_skipped_takes_effect_when_clocks_are_put_forward(
        self,
    ) -> None:
        eve = datetime(2026, 3, 28, 12, tzinfo=UTC)
        opens_in_it = Window.parse("02:30-06:00 Europe/Berlin")
        closes_in_it = Window.parse("20:00-02:30 Europe/Berlin")
        assert changes(opens_in_it, eve, 20) == ["29 03:00+0200", "29 06:00+0200"]
        assert changes(closes_in_it, eve, 20)[1] == "29 03:00+0200"

    def test_a_window_wholly_in_the_hour_that_is_skipped_does_not_open_that_day(self) -> None:
        window = Window.parse("02:15-02:45 Europe/Berlin")
        assert changes(window, datetime(2026, 3, 28, 12, tzinfo=UTC), 40) == [
            "30 02:15+0200",
            "30 02:45+0200",
        ]

    def test_one_that_opens_once_a_week_in_that_hour_opens_a_week_later(self) -> None:
        window = Window.parse("sun 02:15-02:45 Europe/Berlin")
        opens = window.next_change(datetime(2026, 3, 22, 12, tzinfo=UTC))
        assert opens == datetime(2026, 4, 5, 0, 15, tzinfo=UTC)

    def test_an_edge_in_the_repeated_hour_takes_effect_twice(self) -> None:
        eve = datetime(2026, 10, 24, 12, tzinfo=UTC)
        assert changes(Window.parse("20:00-02:30 Europe/Berlin"), eve, 20) == [
            "24 20:00+0200",
            "25 02:30+0200",
            "25 02:00+0100",
            "25 02:30+0100",
        ]

    def test_a_day_that_begins_at_one_o_clock_begins_then(self) -> None:
        window = Window.parse("2026-09-06 America/Santiago")  # clocks go from 24:00 to 01:00
        assert changes(window, datetime(2026, 9, 5, tzinfo=UTC), 60) == [
            "06 01:00-0300",
            "07 00:00-0300",
        ]


class TestChanges:
    def test_one_that_never_changes_has_no_next_change(self) -> None:
        now = datetime(2026, 3, 2, tzinfo=UTC)
        for window in (ALWAYS, NEVER, Window.parse("mon-wed, thu-sun")):
            assert window.next_change(now) is None
        assert (ALWAYS.is_open(now), NEVER.is_open(now)) == (True, False)

    def test_a_date_far_away_is_found_and_after_the_last_there_is_none(self) -> None:
        window = Window.parse("2026-03-01, 2199-12-31 08:00-09:00")
        ends = datetime(2026, 3, 2, tzinfo=UTC)
        assert window.next_change(ends - STEP) == ends
        opens = window.next_change(ends)
        assert opens == datetime(2199, 12, 31, 8, tzinfo=UTC)
        assert window.next_change(opens + timedelta(hours=1)) is None

    def test_a_long_range_of_dates_is_left_at_its_end(self) -> None:
        window = Window.parse("2026-03-01..2031-05-31")
        assert window.next_change(datetime(2026, 3, 5, tzinfo=UTC)) == datetime(
            2031, 6, 1, tzinfo=UTC
        )

    def test_a_moment_without_a_zone_is_refused(self) -> None:
        with pytest.raises(ValueError, match="without a time zone"):
            ALWAYS.is_open(datetime(2026, 3, 2))  # noqa: DTZ001 - it is meant


class TestSeveral:
    def test_a_batch_s_window_narrows_its_department_s(self) -> None:
        department = Window.parse("20:00-06:00 Asia/Shanghai")
        batch = Window.parse("weekends UTC")
        both = Windows((department, batch))
        friday = datetime(2026, 3, 6, 13, tzinfo=UTC)
        assert (department.is_open(friday), both.is_open(friday)) == (True, False)
        opens = both.next_change(friday)
        assert opens == datetime(2026, 3, 7, 12, tzinfo=UTC)
        assert both.next_change(opens) == datetime(2026, 3, 7, 22, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("20:00-06:00 Asia/Shanghai", "weekends UTC"),
            ("mon-wed", "tue 12:00-24:00, sat"),
            ("fri 20:00-06:00 Europe/Berlin", "sat 00:00-02:30, fri America/New_York"),
            ("always", "02:00-04:00 Europe/Berlin"),
        ],
    )
    def test_two_are_open_when_both_are_and_know_their_next_change(
        self, one: str, other: str
    ) -> None:
        windows = (Window.parse(one), Window.parse(other))
        both, moment = Windows(windows), datetime(2026, 3, 20, tzinfo=UTC)
        quarters = [moment + STEP * number for number in range(4 * 24 * 21)]
        states = [all(window.is_open(each) for window in windows) for each in quarters]
        upcoming: datetime | None = None
        for number in range(len(quarters) - 2, -1, -1):
            if states[number] != states[number + 1]:
                upcoming = quarters[number + 1]
            assert both.is_open(quarters[number]) == states[number]
            if upcoming:
                assert both.next_change(quarters[number]) == upcoming

    def test_two_that_never_meet_never_change(self) -> None:
        now = datetime(2026, 3, 2, tzinfo=UTC)
        for one, other in (
            ("mon", "tue"),
            ("06:00-07:00", "20:00-06:00"),
            ("2199-01-01 12:00-13:00", "20:00-06:00"),
            ("always", "never"),
        ):
            assert Windows((Window.parse(one), Window.parse(other))).next_change(now) is None

    def test_two_that_meet_only_while_one_zone_has_summer_time_are_found(self) -> None:
        both = Windows(
            (
                Window.parse("02:00-03:00 Europe/Berlin"),
                Window.parse("21:00-22:00 America/New_York"),
            )
        )
        # In March New York changes its clocks three weeks before Berlin does.
        assert both.next_change(datetime(2026, 12, 1, tzinfo=UTC)) == datetime(
            2027, 3, 15, 1, tzinfo=UTC
        )

    def test_none_at_all_are_always_open(self) -> None:
        now = datetime(2026, 3, 2, tzinfo=UTC)
        assert (Windows().is_open(now), Windows().next_change(now)) == (True, None)
        assert str(Windows()) == "always"
        assert str(Windows((NEVER, ALWAYS))) == "never and always"


class TestText:
    @pytest.mark.parametrize(
        ("text", "canonical"),
        [
            ("20:00-06:00 Asia/Shanghai", "20:00-06:00 Asia/Shanghai"),
            (" 8:00-9:05 ", "08:00-09:05 UTC"),
            ("Monday-FRIDAY 20:00-00:00; SAT+sun", "weekdays 20:00-24:00, weekends UTC"),
            ("sat-mon+wed", "mon+wed+sat-sun UTC"),
            ("daily", "always"),
            ("always Asia/Shanghai", "always"),
            ("mon-sun 00:00-24:00", "always"),
            ("never", "never"),
            ("Never Asia/Shanghai", "never"),
            ("not weekdays 08:00-18:00", "always, not weekdays 08:00-18:00 UTC"),
            ("weekends；mon，2026-10-01..2026-10-07", "weekends, mon, 2026-10-01..2026-10-07 UTC"),
            ("2026-10-01 20：00-06：00, Asia/Tokyo", "2026-10-01 20:00-06:00 Asia/Tokyo"),
            ("2026-10-01..2026-10-01 Etc/GMT-8", "2026-10-01 Etc/GMT-8"),
        ],
    )  # fmt: skip
    def test_equal_windows_have_one_canonical_text(self, text: str, canonical: str) -> None:
        window = Window.parse(text)
        assert str(window) == canonical
        assert Window.parse(canonical, "Asia/Tokyo") == window

    @pytest.mark.parametrize(
        ("text", "at", "said"),
        [
            ("", 1, "found nothing"),
            ("  ", 1, "found nothing"),
            ("20:00-06:00,", 13, "found nothing"),
            ("mon;;tue", 5, "found nothing"),
            ("20:00", 1, "expected times such as 20:00-06:00, found '20:00'"),
            ("mon 20:00-6", 5, "expected times"),
            ("20.00-06.00", 1, "times such as 20:00-06:00, found"),
            ("mon, 20:00-24:01", 12, "from 00:00 to 24:00, found 24:01"),
            ("20:60-06:00", 1, "from 00:00 to 24:00, found 20:60"),
            ("24:00-06:00", 1, "before 24:00"),
            ("06:00-06:00", 1, "a whole day is 00:00-24:00"),
            ("00:00-00:00", 1, "a whole day is 00:00-24:00"),
            ("mon - fri", 5, "expected a comma or the end, found '-'"),
            ("mon tue wed", 5, "expected a comma or the end, found 'tue'"),
            ("20:00-06:00 mon", 13, "expected a comma or the end, found 'mon'"),
            ("mon-", 1, "expected days (mon-fri"),
            ("mon+", 5, "expected days (mon-fri"),
            ("mon+fry 20:00-06:00", 5, "found 'fry'"),
            ("weekdays-sat", 1, "found 'weekdays-sat'"),
            ("noon, mon", 1, "found 'noon'"),
            ("noon", 1, "times (20:00-06:00), always or never, found 'noon'"),
            ("Asia/Shanghai", 1, "expected days"),
            ("2026-02-30", 1, "expected a date from 2000-01-01 to 2199-12-31"),
            ("2026-2-3", 1, "found '2026-2-3'"),
            ("1999-12-31", 1, "expected a date from 2000-01-01"),
            ("2026-10-01..2026-13-01", 13, "found '2026-13-01'"),
            ("2026-10-07..2026-10-01", 1, "on or after 2026-10-07, found 2026-10-01"),
            ("20:00-06:00 Asia/Beijing", 13, "a zone of the IANA database such as Asia/Shanghai"),
            ("20:00-06:00 Asia", 13, "found 'Asia'"),
            ("20:00-06:00, ../../etc/passwd", 14, "found '../../etc/passwd'"),
            ("20:00-06:00, weekned", 14, "found 'weekned'"),
            ("never, mon", 1, "never must be the only rule"),
            ("mon, never", 6, "never must be the only rule"),
            ("not never", 5, "never must be the only rule"),
            ("never mon", 7, "expected a comma or the end"),
            ("not", 4, "expected days or times after not"),
            ("mon, " * 300, 1001, "at most 1000 characters"),
        ],
    )
    def test_an_invalid_window_is_refused_with_the_position(
        self, text: str, at: int, said: str
    ) -> None:
        with pytest.raises(WindowError) as refused:
            Window.parse(text)
        assert refused.value.at == at
        assert said in str(refused.value)
        assert str(refused.value).startswith(f"at character {at}: ")

    def test_without_a_default_zone_the_text_must_have_one(self) -> None:
        with pytest.raises(WindowError, match=r"at character 12: expected a time zone at the end"):
            Window.parse("20:00-06:00", None)
        assert Window.parse("always", None) == ALWAYS
        assert Window.parse("20:00-06:00 UTC", None).zone == "UTC"
        with pytest.raises(WindowError, match="found 'Mars'"):
            Window.parse("20:00-06:00", "Mars")

    def test_a_machine_without_a_database_of_zones_says_what_to_install(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("jobs.windows.rules.available_timezones", set)
        with pytest.raises(WindowError, match="install the Python package tzdata"):
            Window.parse("20:00-06:00 Nowhere/Atall")


days = st.dates(date(2000, 1, 1), date(2199, 12, 31))
minutes = st.integers(0, DAY_MINUTES - 1)
times = st.tuples(minutes, st.integers(1, DAY_MINUTES)).filter(lambda pair: pair[0] != pair[1])
rules = st.builds(
    lambda weekdays, dates, times, excluded: Rule(
        weekdays if weekdays or dates else EVERY_DAY, dates, times[0], times[1], excluded=excluded
    ),
    st.frozensets(st.integers(0, 6)),
    st.lists(st.tuples(days, days).map(lambda pair: (min(pair), max(pair))), max_size=3).map(tuple),
    st.one_of(times, st.just((0, DAY_MINUTES))),
    st.booleans(),
)
windows = st.builds(
    lambda rules, zone: Window(rules, "UTC" if rules in ((), (Rule(),)) else zone),
    st.lists(rules, max_size=5)
    .map(tuple)
    .filter(lambda rules: not rules or not all(rule.excluded for rule in rules)),
    st.sampled_from([*ZONES, "UTC"]),
)


@given(windows)
def test_every_window_is_read_from_its_text_as_it_was(window: Window) -> None:
    assert Window.parse(str(window), "Asia/Tokyo") == window


@given(windows, st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001
def test_nothing_changes_before_the_next_change(window: Window, naive: datetime) -> None:
    moment = naive.replace(tzinfo=UTC)
    change, now = window.next_change(moment), window.is_open(moment)
    if change is not None:
        assert change > moment
        assert window.is_open(change) != now
        assert window.is_open(change - timedelta(microseconds=1)) == now
    for part in range(1, 200):
        later = moment + timedelta(hours=part * 1.7)
        if change is None or later < change:
            assert window.is_open(later) == now


@given(st.text(alphabet="monfri+-:, ;.0123456789/UTCnotalwys\u3000周", max_size=40))
def test_any_text_is_a_window_or_a_window_error(text: str) -> None:
    try:
        window = Window.parse(text)
    except WindowError as error:
        at = error.at
    else:
        at = 1
        assert Window.parse(str(window)) == window
    assert 1 <= at <= len(text) + 1
