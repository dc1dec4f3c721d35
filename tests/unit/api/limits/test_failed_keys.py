"""Sources of wrong keys wait longer and longer, in bounded memory."""

from __future__ import annotations

from api.limits.failed_keys import FORGET_SECONDS, MOST_SOURCES, FailedKeys


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def failed(allowed: int, times: int, source: str = "192.0.2.1") -> tuple[FailedKeys, Clock]:
    clock = Clock()
    keys = FailedKeys(allowed, clock)
    for _ in range(times):
        keys.add(source)
    return keys, clock


def test_the_allowed_failures_block_nobody_and_the_next_ones_for_longer_each() -> None:
    keys, clock = failed(allowed=3, times=2)
    waits = []
    for _ in range(9):
        waits.append(keys.seconds_left("192.0.2.1"))
        clock.now += waits[-1]
        keys.add("192.0.2.1")
    assert waits == [0, 1, 2, 4, 8, 16, 32, 60, 60]
    assert keys.seconds_left("192.0.2.2") == 0


def test_ten_minutes_without_a_failure_clear_the_count() -> None:
    keys, clock = failed(allowed=3, times=5)
    clock.now += FORGET_SECONDS + 1
    keys.add("192.0.2.1")
    assert keys.seconds_left("192.0.2.1") == 0


def test_ipv6_addresses_of_one_network_count_as_one_source() -> None:
    keys, _ = failed(allowed=1, times=1, source="2001:db8::1")
    assert keys.seconds_left("2001:db8::ffff:1") == 1
    assert keys.seconds_left("2001:db8:0:1::1") == 0


def test_memory_is_bounded_and_the_oldest_source_goes_first() -> None:
    keys, _ = failed(allowed=1, times=1, source="first")
    for number in range(MOST_SOURCES):
        keys.add(f"source {number}")
    assert len(keys) == MOST_SOURCES
    assert keys.seconds_left("first") == 0
    assert keys.seconds_left("source 0") > 0
