from __future__ import annotations

import pytest

from documents.errors import ReadTimeout
from documents.isolation.set_aside import SECONDS, SetAside


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_work_that_failed_once_gets_half_the_time_and_then_none_for_an_hour() -> None:
    clock = Clock()
    set_aside = SetAside(clock)
    assert set_aside.seconds("key", 60) == 60
    set_aside.add("key", ReadTimeout("It took 60 s."))
    assert set_aside.seconds("key", 60) == 30
    assert set_aside.seconds("other", 60) == 60
    set_aside.add("key", ReadTimeout("It took 30 s."))
    with pytest.raises(ReadTimeout, match=r"It took 30 s\. It failed 2 times"):
        set_aside.seconds("key", 60)
    clock.now = SECONDS - 1
    with pytest.raises(ReadTimeout):
        set_aside.seconds("key", 60)
    clock.now = SECONDS
    assert set_aside.seconds("key", 60) == 60


def test_a_success_clears_the_failure() -> None:
    set_aside = SetAside()
    set_aside.add("key", ReadTimeout("It took 60 s."))
    set_aside.clear("key")
    assert set_aside.seconds("key", 60) == 60


def test_it_remembers_a_bounded_number_of_failures() -> None:
    set_aside = SetAside()
    for number in range(10_001):
        set_aside.add(number, ReadTimeout("It took 60 s."))
    assert set_aside.seconds(0, 60) == 60
    assert set_aside.seconds(10_000, 60) == 30
