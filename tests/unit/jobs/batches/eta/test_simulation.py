"""When each batch ends."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.batches.eta.simulation import HORIZON, BatchWork, DepartmentWork, simulate
from jobs.windows.window import NEVER, Calendar, Window, Windows

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)  # a Monday, 18:00 in Shanghai
HOUR = 3600.0
NIGHT = Window.parse("20:00-06:00 Asia/Shanghai")


def one(
    name: str, *works: BatchWork, weight: float = 1, windows: tuple[Calendar, ...] = ()
) -> DepartmentWork:
    return DepartmentWork(name, weight, works, windows)


def hours(*waiting: DepartmentWork) -> dict[str, float | None]:
    """When each batch is done, in hours from now."""
    return {
        batch_id: None if end is None else round((end - NOW) / timedelta(hours=1), 6)
        for batch_id, end in simulate(NOW, waiting).items()
    }


def test_a_batch_alone_takes_its_time() -> None:
    assert hours(one("tax", BatchWork("a", 2 * HOUR))) == {"a": 2}


def test_a_departments_batches_are_done_one_after_the_other() -> None:
    assert hours(one("tax", BatchWork("a", HOUR), BatchWork("b", 2 * HOUR))) == {"a": 1, "b": 3}


def test_departments_share_by_weight_and_the_last_gets_everything() -> None:
    tax, parks = BatchWork("a", HOUR), BatchWork("b", HOUR)
    assert hours(one("tax", tax), one("parks", parks, weight=3)) == {
        "b": round(4 / 3, 6),  # with three quarters of the system
        "a": 2,
    }


def test_work_waits_while_its_window_is_closed() -> None:
    assert hours(one("tax", BatchWork("a", 11 * HOUR), windows=(NIGHT,))) == {"a": 27}
    assert hours(one("tax", BatchWork("a", 10 * HOUR), windows=(NIGHT,))) == {"a": 12}


def test_a_closed_department_leaves_its_share_to_the_others() -> None:
    closed = one("tax", BatchWork("a", 2 * HOUR), windows=(NIGHT,))
    assert hours(closed, one("parks", BatchWork("b", 3 * HOUR))) == {"b": 4, "a": 5}


def test_a_batch_s_own_window_narrows_its_department_s() -> None:
    weekend = Window.parse("weekends Asia/Shanghai")
    waiting = BatchWork("a", HOUR, (weekend,)), BatchWork("b", HOUR)
    assert hours(one("tax", *waiting, windows=(NIGHT,))) == {
        "b": 3,  # it comes later in the order, but may run
        "a": round((datetime(2026, 3, 6, 17, tzinfo=UTC) - NOW).total_seconds() / HOUR, 6),
    }


def test_a_batch_whose_window_opens_runs_before_later_batches() -> None:
    soon = Window.parse("11:00-24:00")  # an hour from now
    assert hours(one("tax", BatchWork("a", HOUR, (soon,)), BatchWork("b", 2 * HOUR))) == {
        "a": 2,
        "b": 3,
    }


def test_several_windows_at_once_are_one_calendar_too() -> None:
    both = Windows((NIGHT, Window.parse("14:00-24:00")))
    assert hours(one("tax", BatchWork("a", HOUR, (both,)))) == {"a": 5}


def test_paused_work_has_no_end_and_takes_no_share() -> None:
    assert hours(
        one("tax", BatchWork("a", HOUR), weight=1000, windows=(NEVER,)),
        one("parks", BatchWork("b", HOUR)),
    ) == {"a": None, "b": 1}


def test_there_is_no_end_beyond_the_horizon() -> None:
    works = BatchWork("a", 59 * 24 * HOUR), BatchWork("b", 2 * 24 * HOUR), BatchWork("c", HOUR)
    assert hours(one("tax", *works)) == {"a": 59 * 24, "b": None, "c": None}
    far = Window.parse("2030-01-01")
    assert hours(one("tax", BatchWork("a", HOUR, (far,)))) == {"a": None}


def test_a_batch_without_remaining_work_ends_now_even_if_closed() -> None:
    assert hours(one("tax", BatchWork("a", 0), windows=(NEVER,))) == {"a": 0}
    assert hours() == {}
    assert hours(one("tax")) == {}


@given(
    st.lists(
        st.tuples(
            st.integers(1, 1000),
            st.lists(st.floats(0.001, 5_000), max_size=8),
        ),
        max_size=8,
    )
)
def test_the_total_work_is_conserved(departments: list[tuple[int, list[float]]]) -> None:
    waiting = [
        DepartmentWork(
            f"d{number}", weight, [BatchWork(f"{number}-{i}", s) for i, s in enumerate(works)]
        )
        for number, (weight, works) in enumerate(departments)
    ]
    ends = simulate(NOW, waiting)
    total = sum(sum(works) for _, works in departments)
    assert len(ends) == sum(len(works) for _, works in departments)
    last = max((end for end in ends.values() if end), default=NOW)
    assert (last - NOW).total_seconds() == pytest.approx(total, abs=0.001)
    for number, (_, works) in enumerate(departments):
        in_order = [ends[f"{number}-{i}"] for i in range(len(works))]
        assert None not in in_order
        assert in_order == sorted(in_order, key=lambda end: end or NOW)
        # None is faster than it would be alone.
        assert not works or (in_order[-1] or NOW) >= NOW + timedelta(seconds=sum(works) - 0.001)


def test_hundreds_of_batches_take_milliseconds() -> None:
    waiting = [
        one(
            f"d{number}",
            *(BatchWork(f"{number}-{i}", 60.0 + 37 * ((number * i) % 11)) for i in range(25)),
            weight=1 + number % 4,
            windows=(NIGHT,),
        )
        for number in range(20)
    ]
    began = time.process_time()
    ends = simulate(NOW, waiting, HORIZON)
    assert time.process_time() - began < 0.5  # 0.02 here
    assert len(ends) == 500
    assert None not in ends.values()
