"""The division of an engine's busy time among its requests."""

from __future__ import annotations

from dataclasses import astuple

import pytest

from worker.engine.statistics.busy_time import BusyTime, UsedTime


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_concurrent_requests_share_the_time_and_the_energy() -> None:
    clock = Clock()
    busy = BusyTime(gpus=2, watts=1000, clock=clock)
    one, other = UsedTime(), UsedTime()
    first = busy.begin()
    clock.now += 4
    second = busy.begin()
    clock.now += 2
    busy.end(first, one)
    clock.now += 1
    busy.end(second, other)
    # 4 s alone, 2 s for two, 1 s alone: 7 s of 2 GPUs at 1 kW in all.
    assert astuple(one) == pytest.approx((6, 10, 5000))
    assert astuple(other) == pytest.approx((3, 4, 2000))


def test_an_idle_engine_costs_no_request_anything() -> None:
    clock = Clock()
    busy = BusyTime(gpus=1, watts=500, clock=clock)
    clock.now += 3600
    used = UsedTime()
    start = busy.begin()
    clock.now += 1
    busy.end(start, used)
    clock.now += 3600
    busy.end(busy.begin(), used)
    assert astuple(used) == pytest.approx((1, 1, 500))


def test_requests_of_other_workers_have_their_share() -> None:
    clock = Clock()
    busy = BusyTime(gpus=1, clock=clock)
    used = UsedTime()
    start = busy.begin()
    busy.set_in_flight(4)
    clock.now += 8
    busy.end(start, used)
    assert used.gpu_seconds == pytest.approx(2)
    # The engine's metrics may be older than its last request.
    busy.set_in_flight(0)
    start = busy.begin()
    clock.now += 1
    busy.end(start, used)
    assert used.gpu_seconds == pytest.approx(3)


def test_a_measured_power_applies_from_when_it_was_measured() -> None:
    clock = Clock()
    busy = BusyTime(gpus=1, watts=100, clock=clock)
    used = UsedTime()
    start = busy.begin()
    clock.now += 10
    busy.set_watts(300)
    clock.now += 10
    busy.end(start, used)
    assert used.joules == pytest.approx(100 * 10 + 300 * 10)
